"""Leaving: the page behind the links that end alerts, and the one click of mail programs (RFC 8058)."""

import sqlite3
from typing import Any

from datasette import hookimpl

from alerts import unsubscribe
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.website import Page


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The addresses of ruling 31 that this room serves."""
    return [
        (r"^/unsubscribe/(?P<token>[^/]+)$", route(show_unsubscribe, take_unsubscribe)),
    ]


def show_unsubscribe(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """The button that ends one search or all of them."""
    found = unsubscribe.describe(db, visitor.token)
    if found is None:
        return visitor.dead_link()
    return visitor.page("unsubscribe.html", found=found)


def take_unsubscribe(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """End it. The answer is yes for any token (ruling 27), with no redirect and no cookie."""
    found = unsubscribe.describe(db, visitor.token)
    unsubscribe.unsubscribe(db, visitor.token, visitor.now)
    if found and found.receipts:
        heading = "These e-mails have stopped"
    else:
        heading = "This alert has ended" if found and not found.everything else "You have left"
    return visitor.told(heading, "There will be no more e-mails of this kind.", "You can come back at any time.")
