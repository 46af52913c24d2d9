"""The form that follows one opportunity. Confirming and managing it is done on the pages of subscribers."""

import sqlite3
from typing import Any
from urllib.parse import quote, unquote

from datasette import Response, hookimpl

from alerts import signup
from alerts.errors import AddressRefused
from alerts.follows import USUAL_REMINDER, reminders_left
from tenderbell.opportunity import Opportunity, find, redirected
from tenderbell.pages.cards import card
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.website import Page
from tenderbell.vocabulary import Frequency


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The page reached from every opportunity."""
    return [(r"^/follow/(?P<id>[^/]+)$", route(show_follow, take_follow))]


def show_follow(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:  # noqa: ARG001
    """The form for one opportunity; 301 from the ids of those that were merged into it."""
    found = _opportunity(visitor)
    return _form(visitor, found) if isinstance(found, Opportunity) else found


def _opportunity(visitor: Visitor) -> Opportunity | Page | Response:
    id = unquote(visitor.request.url_vars["id"])
    found = find(visitor.public, id)
    if found:
        return found
    if moved := redirected(visitor.public, id):
        return Response.redirect(f"/follow/{quote(moved, safe='')}", status=301)
    said = "No opportunity has this address. It may be misspelt; try a word of its title."
    return visitor.site.error(404, message=said)


def _form(visitor: Visitor, opportunity: Opportunity, *, status: int = 200, problem: str = "") -> Page:
    left = reminders_left(opportunity, visitor.now)
    usual = USUAL_REMINDER if USUAL_REMINDER in left else max(left, default=0)
    return visitor.page(
        "follow.html",
        status,
        opportunity=card(opportunity, visitor.site.settings.area, visitor.now),
        reminders=left,
        reminder=_reminder(visitor.form.get("reminder", str(usual))),
        problem=problem,
        email=visitor.form.get("email", "")[:300],
        frequency=_frequency(visitor),
    )


def _reminder(text: str) -> int | None:
    return int(text) if text in ("3", "7", "14") else None


def _frequency(visitor: Visitor) -> Frequency:
    chosen = visitor.form.get("frequency", "")
    return Frequency(chosen) if chosen in set(Frequency) else Frequency.DAILY


def take_follow(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:
    """Send the confirmation. The answer is the same whether or not the address is known, and for robots too."""
    found = _opportunity(visitor)
    if not isinstance(found, Opportunity):
        return found
    email, days = visitor.form.get("email", ""), _reminder(visitor.form.get("reminder", ""))
    settings, frequency = visitor.site.settings, _frequency(visitor)
    try:
        if not visitor.form.get("website"):
            network = visitor.address
            signup.request_follow(db, settings, email, found, days, frequency, network=network, now=visitor.now)
    except AddressRefused as refused:
        return _form(visitor, found, status=400, problem=str(refused))
    return visitor.told(
        "Now look in your e-mail",
        "We have sent you a link; it comes within a few minutes. Press the button on the page that it opens, and you "
        "follow this one.",
        "Nothing has come? Look among unwanted mail. A link works for seven days.",
    )
