"""The addresses of the site's pages that e-mails point to (ruling 31)."""

import sqlite3

from alerts import subscribers, tokens
from alerts.tokens import Scope
from tenderbell.criteria import Criteria
from tenderbell.settings import Settings


def opportunity(settings: Settings, id: str) -> str:
    """Return the page of an opportunity."""
    return f"{settings.url}/opportunities/{id}"


def dates(settings: Settings, id: str) -> str:
    """Return the calendar file of an opportunity's dates."""
    return f"{settings.url}/opportunities/{id}.ics"


def item(settings: Settings, token: str) -> str:
    """Return the page on which a person says what they think of one thing in an e-mail: not for us, follow it."""
    return f"{settings.url}/item/{token}"


def told(settings: Settings, token: str, section: str) -> str:
    """Return the page that shows what stood in one section of an e-mail, also what was behind "and 17 more"."""
    return f"{settings.url}/told/{token}#{section}"


def search(settings: Settings, criteria: Criteria) -> str:
    """Return the page of a search."""
    query = criteria.canonical()
    return f"{settings.url}/opportunities" + (f"?{query}" if query else "")


def confirm(settings: Settings, token: str) -> str:
    """Return the page on which a request is confirmed."""
    return f"{settings.url}/confirm/{token}"


def manage(db: sqlite3.Connection, settings: Settings, subscriber: int) -> str:
    """Return the page on which a subscriber changes or ends their alerts."""
    return f"{settings.url}/manage/{subscribers.manage_token(db, subscriber)}"


def end_one(db: sqlite3.Connection, settings: Settings, profile: int) -> str:
    """Return the page that ends one profile."""
    return f"{settings.url}/unsubscribe/{tokens.make(db, Scope.END_ONE, profile)}"


def end_all(settings: Settings, token: str) -> str:
    """Return the page that ends everything: also what a mail program's one click posts to."""
    return f"{settings.url}/unsubscribe/{token}"


def receipts(settings: Settings, token: str, query: str = "") -> str:
    """Return the page of a contact: what they are told of their body's adverts. `query` is what they would ask for."""
    return f"{settings.url}/receipts/{token}" + (f"?{query}" if query else "")


def status(settings: Settings) -> str:
    """Return the page on how the sources are doing."""
    return f"{settings.url}/status"


def privacy(settings: Settings) -> str:
    """Return the page on what is kept and why."""
    return f"{settings.url}/privacy"
