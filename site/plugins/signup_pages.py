"""Signing up: the form for a search, and the button that confirms it."""

import sqlite3
from typing import Any

from datasette import hookimpl

from alerts import signup, subscribers
from alerts.errors import AddressRefused, TooManyRequests
from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.pages.forms import Visitor, chosen_frequency, route
from tenderbell.pages.website import Page
from tenderbell.vocabulary import Frequency


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The addresses of ruling 31 that this room serves."""
    return [
        (r"^/alerts/new$", route(show_signup, take_signup)),
        (r"^/confirm/(?P<token>[^/]+)$", route(show_confirm, take_confirm)),
    ]


def show_signup(db: sqlite3.Connection, visitor: Visitor) -> Page:  # noqa: ARG001
    """The form for the search in the address."""
    return _signup_form(visitor, Criteria.parse(visitor.request.query_string))


def _signup_form(visitor: Visitor, criteria: Criteria, *, status: int = 200, problem: str = "") -> Page:
    return visitor.page(
        "signup.html",
        status,
        query=criteria.canonical(profile=True),
        words=describe(criteria, visitor.site.settings.area),
        problem=problem,
        email=visitor.form.get("email", "")[:300],
        frequency=visitor.form.get("frequency", Frequency.WEEKLY),
    )


def take_signup(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Send the confirmation. The answer is the same whether or not the address is known, and for robots too."""
    criteria = Criteria.parse(visitor.form.get("search", ""))
    settings = visitor.site.settings
    try:
        if not visitor.form.get("website"):
            email, frequency = visitor.form.get("email", ""), chosen_frequency(visitor.form)
            signup.request_alert(db, settings, email, criteria, frequency, network=visitor.address, now=visitor.now)
    except AddressRefused as refused:
        return _signup_form(visitor, criteria, status=400, problem=str(refused))
    except TooManyRequests as refused:
        return visitor.site.error(429, message=str(refused))
    return visitor.told(
        "Now look in your e-mail",
        "We have sent you a link; it comes within a few minutes. Press the button on the page that it opens, and the "
        "alert begins.",
        "Nothing has come? Look among unwanted mail. A link works for seven days.",
    )


# Confirming


def show_confirm(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """The button: opening a link must not start anything, because mail scanners open links."""
    asked = signup.pending(db, visitor.token, visitor.now)
    if asked is None:
        return visitor.dead_link()
    words = describe(asked.criteria, visitor.site.settings.area)
    return visitor.page("confirm.html", asked=asked, words=words)


def take_confirm(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Start the alert."""
    profile = signup.confirm(db, visitor.site.settings, visitor.token, visitor.now)
    if profile is None:
        return visitor.dead_link()
    manage = subscribers.manage_token(db, profile.subscriber)
    return Page("confirmed.html", {"profile": profile, "manage": manage, "may_read_outbox": visitor.may_read_outbox})
