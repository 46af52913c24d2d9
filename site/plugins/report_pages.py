"""Reports: an advert that is missing, and a mistake on a page."""

import sqlite3
from typing import Any
from urllib.parse import unquote

from datasette import hookimpl

from alerts import reports
from alerts.errors import AddressRefused, ReportRefused
from alerts.reports import FIELD_WORDS, LONGEST_WORDS, Field
from tenderbell.opportunity import Opportunity, find, redirected
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.website import Page

LONGEST_KEPT = 3_000
"""How much of a field is shown again after a mistake."""

LEARN = "If you left an address, you get one e-mail that says what came of it."


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The two forms."""
    return [
        (r"^/missing$", route(show_missing, take_missing)),
        (r"^/mistake/(?P<id>[^/]+)$", route(show_mistake, take_mistake)),
    ]


# A missing advert


def show_missing(db: sqlite3.Connection, visitor: Visitor) -> Page:  # noqa: ARG001
    """The form, with the link that the address carries."""
    return _missing_form(visitor, link=(visitor.request.args.get("link") or "")[:LONGEST_KEPT])


def _missing_form(visitor: Visitor, *, link: str, status: int = 200, problem: str = "", field: str = "") -> Page:
    return visitor.page("missing.html", status, link=link, **_typed(visitor), problem=problem, field=field)


def take_missing(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Keep the report; the scheduler sees it within seconds. Robots get the same answer."""
    form = visitor.form
    link, words, email = (form.get(name, "") for name in ("link", "words", "email"))
    try:
        if not form.get("website"):
            reports.report_missing(db, link, words, email, network=visitor.address, now=visitor.now)
    except (ReportRefused, AddressRefused) as refused:
        return _missing_form(visitor, link=link[:LONGEST_KEPT], status=400, problem=str(refused), field=_field(refused))
    return visitor.told(
        "Thank you, we are looking",
        "If the link belongs to a place that we watch, we ask there now. Otherwise a person looks into it.",
        LEARN,
    )


# A mistake on a page


def show_mistake(db: sqlite3.Connection, visitor: Visitor) -> Page:  # noqa: ARG001
    """The form about one page."""
    found = _opportunity(visitor)
    return _mistake_form(visitor, found) if found else visitor.site.error(404)


def _mistake_form(
    visitor: Visitor, found: Opportunity, *, status: int = 200, problem: str = "", field: str = ""
) -> Page:
    choices = [(str(name), words[:1].upper() + words[1:]) for name, words in FIELD_WORDS.items()]
    chosen = visitor.form.get("about", str(Field.OTHER))
    return visitor.page(
        "mistake.html",
        status,
        found=found,
        choices=choices,
        chosen=chosen,
        **_typed(visitor),
        problem=problem,
        field=field,
    )


def take_mistake(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Put what was said to the operator."""
    found = _opportunity(visitor)
    if found is None:
        return visitor.site.error(404)
    about, words, email = (visitor.form.get(name, "") for name in ("about", "words", "email"))
    try:
        if not visitor.form.get("website"):
            reports.report_mistake(
                db, found.id, found.title, about, words, email, network=visitor.address, now=visitor.now
            )
    except (ReportRefused, AddressRefused) as refused:
        return _mistake_form(visitor, found, status=400, problem=str(refused), field=_field(refused))
    return visitor.told("Thank you", "A person looks into it. What you wrote is not shown to anybody else.", LEARN)


def _opportunity(visitor: Visitor) -> Opportunity | None:
    id = unquote(visitor.request.url_vars["id"])
    return find(visitor.public, redirected(visitor.public, id) or id)


# Both


def _typed(visitor: Visitor) -> dict[str, object]:
    form = visitor.form
    return {
        "words": form.get("words", "")[:LONGEST_KEPT],
        "email": form.get("email", "")[:300],
        "longest": LONGEST_WORDS,
    }


def _field(refused: ReportRefused | AddressRefused) -> str:
    return refused.field if isinstance(refused, ReportRefused) else "email"
