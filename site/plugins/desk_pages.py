"""The operator's desk: a link from an e-mail opens the matter whole and asks once more. Opening it does nothing,
because mail scanners open links."""

import sqlite3
from typing import Any
from urllib.parse import quote

from datasette import Response, hookimpl

from alerts import answers, contacts, deciding, desk, reports, tokens, written
from alerts.desk import Asked, Matter
from alerts.errors import AlreadyDecided, BodyNotNamed
from alerts.tokens import Scope
from tenderbell.clock import instant
from tenderbell.decisions import Verdict
from tenderbell.pages.detail import Detail, detail_of
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.website import Page
from tenderbell.phrases import moment_words
from tenderbell.review import pages_of_join
from tenderbell.text import safe_link

VERDICTS = {
    "accept": "accepted",
    "reject": "rejected",
    "withdrawn": "withdrawn",
    "changed": "changed by whoever wrote it, so it is asked anew",
    "elsewhere": "decided by command, or no longer in doubt",
}

BUTTONS = {
    Matter.BODY: ("Let this address speak for that body", "Refuse this address"),
    Matter.ADVERT: ("Publish it", "Do not publish it"),
    Matter.REPLY: ("Publish it", "Do not publish it"),
    Matter.MISSING: ("It was missing; we have seen to it", "It was not missing, or is not for this site"),
    Matter.MISTAKE: ("It was a mistake; we have put it right", "It is no mistake"),
    Matter.PLACE: ("Yes, it concerns our area", "No"),
    Matter.JOIN: ("Yes, they are the same", "No, keep them apart"),
    Matter.PAGE: ("I have seen to it", "Nothing to do"),
}


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """One address."""
    return [(r"^/decide/(?P<token>[^/]+)$", route(show_matter, take_decision))]


def _asked(db: sqlite3.Connection, visitor: Visitor) -> Asked | None:
    genuine = tokens.read(db, visitor.token, Scope.DECIDE)
    return desk.find(db, genuine.id) if genuine else None


def show_matter(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """The matter whole, with two buttons; once it is decided, what was decided."""
    asked = _asked(db, visitor)
    return _page(db, visitor, asked) if asked else visitor.dead_link()


def _page(db: sqlite3.Connection, visitor: Visitor, asked: Asked, *, problem: str = "", status: int = 200) -> Page:
    decided_at = instant(asked.decided_at)
    area = visitor.site.settings.area
    return visitor.page(
        "decide.html",
        status,
        asked=asked,
        problem=problem,
        decided=f"{VERDICTS.get(asked.verdict or '', asked.verdict)} at {moment_words(decided_at)}"
        if decided_at
        else "",
        buttons=BUTTONS[asked.sort],
        paragraphs=_paragraphs(db, visitor, asked),
        links=_links(db, visitor, asked),
        detail=_detail(db, visitor, asked),
        bodies=sorted((body.name, body.id) for body in area.bodies) if asked.sort is Matter.BODY else [],
    )


def _paragraphs(db: sqlite3.Connection, visitor: Visitor, asked: Asked) -> list[str]:
    """Return what is asked, and for a reply and an address all that belongs to it."""
    found = [line for line in asked.question.split("\n") if line.strip()]
    if asked.sort is Matter.REPLY and (answer := answers.find(db, int(asked.subject))):
        body = visitor.site.settings.area.body_by_slug.get(answer.buyer)
        found = [f"A reply for the page of {body.name if body else answer.buyer}:", *answer.words.split("\n")]
    if asked.sort is Matter.BODY and (contact := contacts.find(db, desk.number_of(asked))):
        found += [f"It has written an advert: “{one.advert.title}”." for one in written.own(db, contact.id)]
        if contacts.is_shared(contact.address):
            found.append("Many share this mail domain: only this one address will speak for the body.")
        else:
            domain = contact.address.rpartition("@")[2]
            found.append(f"If you say yes, every address at {domain} may speak for the body that you choose.")
    return found


def _links(db: sqlite3.Connection, visitor: Visitor, asked: Asked) -> list[tuple[str, str]]:
    """Return (words, address) of what the operator may want to look at: nothing that is typed becomes a link, but for
    the one that a reporter gave as such."""
    match asked.sort:
        case Matter.PLACE:
            return [("The page", _page_at(asked.subject))]
        case Matter.JOIN:
            return [(f"The page: {title}", _page_at(id)) for title, id in pages_of_join(visitor.public, asked.subject)]
        case Matter.PAGE:
            found = [one for one in visitor.site.settings.edition.sources if one.id == asked.subject]
            return [("The watched page", link) for one in found if (link := safe_link(one.url or one.home))]
        case Matter.MISSING | Matter.MISTAKE:
            return _of_report(reports.find(db, int(asked.subject)))
    return []


def _of_report(report: reports.Report | None) -> list[tuple[str, str]]:
    link = safe_link(report.link) if report else None
    found = [("What was reported", link)] if link else []
    return found + ([("The page", _page_at(report.opportunity))] if report and report.opportunity else [])


def _page_at(id: str) -> str:
    return f"/opportunities/{quote(id)}"


def _detail(db: sqlite3.Connection, visitor: Visitor, asked: Asked) -> Detail | None:
    if asked.sort is not Matter.ADVERT:
        return None
    settings = visitor.site.settings
    advert = written.find(db, desk.number_of(asked))
    found = written.preview(settings.area, advert, visitor.now) if advert else None
    return detail_of(visitor.public, found, settings.area, settings.edition, visitor.now) if found else None


def take_decision(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:
    """Decide, once."""
    asked = _asked(db, visitor)
    if asked is None:
        return visitor.dead_link()
    wish = visitor.form.get("do", "")
    if wish not in set(Verdict):
        return _page(db, visitor, asked, problem="Press one of the two buttons.", status=400)
    try:
        deciding.decide(
            db, visitor.site.settings, asked.id, Verdict(wish), visitor.now,
            body=visitor.form.get("body"),
        )  # fmt: skip
    except BodyNotNamed as refused:
        return _page(db, visitor, asked, problem=str(refused), status=400)
    except AlreadyDecided as refused:
        again = desk.find(db, asked.id) or asked
        return _page(db, visitor, again, problem="" if again.decided_at else str(refused), status=409)
    return Response.redirect(f"/decide/{visitor.token}", status=303)
