"""What is kept about a subscriber, for that subscriber: what was sent, everything as one file, and erasing it."""

import sqlite3
from typing import Any

import msgspec
from datasette import Response, hookimpl

from alerts import profiles, sent, subjects
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.website import Page


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The pages behind the links at the foot of the manage page."""
    return [
        (r"^/manage/(?P<token>[^/]+)/sent$", route(show_sent)),
        (r"^/manage/(?P<token>[^/]+)/export$", route(show_export)),
        (r"^/manage/(?P<token>[^/]+)/erase$", route(show_erase, take_erase)),
    ]


def show_sent(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """The e-mails of the last 90 days, each with what became of it and what stood in it."""
    owner = profiles.owner_of(db, visitor.token)
    if owner is None:
        return visitor.dead_link()
    letters = sent.letters(db, visitor.public, owner.id, visitor.now)
    return Page("sent.html", {"letters": letters, "token": visitor.token, "days": sent.SHOWN_FOR.days})


def show_export(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:
    """Everything that is kept about the address, as one file."""
    owner = profiles.owner_of(db, visitor.token)
    found = subjects.export(db, owner.email) if owner else None
    if found is None:
        return visitor.dead_link()
    return Response(
        msgspec.json.format(msgspec.json.encode(found), indent=2).decode(),
        headers={"content-disposition": 'attachment; filename="my-alerts.json"'},
        content_type="application/json; charset=utf-8",
    )


def show_erase(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """The button, once more: erasing cannot be undone."""
    managed = profiles.managed(db, visitor.token, visitor.now)
    if managed is None:
        return visitor.dead_link()
    return visitor.page("erase.html", managed=managed, token=visitor.token)


def take_erase(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Erase everything about the address at once. The link is worthless from then on."""
    owner = profiles.owner_of(db, visitor.token)
    if owner is None:
        return visitor.dead_link()
    subjects.erase(db, owner.email, mail=visitor.site.settings.mail)
    return visitor.told(
        "Everything about you is erased",
        "Your address, your searches, what you followed and hid, and the e-mails we sent you are deleted as of now. "
        "There will be no more e-mails.",
        "If the address must not be written to, a scrambled form of it stays, to keep that promise. What the mail "
        "service that delivers for us still holds it deletes by its own rules.",
    )
