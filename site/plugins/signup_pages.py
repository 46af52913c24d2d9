"""Signing up: six questions, the form for a search with what it would have sent, and the button that confirms it."""

import sqlite3
import threading
from typing import Any
from urllib.parse import parse_qsl

from datasette import Response, hookimpl

from alerts import hints, signup, standing, subscribers
from alerts.errors import AddressRefused
from alerts.hints import Hints
from alerts.trying import Trial, try_search
from alerts.wishes import REMINDERS, Wishes
from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.known import known_values
from tenderbell.pages.forms import Visitor, chosen_frequency, route
from tenderbell.pages.questions import SIZES, WANTED, Answers, address_of, answers_of, pounds_of
from tenderbell.pages.website import Page
from tenderbell.themes import load_themes

USUAL_REMINDER = 7

AT_ONCE = 2
"""So many forms count at once, in each process, what a search would have sent: anybody may ask for as many as they
like, and the other pages want the processors too. Beyond that the form comes at once, without the count."""

_counting = threading.BoundedSemaphore(AT_ONCE)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The addresses of ruling 31 that this room serves, and the questions."""
    return [
        (r"^/alerts/start$", route(show_questions)),
        (r"^/alerts/new$", route(show_signup, take_signup)),
        (r"^/confirm/(?P<token>[^/]+)$", route(show_confirm, take_confirm)),
    ]


# Asking


def show_questions(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:  # noqa: ARG001
    """Six questions; answered, they lead to the form for the search that they make. Nothing is kept."""
    area = visitor.site.settings.area
    pairs = parse_qsl(visitor.request.query_string, errors="replace")
    answers = answers_of(pairs, area)
    problem = ""
    if ("answered", "1") in pairs:
        try:
            return Response.redirect(address_of(answers), status=303)
        except ValueError as refused:
            problem = str(refused)
    return _questions_page(visitor, answers, problem)


def _questions_page(visitor: Visitor, answers: Answers, problem: str) -> Page:
    context = {
        "answers": answers,
        "themes": load_themes(),
        "districts": visitor.site.settings.area.districts,
        "sizes": SIZES,
        "wanted": WANTED,
        "problem": problem,
    }
    return Page("start.html", context, 400 if problem else 200)


# Signing up


def show_signup(db: sqlite3.Connection, visitor: Visitor) -> Page:  # noqa: ARG001
    """The form for the search in the address. It is filled in with what else the address asks for."""
    given = dict(parse_qsl(visitor.request.query_string, errors="replace"))
    return _signup_form(visitor, Criteria.parse(visitor.request.query_string), given)


def _signup_form(
    visitor: Visitor, criteria: Criteria, given: dict[str, str], *, status: int = 200, **problems: str
) -> Page:
    settings = visitor.site.settings
    known = known_values(visitor.public, criteria, settings.area, settings.edition)
    trial, advice = _counted(visitor, criteria, awards=given.get("awards") == "1")
    return visitor.page(
        "signup.html",
        status,
        query=criteria.canonical(profile=True),
        words=describe(criteria, settings.area),
        unclear=criteria.problems(known),
        email=given.get("email", "")[:300],
        frequency=chosen_frequency(given),
        given={name: value[:30] for name, value in given.items()},
        trial=trial,
        hints=advice,
        reminders=sorted(REMINDERS),
        usual_reminder=USUAL_REMINDER,
        problem=problems.get("problem", ""),
        capacity_problem=problems.get("capacity_problem", ""),
    )


def _counted(visitor: Visitor, criteria: Criteria, *, awards: bool) -> tuple[Trial | None, Hints | None]:
    """Return what the search would have sent and what to change in it; nothing while as many as may are counting."""
    if not _counting.acquire(blocking=False):
        return None, None
    try:
        area, now = visitor.site.settings.area, visitor.now
        trial, past = try_search(visitor.public, criteria, area, now, awards=awards)
        return trial, hints.hints(visitor.public, criteria, past, area, now)
    finally:
        _counting.release()


def take_signup(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Send the confirmation. The answer is the same whether or not the address is known, and for robots too."""
    form, settings = visitor.form, visitor.site.settings
    criteria = Criteria.parse(form.get("search", ""))
    try:
        wanted = _wishes(form)
    except ValueError as refused:
        return _signup_form(visitor, criteria, form, status=400, capacity_problem=str(refused))
    try:
        if not form.get("website"):
            email, frequency = form.get("email", ""), chosen_frequency(form)
            signup.request_alert(
                db, settings, email, criteria, frequency, network=visitor.address, now=visitor.now, wanted=wanted
            )
    except AddressRefused as refused:
        return _signup_form(visitor, criteria, form, status=400, problem=str(refused))
    return visitor.told(
        "Now look in your e-mail",
        "We have sent you a link; it comes within a few minutes. Press the button on the page that it opens, and the "
        "alert begins.",
        "Nothing has come? Look among unwanted mail. A link works for seven days.",
    )


def _wishes(form: dict[str, str]) -> Wishes:
    """Return what else was asked for. Raises ValueError for an amount that is none. A reminder that is switched on
    comes a week before, unless another day was chosen."""
    days = form.get("reminder_days", "")
    chosen = int(days) if days in map(str, REMINDERS) else USUAL_REMINDER
    return Wishes(
        capacity=pounds_of(form.get("capacity", "")[:30]),
        reminder_days=chosen if form.get("remind") == "1" else None,
        awards=form.get("awards") == "1",
        still_here=form.get("still_here") == "1",
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
    asked = signup.pending(db, visitor.token, visitor.now)
    profile = signup.confirm(db, visitor.site.settings, visitor.token, visitor.now)
    if asked is None or profile is None:
        return visitor.dead_link()
    # Only once: whoever finds an old confirmation must not get a link that was renewed since.
    manage = None if asked.confirmed else subscribers.manage_token(db, profile.subscriber)
    owner = subscribers.find(db, profile.subscriber)
    stopped = standing.standing(db, owner.address) if owner else None
    shown = {"profile": profile, "manage": manage, "stopped": stopped, "may_read_outbox": visitor.may_read_outbox}
    return Page("confirmed.html", shown)
