"""The letters to commissioners: your advert has appeared, and none of yours has been seen.

A receipt is told once: the letter, the rows that say of what it tells and the place up to which the wish was served are
committed together. A warning is told once in so many days as its owner chose. Whoever must not be written to is skipped
with everything left as it was.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from alerts import links, messages, outbox, periods, published, suppression, tokens
from alerts.addresses import Address
from alerts.checked import fault_words
from alerts.contacts import token_of
from alerts.outbox import Message, Sort
from alerts.receipts import name_of
from alerts.shelf import Shelf
from alerts.tokens import Scope
from tenderbell.clock import instant, stamp, uk
from tenderbell.code.undertakings import undertaking
from tenderbell.database import transaction
from tenderbell.delays import hours_after_publication, hours_between, hours_words
from tenderbell.opportunity import Opportunity, find_all, sightings
from tenderbell.pages.findings import OUR_CODE
from tenderbell.phrases import day_words, moment_words, plural
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency, Result

MOST_ADVERTS = 20
"""Adverts that one letter describes; the others are counted."""

LATEST = 20
"""How many of a body's newest adverts say where it advertises and when it did last."""


class Advert(msgspec.Struct, frozen=True):
    """One advert in a receipt, all in words. `facts` are what was understood, as (label, words); `not_met` are the
    findings that say so, and `findings` counts them all."""

    title: str
    url: str
    seen: str
    facts: tuple[tuple[str, str], ...]
    findings: str
    not_met: tuple[str, ...]


class _Found(msgspec.Struct, frozen=True):
    """A new advert: the number of its event, when that was noticed, and the ids of its buyers."""

    number: int
    noticed_at: datetime
    opportunity: Opportunity
    bodies: frozenset[str]


