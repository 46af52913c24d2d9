"""Preflight: the findings that a draft would get. It stores nothing and logs nothing of what was typed."""

import sqlite3
from typing import Any
from weakref import WeakKeyDictionary

from datasette import hookimpl
from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from alerts.limits import network_of
from tenderbell.advert import Advert, Problems, parse
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.preflight import Preflight, look_over, look_over_advert
from tenderbell.pages.website import Page, Website

DRAFTS = RateLimitItemPerHour(60, namespace="preflight")
"""Drafts that one network may have looked over, over any 60 minutes: somebody who edits comes back often."""

_limiters: WeakKeyDictionary[Website, MovingWindowRateLimiter] = WeakKeyDictionary()
"""Counted in memory, because nothing of preflight is written down."""


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The one address."""
    return [(r"^/preflight$", route(show_preflight, take_preflight))]


def show_preflight(db: sqlite3.Connection, visitor: Visitor) -> Page:  # noqa: ARG001
    """One of the two doors: a draft to paste, or the short form."""
    return _page(visitor, by_form=visitor.request.args.get("by") == "form")


def take_preflight(db: sqlite3.Connection, visitor: Visitor) -> Page:  # noqa: ARG001
    """Show what the draft would get. What was typed stays in the form, so that it can be edited and sent again."""
    if not _allows(visitor):
        return visitor.site.error(429, message="Sixty drafts came from your network within the hour. Come back later.")
    by_form = visitor.form.get("by") == "form"
    if visitor.form.get("website"):
        return _page(visitor, by_form=by_form)
    return _looked_over_form(visitor) if by_form else _looked_over_draft(visitor)


def _looked_over_draft(visitor: Visitor) -> Page:
    draft = visitor.form.get("draft", "")
    found = look_over(draft, visitor.site.settings.area, visitor.now)
    problem = "" if found else "There are no words in it yet. Paste the advert, then press the button."
    return _page(visitor, by_form=False, draft=draft, found=found, problem=problem)


def _looked_over_form(visitor: Visitor) -> Page:
    """Show what the short form would get, with what could not be read. What is left empty is a finding, no mistake."""
    advert, problems = parse(visitor.form, now=visitor.now)
    problems = {name: words for name, words in problems.items() if getattr(advert, name)}
    found = look_over_advert(advert, visitor.site.settings.area, visitor.now)
    problem = "" if found else "The form is empty. Fill in what you know, then press the button."
    return _page(visitor, by_form=True, advert=advert, problems=problems, found=found, problem=problem)


def _page(
    visitor: Visitor,
    *,
    by_form: bool,
    draft: str = "",
    advert: Advert = Advert(),  # noqa: B008 (it cannot be changed)
    problems: Problems | None = None,
    found: Preflight | None = None,
    problem: str = "",
) -> Page:
    return visitor.page(
        "preflight.html",
        400 if problem else 200,
        by_form=by_form,
        draft=draft,
        advert=advert,
        problems=problems or {},
        districts=[district.name for district in visitor.site.settings.area.districts],
        found=found,
        problem=problem,
    )


def _allows(visitor: Visitor) -> bool:
    if visitor.site not in _limiters:
        _limiters[visitor.site] = MovingWindowRateLimiter(MemoryStorage())
    return _limiters[visitor.site].hit(DRAFTS, network_of(visitor.address))
