"""Receipts for commissioners: the form, and the page that its e-mail leads to."""

import sqlite3
from typing import Any
from urllib.parse import quote, urlencode

from datasette import Response, hookimpl

from alerts import receipts
from alerts.errors import AddressRefused
from alerts.receipts import FEWEST_DAYS, MOST_DAYS, USUAL_DAYS, Wish
from tenderbell.pages.forms import Form, Visitor, route
from tenderbell.pages.website import Page

SAID = {
    "saved": "Done: you will be told as you chose.",
    "asked": "Done: your address is confirmed, and your organisation is being looked up.",
    "ended": "Done: these e-mails have stopped.",
}
"""What the page may say after a change, by the word in its address."""

WRONG_DAYS = f"Give a number of days from {FEWEST_DAYS} to {MOST_DAYS}."
WRONG_CHOICE = "Choose at least one of the two."


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The form, and a contact's own page."""
    return [
        (r"^/receipts$", route(show_form, take_form)),
        (r"^/receipts/(?P<token>[^/]+)$", route(show_mine, take_mine)),
    ]


def _wish(form: Form) -> tuple[Wish, str]:
    """Return what a form asks for, and what is wrong with it, "" for nothing."""
    wants_receipts, wants_warning = form.get("receipts") == "1", form.get("warn") == "1"
    days = _days(form.get("days", ""))
    if wants_warning and days is None:
        return Wish(wants_receipts, USUAL_DAYS), WRONG_DAYS
    wish = Wish(wants_receipts, days if wants_warning else None)
    return wish, WRONG_CHOICE if wish.is_empty else ""


def _days(text: str) -> int | None:
    text = text.strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return number if FEWEST_DAYS <= number <= MOST_DAYS else None


def _page(visitor: Visitor, template: str, status: int, wish: Wish, wrong: str, **context: object) -> Page:
    typed = visitor.form.get("days", "")[:6]
    days = typed or wish.silent_days or USUAL_DAYS
    limits = (FEWEST_DAYS, MOST_DAYS)
    return visitor.page(template, status, wish=wish, days=days, wrong=wrong, days_range=limits, **context)


def show_form(db: sqlite3.Connection, visitor: Visitor) -> Page:  # noqa: ARG001
    """The form, with receipts chosen."""
    return _page(visitor, "receipts.html", 200, Wish(True, None), "", problem="", email="")


def take_form(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Send the confirmation. The answer is the same whether or not the address or its organisation is known."""
    email = visitor.form.get("email", "")
    wish, wrong = _wish(visitor.form)
    if wrong:
        return _page(visitor, "receipts.html", 400, wish, wrong, problem="", email=email[:300])
    settings = visitor.site.settings
    try:
        if not visitor.form.get("website"):
            receipts.request(db, settings, email, wish, network=visitor.address, now=visitor.now)
    except AddressRefused as refused:
        return _page(visitor, "receipts.html", 400, wish, "", problem=str(refused), email=email[:300])
    return visitor.told(
        "Now look in your e-mail",
        "We have sent you a link; it comes within a few minutes. Press the button on the page that it opens.",
        "Nothing has come? Look among unwanted mail. A link works for seven days.",
    )


def show_mine(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """What a contact is told now, or the button that begins what the e-mail's link asks for."""
    return _mine(db, visitor)


def _mine(db: sqlite3.Connection, visitor: Visitor, *, wish: Wish | None = None, wrong: str = "") -> Page:
    asked = receipts.shown(db, visitor.site.settings.area, visitor.token)
    if asked is None:
        return visitor.dead_link()
    said = SAID.get(visitor.request.args.get("said") or "", "")
    shown = wish or _linked(visitor) or asked.wish or Wish(True, None)
    return _page(visitor, "receipts_mine.html", 400 if wrong else 200, shown, wrong, asked=asked, said=said)


def _linked(visitor: Visitor) -> Wish | None:
    """Return the wish that the link in the confirmation carries, None for any other link to the page."""
    arguments = visitor.request.args
    if arguments.get("receipts") not in ("0", "1"):
        return None
    return Wish(arguments.get("receipts") == "1", _days(arguments.get("days") or ""))


def take_mine(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:
    """Begin, change or end it, and show the page again."""
    is_end = visitor.form.get("do") == "end"
    wish, wrong = (Wish(False, None), "") if is_end else _wish(visitor.form)
    if wrong:
        return _mine(db, visitor, wish=wish, wrong=wrong)
    settings = visitor.site.settings
    if not receipts.take_up(db, settings, visitor.token, wish, visitor.now):
        return visitor.dead_link()
    asked = receipts.shown(db, settings.area, visitor.token)
    said = "ended" if is_end else "saved" if asked and asked.body else "asked"
    return Response.redirect(f"/receipts/{quote(visitor.token)}?{urlencode({'said': said})}", status=303)
