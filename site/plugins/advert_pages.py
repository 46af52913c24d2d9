"""The pages of commissioners who write here: an advert of their own, and a reply on their body's page."""

import sqlite3
from typing import Any
from urllib.parse import quote, unquote

from datasette import Response, hookimpl

from alerts import adverts, answers, contacts, publishing, written
from alerts.contacts import Contact
from alerts.errors import AddressRefused, AdvertRefused, ReplyRefused
from alerts.written import Written
from tenderbell.advert import LONGEST, SOURCE, Advert, Problems, parse
from tenderbell.pages.detail import Detail, detail_of
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.website import Page


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Asking for the link, the page that it opens, and replies."""
    return [
        (r"^/adverts/new$", route(show_new, take_new)),
        (r"^/adverts/(?P<token>[^/]+)$", route(show_adverts, take_adverts)),
        (r"^/buyers/(?P<buyer>[^/]+)/reply(?:/(?P<key>[^/]+))?$", route(show_reply, take_reply)),
    ]


SENT = (
    "Now look in your e-mail",
    "We have sent you a link; it comes within a few minutes. It opens your own page.",
    "Nothing has come? Look among unwanted mail. One address gets three links a day.",
)


STRANGER = (
    "Replies are for our own commissioners",
    "Only the public bodies and funders of the area have a page to which they can reply.",
)


# Asking for the link


def _takes_adverts(visitor: Visitor) -> bool:
    """Return whether the edition has the source of adverts written here."""
    return any(source.id == SOURCE and source.enabled for source in visitor.site.settings.edition.sources)


def show_new(db: sqlite3.Connection, visitor: Visitor) -> Page:  # noqa: ARG001
    """The form that asks for a work address."""
    if not _takes_adverts(visitor):
        return visitor.site.error(404)
    return visitor.page("advert_new.html", problem="", email="")


def take_new(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Send the link. The answer is the same whether or not the address or its domain is known."""
    if not _takes_adverts(visitor):
        return visitor.site.error(404)
    return _send_link(db, visitor, "/adverts/{token}", "post an advert", "advert_new.html", {})


def _send_link(
    db: sqlite3.Connection, visitor: Visitor, page: str, purpose: str, template: str, shown: dict[str, Any]
) -> Page:
    email = visitor.form.get("email", "")
    try:
        if not visitor.form.get("website"):
            settings = visitor.site.settings
            contacts.send_link(db, settings, email, page, purpose, network=visitor.address, now=visitor.now)
    except AddressRefused as refused:
        return visitor.page(template, 400, problem=str(refused), email=email[:300], **shown)
    return visitor.told(*SENT)


# Writing adverts


SAID = {
    "saved": "Saved as a draft. Nobody else sees it yet.",
    "changed": "Changed. The page here follows within a few minutes.",
    "kept": "Changed.",
    "published": "Published. Its page comes up within a few minutes.",
    "waiting": "Sent. It is your organisation’s first advert here, so somebody looks at it before it goes out. "
    "You get an e-mail.",
    "withdrawn": "Withdrawn.",
    "renewed": "This is your new link: keep this page. Every earlier one is worthless.",
}


