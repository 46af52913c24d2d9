"""What the links beside and below the items of an e-mail open: not for us, never this kind, and "and 17 more"."""

import sqlite3
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from datasette import Response, hookimpl

from alerts import following, profiles, sent, sent_items
from alerts.follows import USUAL_REMINDER
from alerts.sent_items import TYPED, Proposal, SentItem
from alerts.trying import Trial, try_search
from tenderbell.area import Area
from tenderbell.describe import describe
from tenderbell.pages.cards import Card, card
from tenderbell.pages.forms import Visitor, route
from tenderbell.pages.website import Page
from tenderbell.vocabulary import Frequency

SAID = {
    "hidden": "Done: you hear no more of this one.",
    "shown": "Done: we write about it again, from what happens next.",
    "followed": "Done: you follow it. We write when it changes, and a week before it closes.",
    "full": "That is as many searches as one address can have. End one first.",
    "left": "You have left, so this link starts nothing. Open its page and follow it there: we send a link to confirm.",
    "saved": "Done: the search has been changed.",
    "same": "Nothing was changed: you have that search already, or it has ended.",
}


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The pages that digests lead to."""
    return [
        (r"^/item/(?P<token>[^/]+)$", route(show_item, take_item)),
        (r"^/told/(?P<token>[^/]+)$", route(show_told)),
    ]


def show_item(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Two choices about one thing that was sent; with one of them chosen, what it would do."""
    item = sent_items.sent_item(db, visitor.public, visitor.token, visitor.now)
    if item is None:
        return visitor.dead_link()
    settings, args = visitor.site.settings, visitor.request.args
    key, typed = args.get("without") or "", args.get("words") or ""
    proposal = _proposal(visitor, item, args.get("search") or "", key, typed) if key else None
    return visitor.page(
        "item.html",
        item=item,
        token=visitor.token,
        said=SAID.get(args.get("said") or "", ""),
        shown=card(item.opportunity, settings.area, visitor.now) if item.opportunity else None,
        offered=sent_items.offered(item),
        proposal=proposal,
        trial=_trial(visitor, proposal) if proposal else None,
        was_asked=bool(key),
        key=key,
        typed=typed[:100],
        words=describe(proposal.criteria, settings.area) if proposal else "",
    )


def _proposal(visitor: Visitor, item: SentItem, search: str, key: str, typed: str) -> Proposal | None:
    number = int(search) if search.isascii() and search.isdigit() and len(search) < 16 else 0
    return sent_items.propose(visitor.public, visitor.site.settings, item, number, key, typed, visitor.now)


def _trial(visitor: Visitor, proposal: Proposal) -> Trial:
    area = visitor.site.settings.area
    trial, _ = try_search(visitor.public, proposal.criteria, area, visitor.now, awards=proposal.search.awards)
    return trial


def take_item(db: sqlite3.Connection, visitor: Visitor) -> Page | Response:
    """Hide it, show it again, follow it, or save the search that was proposed."""
    item = sent_items.sent_item(db, visitor.public, visitor.token, visitor.now)
    if item is None:
        return visitor.dead_link()
    said = _carry_out(db, visitor, item)
    return Response.redirect(f"/item/{visitor.token}?{urlencode({'said': said})}", status=303)


def _carry_out(db: sqlite3.Connection, visitor: Visitor, item: SentItem) -> str:
    form = visitor.form
    match form.get("do"):
        case "hide":
            sent_items.hide(db, item, visitor.now)
            return "hidden"
        case "show":
            sent_items.show(db, item)
            return "shown"
        case "follow" if item.opportunity:
            often, days = Frequency.DAILY, USUAL_REMINDER
            begun = following.follow(
                db, visitor.site.settings, item.subscriber, item.opportunity, often, days, visitor.now
            )
            has_left = not profiles.current(db, item.subscriber, visitor.now)
            return "followed" if begun else "left" if has_left else "full"
        case "save":
            wanted = form.get("search", ""), form.get("without", TYPED), form.get("words", "")
            proposal = _proposal(visitor, item, *wanted)
            saved = proposal and sent_items.save(db, visitor.site.settings, proposal, visitor.now)
            return "saved" if saved else "same"
        case _:
            return ""


def show_told(db: sqlite3.Connection, visitor: Visitor) -> Page:
    """Exactly what stood behind "and N more" in one e-mail, or all that it told."""
    letter = sent.letter(db, visitor.public, visitor.token, visitor.now)
    if letter is None:
        return visitor.dead_link()
    left_out = sent.behind(letter.parts)
    everything = not left_out or bool(visitor.request.args.get("all"))
    parts = letter.parts if everything else left_out
    area = visitor.site.settings.area
    sections = [(part, [(line, _card(line, area, visitor.now)) for line in part.lines]) for part in parts]
    context = {"letter": letter, "sections": sections, "everything": everything, "token": visitor.token}
    return Page("told_items.html", context)


def _card(line: sent.Line, area: Area, now: datetime) -> Card | None:
    return card(line.opportunity, area, now) if line.opportunity else None
