"""What a subscriber does with the link in an e-mail: see, change, pause and end what they are told."""

import sqlite3
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette import Response, hookimpl

from alerts import following, hidden, link_requests, profiles, sent, standing, subscribers
from alerts.errors import AddressRefused
from alerts.wishes import REMINDERS, Wishes
from tenderbell.clock import uk
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.describe import describe
from tenderbell.pages.forms import Visitor, chosen_frequency, route
from tenderbell.pages.manage import SAID, opportunity_at
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
            link_requests.send_link(db, visitor.site.settings, email, network=visitor.address, now=visitor.now)
    except AddressRefused as refused:
        return visitor.page("link_form.html", 400, problem=str(refused), email=email[:300])
    return visitor.told(
        "Now look in your e-mail",
        "If this address has alerts here, we have sent it a link to them.",
        "Nothing has come? The address may be spelt another way, or has no alerts yet.",
    )


def show_manage(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """All searches of one person, and what they said is not for them."""
    managed = profiles.managed(db, visitor.token, visitor.now)
    owner = profiles.owner_of(db, visitor.token)
    if managed is None or owner is None:
        return visitor.dead_link()
    today = uk(visitor.now).date()
    unwanted = hidden.listed(db, owner.id)
    return visitor.page(
        "manage.html",
        managed=managed,
        token=visitor.token,
        said=SAID.get(visitor.request.args.get("said") or "", ""),
        standing=standing.standing(db, owner.address),
        first_day=date.fromordinal(today.toordinal() + 1).isoformat(),
        words={profile.id: describe(profile.criteria, visitor.site.settings.area) for profile in managed.profiles},
        reminders=sorted(REMINDERS),
        hidden=[(one.opportunity, sent.present(visitor.public, one.opportunity)) for one in unwanted],
        hidden_ids=hidden.ids(db, owner.id, visitor.public),
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
        case "follow":
            return _follow(db, visitor)
        case "show":
            return _show_again(db, visitor)
        case "reconfirm":
            return _reconfirm(db, visitor)
        case _:
            return _change(db, visitor, wish, profile)


def _change(db: sqlite3.Connection, visitor: Visitor, wish: str, profile: int) -> str:
    token, form, now = visitor.token, visitor.form, visitor.now
    match wish:
        case "frequency":
            return _said("frequency", profiles.set_frequency(db, token, profile, chosen_frequency(form)))
        case "name":
            return _said("name", profiles.rename(db, token, profile, form.get("name", "")))
        case "wishes":
            return _said("wishes", profiles.wish(db, token, profile, _wishes(form)))
        case "pause":
            until = _future_day(visitor)
            return _said("paused", profiles.pause(db, token, profile, until, now)) if until else "date"
        case "resume":
            return _said("resumed", profiles.resume(db, token, profile, now))
        case "end":
            return _said("ended", profiles.end_profile(db, token, profile, now))
        case _:
            return ""


def _follow(db: sqlite3.Connection, visitor: Visitor) -> str:
    """Follow the opportunity whose page's address was given."""
    owner = profiles.owner_of(db, visitor.token)
    found = sent.present(visitor.public, opportunity_at(visitor.form.get("address", "")))
    if owner is None or found is None:
        return "unknown"
    days, often = _reminder(visitor.form.get("reminder", "")), chosen_frequency(visitor.form)
    begun = following.follow(db, visitor.site.settings, owner.id, found, often, days, visitor.now)
    return "followed" if begun else "full"


def _show_again(db: sqlite3.Connection, visitor: Visitor) -> str:
    owner = profiles.owner_of(db, visitor.token)
    if owner is None:
        return ""
    with transaction(db):
        hidden.show(db, owner.id, visitor.form.get("opportunity", ""))
    return "shown"


def _reconfirm(db: sqlite3.Connection, visitor: Visitor) -> str:
    owner = profiles.owner_of(db, visitor.token)
    settings = visitor.site.settings
    asked = owner and standing.ask_again(db, settings, owner, network=visitor.address, now=visitor.now)
    return "asked" if asked else "gone"


def _wishes(form: dict[str, str]) -> Wishes:
    """Return what the form says; an amount as people write it in the search, like £25,000 or 25k."""
    pounds = Criteria.parse([("value_max", form.get("capacity", ""))]).value_max
    try:
        capacity = round(float(pounds)) if pounds else None
    except ValueError:
        capacity = None
    return Wishes(
        capacity=capacity,
        reminder_days=_reminder(form.get("reminder", "")),
        awards=form.get("awards") == "1",
        still_here=form.get("still_here") == "1",
    )


def _reminder(text: str) -> int | None:
    return next((days for days in REMINDERS if text == str(days)), None)


def _said(word: str, worked: bool) -> str:
    return word if worked else "gone"


def _future_day(visitor: Visitor) -> date | None:
    try:
        day = date.fromisoformat(visitor.form.get("until", ""))
    except ValueError:
        return None
    return day if day > uk(visitor.now).date() else None