def show_adverts(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """All adverts of one contact; with `write` the form of one of them (0: a new one), with `see` its page."""
    contact = contacts.by_token(db, visitor.token)
    if contact is None:
        return visitor.dead_link()
    args = visitor.request.args
    if "write" in args:
        return _blank_form(db, visitor, contact, _number(args.get("write")))
    if found := written.find(db, _number(args.get("see")), contact.id):
        return _preview(visitor, contact, found, said=SAID.get(args.get("said") or "", ""))
    return _list(db, visitor, contact, said=SAID.get(args.get("said") or "", ""))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0


def _list(
    db: sqlite3.Connection, visitor: Visitor, contact: Contact, *, said: str = "", problem: str = "", status: int = 200
) -> Page:
    return visitor.page(
        "advert.html",
        status,
        contact=contact,
        body=_name_of(visitor, contact.body),
        token=visitor.token,
        written=written.own(db, contact.id),
        said=said,
        problem=problem,
    )


def _name_of(visitor: Visitor, body: str | None) -> str | None:
    found = visitor.site.settings.area.body_by_slug.get(body or "")
    return found.name if found else body


def _blank_form(db: sqlite3.Connection, visitor: Visitor, contact: Contact, id: int) -> Page:
    old = written.find(db, id, contact.id)
    if (id and old is None) or (old and old.state == written.WITHDRAWN):
        return _list(db, visitor, contact, problem="There is no such advert any more.", status=404)
    seen = old.updated_at if old else ""
    return _form(visitor, old.advert if old else Advert(), {}, id=id, seen=seen, state=_state(old))


def _state(one: Written | None) -> str:
    return one.state if one else written.DRAFT


def _form(
    visitor: Visitor, advert: Advert, problems: Problems, *, id: int, seen: str, state: str, problem: str = ""
) -> Page:
    return visitor.page(
        "advert_write.html",
        400 if problems or problem else 200,
        advert=advert,
        problems=problems,
        problem=problem,
        id=id,
        seen=seen,
        state=state,
        token=visitor.token,
        districts=[district.name for district in visitor.site.settings.area.districts],
    )


def _detail(visitor: Visitor, contact: Contact, one: Written) -> Detail | None:
    settings = visitor.site.settings
    found = written.preview(settings.area, one, visitor.now, contact.body)
    return detail_of(visitor.public, found, settings.area, settings.edition, visitor.now) if found else None


def _preview(visitor: Visitor, contact: Contact, one: Written, *, said: str = "", change: bool = False) -> Page:
    """The page as it will be, with its findings. A `change` of what is published is not kept yet."""
    return visitor.page(
        "advert_preview.html",
        written=one,
        advert=one.advert,
        fields=tuple(LONGEST),
        detail=_detail(visitor, contact, one),
        body=_name_of(visitor, contact.body),
        token=visitor.token,
        said=said,
        change=change,
    )


def take_adverts(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:
    """Carry out what one button says."""
    contact = contacts.by_token(db, visitor.token)
    if contact is None:
        return visitor.dead_link()
    id = _number(visitor.form.get("id"))
    try:
        match visitor.form.get("do"):
            case "save":
                return _save(db, visitor, contact, id)
            case "send":
                said = adverts.send(db, visitor.site.settings, contact, id, visitor.now)
                return _again(visitor, said, id)
            case "withdraw":
                adverts.withdraw(db, visitor.site.settings, contact, id, visitor.now)
                return _again(visitor, "withdrawn")
            case "renew":
                token = contacts.renew_link(db, visitor.token)
                return Response.redirect(f"/adverts/{quote(token)}?said=renewed", status=303)
    except AdvertRefused as refused:
        return _list(db, visitor, contact, problem=str(refused), status=409)
    return _again(visitor)


def _again(visitor: Visitor, said: str = "", id: int = 0) -> Response:
    see = f"see={id}&" if id else ""
    return Response.redirect(f"/adverts/{quote(visitor.token)}?{see}said={said}", status=303)


def _save(db: sqlite3.Connection, visitor: Visitor, contact: Contact, id: int) -> Page | Response:
    """Keep a draft; show a change of what is published once more before it goes out. What is wrong is said beside its
    field, and what was typed stays."""
    form, seen = visitor.form, visitor.form.get("seen", "")[:30]
    old = written.find(db, id, contact.id)
    advert, problems = parse(form, now=visitor.now, before=old.advert if old else None)
    if problems:
        return _form(visitor, advert, problems, id=id, seen=seen, state=_state(old))
    is_published = old is not None and old.state == written.PUBLISHED
    if old and is_published and not form.get("sure") and old.advert != advert:
        changed = written.changed(old, advert, seen)
        return _preview(visitor, contact, changed, change=True)
    try:
        number = adverts.save(db, visitor.site.settings, contact, id, advert, seen, visitor.now)
    except AdvertRefused as refused:
        return _form(visitor, advert, {}, id=id, seen=seen, state=_state(old), problem=str(refused))
    publishing.follow(db, visitor.site.settings, visitor.now)
    return _again(visitor, "changed" if is_published else "saved" if _state(old) == written.DRAFT else "kept", number)


# Replying on a commissioner's page


def _buyer(visitor: Visitor) -> str | None:
    """Return the id of the commissioner in the address; None for one that is not of the area."""
    id = unquote(visitor.request.url_vars["buyer"])
    return id if id in visitor.site.settings.area.body_by_slug else None


def _key(visitor: Visitor) -> str:
    """Return the token of the address, "" where there is none."""
    return unquote(visitor.request.url_vars.get("key") or "")


def show_reply(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """The form for words with a genuine link, else the form that asks for a work address."""
    buyer = _buyer(visitor)
    if buyer is None:
        return visitor.told(*STRANGER, status=404)
    return _reply_form(db, visitor, buyer)


def _reply_form(
    db: sqlite3.Connection, visitor: Visitor, buyer: str, *, problem: str = "", words: str = "", said: str = ""
) -> Page:
    key = _key(visitor)
    contact = contacts.by_token(db, key)
    if key and contact is None:
        return visitor.dead_link()
    return visitor.page(
        "reply.html",
        400 if problem else 200,
        buyer=buyer,
        name=_name_of(visitor, buyer),
        key=key if contact else "",
        own=answers.own(db, contact.id, buyer) if contact else [],
        problem=problem,
        words=words,
        email="",
        said=said,
        longest=answers.LONGEST,
    )


def take_reply(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:
    """Send the link, or keep the words for the operator, or take a reply back."""
    buyer = _buyer(visitor)
    if buyer is None:
        return visitor.told(*STRANGER, status=404)
    contact = contacts.by_token(db, _key(visitor))
    if _key(visitor) and contact is None:
        return visitor.dead_link()
    if contact is None:
        shown: dict[str, Any] = {
            "buyer": buyer,
            "name": _name_of(visitor, buyer),
            "key": "",
            "own": [],
            "words": "",
            "said": "",
        }
        page = f"/buyers/{buyer}/reply/{{token}}"
        return _send_link(db, visitor, page, "reply on your page", "reply.html", shown)
    if visitor.form.get("do") == "withdraw":
        number = _number(visitor.form.get("id"))
        answers.withdraw(db, visitor.site.settings, number, visitor.now, contact=contact)
        return _reply_form(db, visitor, buyer, said="Withdrawn. The page follows within a few minutes.")
    words = visitor.form.get("words", "")
    try:
        answers.write(db, visitor.site.settings.area, contact, buyer, words, visitor.now)
    except ReplyRefused as refused:
        return _reply_form(db, visitor, buyer, problem=str(refused), words=words)
    return _reply_form(db, visitor, buyer, said="Sent. Somebody looks at it first, and you get an e-mail.")
