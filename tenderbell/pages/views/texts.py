"""How the sources are, and the site's own texts."""

import re
import sqlite3

from tenderbell.pages.deliveries import deliveries
from tenderbell.pages.sources import status
from tenderbell.pages.views.route import Route
from tenderbell.pages.website import Page, Website


def show_status(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """How well the sources are, and whether the alerts go out."""
    now = site.now()
    sent = deliveries(site.settings, db, now)
    return Page("status.html", {"status": status(db, site.settings.edition, now), "deliveries": sent})


def show_text(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """About, data, privacy, accessibility: texts of the site's own."""
    return Page(f"{caught}.html", {"source_list": site.settings.edition.sources})


ROUTES = (
    Route(re.compile(r"/status"), show_status),
    Route(re.compile(r"/(about|data|privacy|accessibility)"), show_text, quick=True),
)
