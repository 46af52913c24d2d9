"""Recording: which matches a batch of events makes. Three temporary tables say what is asked: `candidate`, the profiles
that match something of the batch now, each with the number of its `pick`; `pick`, which opportunities that is, kept
once for all who match the same; and `told_as`, the ids under which each opportunity may have been told before.

A profile that follows one opportunity is never a candidate. It hears of every change, and its owner counts as told."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

import msgspec

from tenderbell.clock import stamp
from tenderbell.vocabulary import EventType

NEW = "new"
CHANGES = frozenset(
    {EventType.OPENED, EventType.DEADLINE, EventType.VALUE, EventType.CANCELLED, EventType.REOPENED, EventType.AWARDED}
)
"""Events that whoever was told hears of; awards only on request. OPENED is among them because who was told of early
talks waits for exactly that."""


class Event(msgspec.Struct, frozen=True):
    """An event that is not silent, on the opportunity that goes by `opportunity` today."""

    number: int
    opportunity: str
    type: str
    old: str | None
    new: str | None


def prepare(
    db: sqlite3.Connection,
    told_as: Iterable[tuple[str, str]],
    candidates: Iterable[tuple[int, int, int]],
    picks: Iterable[tuple[int, str, int | None]],
) -> None:
    """Fill the temporary tables: (opportunity, id), (profile, subscriber, pick) in the order of the profiles, and
    (pick, opportunity, the first event that may be told of it)."""
    for table in ("candidate", "pick", "told_as"):
        db.execute(f"drop table if exists temp.{table}")
    db.execute("create temp table candidate (profile integer primary key, subscriber, pick)")
    db.execute("create temp table pick (id, opportunity, event, known, primary key (id, opportunity)) without rowid")
    db.execute("create temp table told_as (opportunity, id, primary key (opportunity, id))")
    db.executemany("insert into temp.told_as values (?, ?)", told_as)
    known = {row[0] for row in db.execute(_KNOWN)}
    db.executemany("insert into temp.candidate values (?, ?, ?)", candidates)
    db.executemany("insert into temp.pick values (?, ?, ?, ?)", ((*pick, pick[1] in known) for pick in picks))


_KNOWN = (
    "select opportunity from temp.told_as t where exists (select 1 from match m where m.opportunity = t.id) "
    "or exists (select 1 from profile f where f.follows = t.id and f.ended_at is null)"
)
"""The opportunities that anybody was told of or follows. Of the others, nobody's past need be looked at."""

_TOLD = (
    "from temp.told_as t join match m on m.opportunity = t.id and m.subscriber = c.subscriber "
    "where t.opportunity = k.opportunity"
)
"""What the candidate's owner was told of the opportunity before, or waits to be told."""

_FOLLOWED = (
    "exists (select 1 from temp.told_as t join profile f indexed by profile_by_follows on f.follows = t.id "
    "and f.subscriber = c.subscriber where t.opportunity = k.opportunity and f.ended_at is null{also})"
)
"""Whether the candidate's owner follows the opportunity."""


def record_news(db: sqlite3.Connection, now: datetime) -> int:
    """Write *new to you*: nothing for what the person was told of, by whichever profile, or follows, or what waits
    already for the same profile."""
    return db.execute(
        "insert or ignore into match (subscriber, profile, opportunity, event, type, matched_at) "
        "select c.subscriber, c.profile, k.opportunity, k.event, ?, ? "
        "from temp.candidate c cross join temp.pick k on k.id = c.pick "
        f"where k.event is not null and (not k.known or not (exists (select 1 {_TOLD} "
        "and (m.state = 'claimed' or (m.state = 'waiting' and m.profile = c.profile))) "
        f"or {_FOLLOWED.format(also='')}))",
        (NEW, stamp(now)),
    ).rowcount


def record_change(db: sqlite3.Connection, event: Event, now: datetime) -> int:
    """Write *changed* for the profiles that told the opportunity before this event, whether or not they still match
    it, for those that follow it, and for the same persons' other profiles that match it now. If that is none, because
    what told it has ended, the person's earliest search tells it (ruling 23: whoever was told hears of changes); not
    of awards, for which only the ended one can have asked."""
    db.execute("create index if not exists temp.pick_by_opportunity on pick (opportunity, id)")
    db.execute("create index if not exists temp.candidate_by_pick on candidate (pick)")
    values = {**msgspec.structs.asdict(event), "event": event.number, "now": stamp(now)}
    written = db.execute(
        f"{_INSERT_CHANGE} where p.id in ("
        f"  select m.profile {_TELLERS} "
        "  union select c.profile from temp.pick k cross join temp.candidate c on c.pick = k.id "
        "  where k.opportunity = :opportunity "
        f"  and (exists (select 1 {_TOLD} and m.event < :event and m.state <> 'dropped') "
        f"  or {_FOLLOWED.format(also=' and f.watermark < :event')}) "
        f"  union select f.id {_FOLLOWERS}) and {_HEARS}",
        values,
    ).rowcount
    if event.type != EventType.AWARDED:
        written += db.execute(f"{_INSERT_CHANGE} where p.id in ({_HEIRS})", values).rowcount
    return written


_TELLERS = (
    "from temp.told_as t join match m on m.opportunity = t.id "
    "where t.opportunity = :opportunity and m.event < :event and m.state <> 'dropped'"
)
"""The matches through which an opportunity was told, or is about to be, before an event."""

_FOLLOWERS = (
    "from temp.told_as t join profile f on f.follows = t.id where t.opportunity = :opportunity and f.ended_at is null"
)
"""The profiles that follow an opportunity, by whichever of its ids."""

_HEARS = "p.ended_at is null and p.watermark < :event and (p.awards or :type <> 'awarded')"
"""Whether a profile lives, started before an event, and wants to hear of its type."""

_HEIRS = (
    f"select min(p.id) from profile p where p.follows is null and p.subscriber in (select m.subscriber {_TELLERS} "
    "and exists (select 1 from profile teller where teller.id = m.profile and teller.follows is null) "
    f"except select m.subscriber {_TELLERS} "
    "and exists (select 1 from profile teller where teller.id = m.profile and teller.ended_at is null) "
    "except select m.subscriber from match m where m.opportunity = :opportunity and m.event = :event) "
    f"and {_HEARS} group by p.subscriber"
)
"""The earliest living search of each person who was told only by profiles that have ended, at least one of them a
search: who stops following is told no more."""

_INSERT_CHANGE = (
    "insert or ignore into match (subscriber, profile, opportunity, event, type, old, new, matched_at) "
    "select p.subscriber, p.id, :opportunity, :event, :type, :old, :new, :now from profile p"
)
