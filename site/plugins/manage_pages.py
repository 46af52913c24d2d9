"""What a subscriber does with the link in an e-mail: see, change, pause and end what they are told."""

import sqlite3
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette import Response, hookimpl

from alerts import profiles, subscribers
from alerts.errors import AddressRefused, TooManyRequests
from tenderbell.clock import uk
from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.pages.forms import Visitor, chosen_frequency, route
from tenderbell.pages.manage import SAID, search_at
from tenderbell.pages.website import Page


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The addresses of ruling 31 that this room serves."""
    return [
        (r"^/manage$", route(show_link_form, take_link_form)),
        (r"^/manage/(?P<token>[^/]+)$", route(show_manage, take_manage)),
    ]


def show_link_form(db: sqlite3.Connection, visitor: Visitor) -> Page:  # noqa: ARG001
    """The form that sends somebody the link to their own searches."""
    return visitor.page("link_form.html", problem="", email="")


def take_link_form(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Send the link, if the address has searches; the answer does not tell."""
    email = visitor.form.get("email", "")
    try:
        if not visitor.form.get("website"):
            profiles.send_link(db, visitor.site.settings, email, network=visitor.address, now=visitor.now)
    except AddressRefused as refused:
        return visitor.page("link_form.html", 400, problem=str(refused), email=email[:300])
    except TooManyRequests as refused:
        return visitor.site.error(429, message=str(refused))
    return visitor.told(
        "Now look in your e-mail",
        "If this address has alerts here, we have sent it a link to them.",
        "Nothing has come? The address may be spelt another way, or has no alerts yet.",
    )


def show_manage(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """All searches of one person."""
    managed = profiles.managed(db, visitor.token, visitor.now)
    if managed is None:
        return visitor.dead_link()
    today = uk(visitor.now).date()
    return visitor.page(
        "manage.html",
        managed=managed,
        token=visitor.token,
        said=SAID.get(visitor.request.args.get("said") or "", ""),
        first_day=date.fromordinal(today.toordinal() + 1).isoformat(),
        words={profile.id: describe(profile.criteria, visitor.site.settings.area) for profile in managed.profiles},
    )


def take_manage(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:
    """Carry out what one button of the manage page says, and show the page again."""
    if profiles.managed(db, visitor.token, visitor.now) is None:
        return visitor.dead_link()
    number = visitor.form.get("profile", "")
    profile = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
    said = _carry_out(db, visitor, visitor.form.get("do", ""), profile)
    where = f"#search-{profile}" if profile and said != "ended" else ""
    token = subscribers.renew_link(db, visitor.token) if said == "renewed" else visitor.token
    return Response.redirect(f"/manage/{token}?{urlencode({'said': said})}{where}", status=303)


def _carry_out(db: sqlite3.Connection, visitor: Visitor, wish: str, profile: int) -> str:
    token, form, now = visitor.token, visitor.form, visitor.now
    match wish:
        case "renew":
            return "renewed"
        case "end-all":
            return _said("all-ended", profiles.end_all(db, token, now))
        case "add":
            criteria = Criteria.parse([("q", form.get("words", "")), *parse_qsl(form.get("search", ""))])
            added = profiles.add_profile(db, visitor.site.settings, token, criteria, chosen_frequency(form), now)
            return "added" if added else "full"
        case _:
            return _change(db, visitor, wish, profile)


def _change(db: sqlite3.Connection, visitor: Visitor, wish: str, profile: int) -> str:
    token, form, now = visitor.token, visitor.form, visitor.now
    match wish:
        case "frequency":
            return _said("frequency", profiles.set_frequency(db, token, profile, chosen_frequency(form)))
        case "name":
            return _said("name", profiles.rename(db, token, profile, form.get("name", "")))
        case "search":
            return _change_search(db, visitor, profile)
        case "pause":
            until = _future_day(visitor)
            return _said("paused", profiles.pause(db, token, profile, until, now)) if until else "date"
        case "resume":
            return _said("resumed", profiles.resume(db, token, profile, now))
        case "end":
            return _said("ended", profiles.end_profile(db, token, profile, now))
        case _:
            return ""


def _change_search(db: sqlite3.Connection, visitor: Visitor, profile: int) -> str:
    criteria = search_at(visitor.form.get("address", ""))
    if criteria is None:
        return "unclear"
    done = profiles.edit(db, visitor.site.settings, visitor.token, profile, criteria, visitor.now)
    return "changed" if done else "same"


def _said(word: str, worked: bool) -> str:
    return word if worked else "gone"


def _future_day(visitor: Visitor) -> date | None:
    try:
        day = date.fromisoformat(visitor.form.get("until", ""))
    except ValueError:
        return None
    return day if day > uk(visitor.now).date() else None
