"""Commissioners and funders: their list, and what the adverts of one of them show."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from tenderbell.area import Area, Body
from tenderbell.clock import instant, stamp
from tenderbell.notice import Record
from tenderbell.opportunity import Buyer, buyer
from tenderbell.phrases import kind_words
from tenderbell.record import tables
from tenderbell.record.figures import Row, Table
from tenderbell.record.middles import Middles, Step, steps
from tenderbell.record.tally import Tally, adverts_of_buyer, awards_of_buyer, findings_of_buyer
from tenderbell.silences import Silence, silences
from tenderbell.vocabulary import Kind

A_PAGE = 100
MOST_REPLIES = 10
MOST_YEARS = 8


class Listed(Record, frozen=True):
    """A body in the list, with how many of its opportunities are open and how many we hold."""

    id: str
    name: str
    sort: str | None
    open: int
    total: int


class Bodies(Record, frozen=True):
    """A page of the list, A to Z."""

    listed: tuple[Listed, ...]
    page: int
    pages: int
    total: int


class Reply(Record, frozen=True):
    """What a body has said about its page, as the operator approved it."""

    words: str
    published_at: datetime | None


class Strip(Record, frozen=True):
    """The quartiles of one group of adverts, to be drawn beside others."""

    label: str
    middles: Middles


class BodyRecord(Record, frozen=True):
    """What is known of one body. `middles` is None when no days of notice can be counted."""

    id: str
    name: str
    sort: str | None
    is_local: bool
    website: str | None
    mailbox: str | None
    portal: str | None
    silence: Silence | None
    adverts: int
    total: int
    middles: Middles | None
    steps: tuple[Step, ...]
    strips: tuple[Strip, ...]
    tables: tuple[Table, ...]
    replies: tuple[Reply, ...]


def bodies(db: sqlite3.Connection, area: Area, page: int, now: datetime) -> Bodies | None:
    """Return a page of the area's bodies, None past the end. Where the area names none, every body of a notice."""
    found = _of_area(db, area) if area.bodies else None
    total = len(found) if found is not None else int(db.execute("select count(*) from buyer").fetchone()[0])
    pages = max(1, -(-total // A_PAGE))
    if not 1 <= page <= pages:
        return None
    start = (page - 1) * A_PAGE
    chosen = found[start : start + A_PAGE] if found is not None else _by_name(db, start)
    counts = _counts(db, [id for id, *_ in chosen], now)
    listed = [Listed(id, name, sort, *counts.get(id, (0, 0))) for id, name, sort in chosen]
    return Bodies(tuple(listed), page, pages, total)


Named = tuple[str, str, str | None]


def _of_area(db: sqlite3.Connection, area: Area) -> list[Named]:
    found = {row["id"]: (row["id"], row["name"], row["sort"]) for row in db.execute("select * from buyer where local")}
    found |= {body.id: (body.id, body.name, body.sort) for body in area.bodies}
    return sorted(found.values(), key=lambda one: (one[1].lower(), one[0]))


def _by_name(db: sqlite3.Connection, start: int) -> list[Named]:
    asked = "select id, name, sort from buyer order by name collate nocase, id limit ? offset ?"
    return [(row[0], row[1], row[2]) for row in db.execute(asked, (A_PAGE, start))]


def _counts(db: sqlite3.Connection, ids: list[str], now: datetime) -> Mapping[str, tuple[int, int]]:
    """Return how many opportunities of each body are open, and how many there are."""
    marks = ", ".join("?" * len(ids))
    rows = db.execute(
        "select buyer_id, sum(stage = 'open' and (closes_at is null or closes_at > ?)), count(*) "
        f"from opportunity where buyer_id in ({marks}) group by buyer_id",
        (stamp(now), *ids),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def body_record(db: sqlite3.Connection, area: Area, id: str, now: datetime) -> BodyRecord | None:
    """Return what is known of a body: one of the area's, or any that a notice names. None when there is none."""
    known, ours = buyer(db, id), area.body_by_slug.get(id)
    if known is None and ours is None:
        return None
    tally = Tally(adverts_of_buyer(db, id), findings_of_buyer(db, id), awards_of_buyer(db, id))
    return BodyRecord(
        id=id,
        name=_name(known, ours),
        sort=ours.sort if ours else known.sort if known else None,
        is_local=ours is not None or bool(known and known.local),
        website=known.website if known else None,
        mailbox=known.mailbox if known else None,
        portal=ours.portal if ours else None,
        silence=next((silence for silence in silences(db, now) if silence.id == id), None),
        adverts=tally.advert_count,
        total=tally.total,
        middles=tally.middles(),
        steps=steps(tally.days()),
        strips=_strips(tally),
        tables=_tables(tally, id),
        replies=_replies(db, id),
    )


def _name(known: Buyer | None, ours: Body | None) -> str:
    return ours.name if ours else known.name if known else ""


def _tables(tally: Tally, id: str) -> tuple[Table, ...]:
    scope = {"buyer": id}
    return (
        tables.counted(tally, scope),
        by_year(tally, id),
        tables.notice_by_kind(tally, scope),
        tables.spread(tally, scope),
        tables.timetable(tally, scope),
        tables.by_undertaking(tally, scope),
        tables.to_the_sector(tally, scope),
    )


def by_year(tally: Tally, id: str) -> Table:
    """Return the notice that a body gave, by the year of first publication, the newest first."""
    years = sorted({group.year for group in tally.adverts}, reverse=True)[:MOST_YEARS]
    rows = [Row(str(year), tables.notice_figures(tally.only(year), {"buyer": id, "year": year})) for year in years]
    lead = "Days from the first advert to the deadline, by the year in which the first notice was published."
    title, empty = "Days of notice by year", "No advert to count."
    return Table("notice-by-year", title, lead, "Year", tables.NOTICE_COLUMNS, tuple(rows), empty=empty)


def _strips(tally: Tally) -> tuple[Strip, ...]:
    """Return the quartiles by year, then by kind, of what has any."""
    years = sorted({group.year for group in tally.adverts}, reverse=True)[:MOST_YEARS]
    groups = [(str(year), tally.only(year)) for year in years]
    groups += [(kind_words(kind), tally.only(kind=kind)) for kind in Kind]
    return tuple(Strip(label, middles) for label, part in groups if (middles := part.middles()))


def _replies(db: sqlite3.Connection, id: str) -> tuple[Reply, ...]:
    asked = "select words, published_at from reply where buyer = ? order by published_at desc limit ?"
    return tuple(Reply(row[0], instant(row[1])) for row in db.execute(asked, (id, MOST_REPLIES)))
