"""The forms of subscribers: sign up, confirm, manage, leave."""

import sqlite3
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette import Response, hookimpl

from alerts import profiles, signup, subscribers, unsubscribe
from alerts.errors import AddressRefused, TooManyRequests
from tenderbell.clock import uk
from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.pages.forms import Form, Visitor, route
from tenderbell.pages.manage import SAID, search_at
from tenderbell.pages.website import Page
from tenderbell.vocabulary import Frequency


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The addresses of ruling 31 that take forms."""
    return [
        (r"^/alerts/new$", route(show_signup, take_signup)),
        (r"^/confirm/(?P<token>[^/]+)$", route(show_confirm, take_confirm)),
        (r"^/manage$", route(show_link_form, take_link_form)),
        (r"^/manage/(?P<token>[^/]+)$", route(show_manage, take_manage)),
        (r"^/unsubscribe/(?P<token>[^/]+)$", route(show_unsubscribe, take_unsubscribe)),
    ]


# Signing up


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
            email, frequency = visitor.form.get("email", ""), _frequency(visitor.form)
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


def _frequency(form: Form) -> Frequency:
    chosen = form.get("frequency", "")
    return Frequency(chosen) if chosen in set(Frequency) else Frequency.WEEKLY


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


# Managing


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
            added = profiles.add_profile(db, visitor.site.settings, token, criteria, _frequency(form), now)
            return "added" if added else "full"
        case _:
            return _change(db, visitor, wish, profile)


def _change(db: sqlite3.Connection, visitor: Visitor, wish: str, profile: int) -> str:
    token, form, now = visitor.token, visitor.form, visitor.now
    match wish:
        case "frequency":
            return _said("frequency", profiles.set_frequency(db, token, profile, _frequency(form)))
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


# Leaving


def show_unsubscribe(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """The button that ends one search or all of them."""
    found = unsubscribe.describe(db, visitor.token)
    if found is None:
        return visitor.dead_link()
    return visitor.page("unsubscribe.html", found=found)


def take_unsubscribe(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """End it. The answer is yes for any token (ruling 27), with no redirect and no cookie."""
    found = unsubscribe.describe(db, visitor.token)
    unsubscribe.unsubscribe(db, visitor.token, visitor.now)
    if found and found.receipts:
        heading = "These e-mails have stopped"
    else:
        heading = "This alert has ended" if found and not found.everything else "You have left"
    return visitor.told(heading, "There will be no more e-mails of this kind.", "You can come back at any time.")
