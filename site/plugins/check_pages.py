"""Is this advert here? A page of its own for each question, never kept."""

import sqlite3
from contextlib import closing
from typing import Any

from datasette import hookimpl

from alerts.subjects import told
from tenderbell.database import connect
from tenderbell.opportunity import ids_of
from tenderbell.pages.check import Check, check
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.website import Page


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The one address."""
    return [(r"^/check$", route(show_check))]


def show_check(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """What is known of the advert in the address."""
    found = _check(visitor)
    sent = told(db, ids_of(visitor.public, found.found.opportunity.id)) if found.found else None
    return Page("check.html", {"check": found, "told": sent})


def _check(visitor: Visitor) -> Check:
    typed, settings = visitor.request.args.get("q") or "", visitor.site.settings
    if not settings.archive_path.exists():
        return check(visitor.public, None, settings, typed)
    with closing(connect(settings.archive_path, read_only=True)) as held:
        return check(visitor.public, held, settings, typed)