def write_receipts(db: sqlite3.Connection, public: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Write one letter for each wish whose body has new adverts, and return how many letters that made."""
    wishes = db.execute(f"{_WISHES} order by w.id").fetchall()
    newest = published.newest_event(public)
    behind = [row for row in wishes if row["watermark"] < newest]
    if not behind:
        return 0
    shelf = Shelf(public, settings, now)
    found = _new_adverts(shelf, min(row["watermark"] for row in behind))
    written = 0
    for row in behind:
        with transaction(db):
            written += _serve(db, shelf, settings, row["id"], found, newest, now)
    return written


_WISHES = (
    "select w.*, c.email, c.address, c.body from receipt_wish w join contact c on c.id = w.contact "
    "where w.ended_at is null and c.confirmed_at is not null and c.body is not null"
)


def _new_adverts(shelf: Shelf, since: int) -> list[_Found]:
    rows = shelf.public.execute(
        "select number, opportunity, noticed_at from event where number > ? and type = 'new' and silent = 0 "
        "order by number",
        (since,),
    )
    found: dict[str, _Found] = {}
    for row in rows:
        opportunity = shelf.opportunity(row["opportunity"])
        noticed = instant(row["noticed_at"])
        if opportunity and noticed and opportunity.id not in found:
            bodies = _bodies(shelf.public, opportunity)
            found[opportunity.id] = _Found(row["number"], noticed, opportunity, bodies)
    return list(found.values())


def _bodies(public: sqlite3.Connection, opportunity: Opportunity) -> frozenset[str]:
    rows = public.execute(
        "select value from opportunity_tag where number = ? and field = 'buyer'", (opportunity.number,)
    )
    return frozenset([row[0] for row in rows] + ([opportunity.buyer_id] if opportunity.buyer_id else []))


def _serve(
    db: sqlite3.Connection,
    shelf: Shelf,
    settings: Settings,
    id: int,
    found: list[_Found],
    newest: int,
    now: datetime,
) -> int:
    """Write what one wish has not been told of yet, inside the caller's transaction."""
    wish = db.execute(f"{_WISHES} and w.id = ?", (id,)).fetchone()
    if wish is None or suppression.reason(db, wish["address"]) is not None:
        return 0
    told = {row[0] for row in db.execute("select opportunity from receipt where wish = ?", (id,))}
    mine = [one for one in found if one.number > wish["watermark"] and wish["body"] in one.bodies]
    mine = [one for one in mine if one.opportunity.id not in told]
    db.execute("update receipt_wish set watermark = max(watermark, ?) where id = ?", (newest, id))
    if not mine or not wish["receipts"]:
        return 0
    letter = outbox.put(db, _receipt(db, shelf, settings, wish, mine, now), now)
    rows = [(id, one.opportunity.id, letter, stamp(now)) for one in mine]
    db.executemany("insert into receipt (wish, opportunity, outbox, at) values (?, ?, ?, ?)", rows)
    return 1


def _receipt(
    db: sqlite3.Connection, shelf: Shelf, settings: Settings, wish: sqlite3.Row, mine: list[_Found], now: datetime
) -> Message:
    adverts = [_advert(shelf, one) for one in mine[:MOST_ADVERTS]]
    many = f"{len(mine):,} adverts of yours have appeared"
    subject = f"Your advert has appeared: {adverts[0].title}" if len(mine) == 1 else many
    model: dict[str, object] = {
        "adverts": adverts,
        "more": max(len(mine) - MOST_ADVERTS, 0),
        "buyer": f"{settings.url}/buyers/{wish['body']}",
        "heading": "Your advert has appeared" if len(mine) == 1 else many,
        "against": "What it shows of the Code" if settings.area.code else f"Read against {OUR_CODE}, as a yardstick",
    }
    return _compose(db, settings, Sort.RECEIPT, wish, subject, model, now)


def _advert(shelf: Shelf, found: _Found) -> Advert:
    item, opportunity = shelf.facts(found.opportunity), found.opportunity
    facts = [(item.deadline_label, item.deadline), (item.worth_label, item.worth), ("What", item.kind)]
    facts += [("Where", item.where), ("Notice given", item.notice)]
    counts = [
        f"{count:,} {result.value}"
        for result in Result
        if (count := sum(finding.result is result for finding in opportunity.findings))
    ]
    not_met = tuple(_finding(one.clause, one.words) for one in opportunity.findings if one.result is Result.NOT_MET)
    return Advert(item.title, item.url, _seen(shelf.public, found), tuple(facts), ", ".join(counts), not_met)


def _finding(clause: str, words: str) -> str:
    known = undertaking(clause)
    return f"{clause} {known.question} {words}" if known else f"{clause}: {words}"


def _seen(public: sqlite3.Connection, found: _Found) -> str:
    """Return "First seen at 9:15am, Monday 3 November 2026, 14 hours after it was published"."""
    seen = sightings(public, found.opportunity.id)
    first = min((one.first_seen for one in seen if one.first_seen), default=found.noticed_at)
    words, hours = f"First seen at {moment_words(first)}", hours_after_publication(seen)
    if hours is None:
        hours = hours_between(found.opportunity.published_at, first)
    return f"{words}." if hours is None else f"{words}, {hours_words(hours)} it was published."


def write_warnings(db: sqlite3.Connection, public: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Write to each contact whose body has been silent for as long as they chose, and return how many that were. From
    08:30, as all e-mails that nobody waits for."""
    today = date.fromisoformat(periods.latest(Frequency.DAILY, now).name)
    rows = db.execute(f"{_WISHES} and w.silent_days is not null order by w.id").fetchall()
    shelf = Shelf(public, settings, now)
    written = 0
    for row in rows:
        latest = _latest(public, row["body"])
        if not _is_silent(row, latest, today):
            continue
        with transaction(db):
            written += _warn(db, shelf, settings, row["id"], latest, today, now)
    return written


def _latest(public: sqlite3.Connection, body: str) -> list[Opportunity]:
    """Return a body's newest adverts, the newest first."""
    rows = public.execute(
        "select id from opportunity where buyer_id = ? order by number desc limit ?", (body, LATEST)
    ).fetchall()
    return sorted(find_all(public, [row[0] for row in rows]), key=_moment, reverse=True)


def _moment(opportunity: Opportunity) -> str:
    moment = opportunity.published_at or opportunity.updated_at
    return stamp(moment) if moment else ""


def _is_silent(wish: sqlite3.Row, latest: list[Opportunity], today: date) -> bool:
    """Return whether so many days have passed since the newest advert, or the last warning: from the day on which the
    wish began, when no advert is known."""
    last = _moment(latest[0]) if latest else ""
    since = instant(max(last or wish["created_at"], wish["warned_at"] or ""))
    return since is not None and (today - uk(since).date()).days >= wish["silent_days"]


def _warn(
    db: sqlite3.Connection,
    shelf: Shelf,
    settings: Settings,
    id: int,
    latest: list[Opportunity],
    today: date,
    now: datetime,
) -> int:
    wish = db.execute(f"{_WISHES} and w.id = ? and w.silent_days is not null", (id,)).fetchone()
    if wish is None or not _is_silent(wish, latest, today) or suppression.reason(db, wish["address"]) is not None:
        return 0
    outbox.put(db, _warning(db, shelf, settings, wish, latest, now), now)
    db.execute("update receipt_wish set warned_at = ? where id = ?", (stamp(now), id))
    return 1


def _warning(
    db: sqlite3.Connection,
    shelf: Shelf,
    settings: Settings,
    wish: sqlite3.Row,
    latest: list[Opportunity],
    now: datetime,
) -> Message:
    """Return the warning; while a source where the body advertises cannot be believed, the letter says that instead."""
    faults = fault_words(shelf.public, _sources(latest), now)
    body, days = name_of(settings.area, wish["body"]), plural(wish["silent_days"], "day")
    subject = f"We cannot tell whether {body} has advertised" if faults else f"No advert of {body} seen for {days}"
    last = latest[0] if latest else None
    moment = last and (last.published_at or last.updated_at)
    model: dict[str, object] = {
        "heading": subject,
        "days": days,
        "faults": faults,
        "last": shelf.facts(last) if last else None,
        "last_day": day_words(uk(moment).date()) if moment else "",
        "missing": f"{settings.url}/missing",
    }
    return _compose(db, settings, Sort.WARNING, wish, subject, model, now)


def _sources(latest: Iterable[Opportunity]) -> set[str]:
    return {source for opportunity in latest for source in (*opportunity.sources, opportunity.source)}


def _compose(
    db: sqlite3.Connection,
    settings: Settings,
    sort: Sort,
    wish: sqlite3.Row,
    subject: str,
    model: dict[str, object],
    now: datetime,
) -> Message:
    """Return a letter to a contact: what every one of them has, and the headers of a list of its own."""
    token = tokens.make(db, Scope.END_RECEIPTS, wish["id"])
    common: dict[str, object] = {
        "edition": settings.edition,
        "body": name_of(settings.area, wish["body"]),
        "address": wish["email"],
        "check": f"{settings.url}/check",
        "status": links.status(settings),
        "manage": links.receipts(settings, token_of(db, wish["contact"], Scope.RECEIPTS)),
        "end": links.end_all(settings, token),
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
    headers = messages.list_headers(settings, token, name="receipts")
    to = Address(wish["email"], wish["address"])
    return messages.compose(settings, sort, to, subject, common | model, now, extra=headers)
