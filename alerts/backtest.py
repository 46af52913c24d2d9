"""Backtest: what the last 90 days would have sent to somebody who had saved a search then, told before they sign up.

The events of those days are replayed by the rule of the matcher (ruling 23): the first loud event after which an
opportunity fits and is live tells it, later changes are told too. How things stood after each event is read backwards
from how they stand today: stage, deadline and value as the events tell them, everything else as it is now. The
conditions are those of the search itself (`Criteria.clauses`). What was open when the 90 days began would have come in
the first list and counts neither as an opportunity nor as an e-mail.

A young site has loud events of fewer days: there each notice counts on the day of its publication, as if it had been
found at once. Nothing is written anywhere. Of more than `MOST_ROWS` events that fit all that does not change with time,
only the newest are replayed, and the answer says since when.
"""

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import attrgetter, itemgetter

import msgspec

from alerts import periods
from alerts.recording import CHANGES
from tenderbell.clock import instant, stamp
from tenderbell.criteria import Clause, Criteria
from tenderbell.looking import every
from tenderbell.vocabulary import LIVE_STAGES, EventType, Frequency, Stage

SPAN = timedelta(days=90)
MOST_ROWS = 5_000
"""So many events (or notices, of a young site) are replayed: about a tenth of a second."""
LATEST = 5
_GLANCE = 5_000  # events before the 90 days that are looked at for a loud one
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
_MOVING = {"stage": (), "value_min": "", "value_max": "", "value": "", "closes_after": "", "closes_before": ""}
"""The fields of a search whose answer changes with time."""

_ENDINGS = frozenset({Stage.AWARDED, Stage.CANCELLED, Stage.CLOSED})
_OF_STAGES = frozenset({EventType.OPENED, EventType.CANCELLED, EventType.REOPENED, EventType.AWARDED, EventType.CLOSED})


class Basis(StrEnum):
    """What a backtest replays: what was noticed, or on a young site what was published."""

    EVENTS = "events"
    PUBLICATION = "publication"


class Told(msgspec.Struct, frozen=True):
    """An opportunity that would have been told, and the stored instant (UTC) at which it was noticed or published."""

    opportunity: str
    at: str


class Backtest(msgspec.Struct, frozen=True):
    """What would have been sent after `since`: the opportunities, newest first, and how many e-mails at each frequency
    (the one that is being gathered counts). `whole` unless there was too much to replay all 90 days."""

    basis: Basis
    since: datetime
    whole: bool
    told: tuple[Told, ...]
    emails: dict[Frequency, int]
    days: int

    @property
    def latest(self) -> tuple[Told, ...]:
        """The latest five."""
        return self.told[:LATEST]


class _State(msgspec.Struct, frozen=True):
    """What changes with time of an opportunity."""

    stage: str
    closes_at: str | None
    value: float | None

    def at(self, moment: str) -> "_State":
        """Return the same with the stage that it has at a stored instant (ruling 10)."""
        is_over = self.stage == Stage.OPEN and self.closes_at is not None and self.closes_at <= moment
        return msgspec.structs.replace(self, stage=Stage.CLOSED) if is_over else self


class _Row(msgspec.Struct, frozen=True):
    """An event with its opportunity as it stands today."""

    number: int
    id: str
    type: str
    silent: int
    at: str
    old: str | None
    stage: str
    closes_at: str | None
    value: float | None


class _Moment(msgspec.Struct, frozen=True):
    """An opportunity right after the events of one compilation, or (without types) when the 90 days began."""

    id: str
    at: str
    types: frozenset[str]
    state: _State


def backtest(public: sqlite3.Connection, criteria: Criteria, now: datetime, *, awards: bool = False) -> Backtest:
    """Return what the 90 days before `now` would have sent for a search; with `awards`, of awards too."""
    since = now - SPAN
    wants_awards = awards or Stage.AWARDED in criteria.stage
    start = _first_after(public, stamp(since))
    if not _has_loud_before(public, start):
        return _by_publication(public, criteria, since, now)
    rows, whole = _events(public, criteria, start, now)
    if not whole:
        cut = rows[-1].at
        since, rows = instant(cut) or since, [row for row in rows if row.at > cut]
    news, changes = _replay(public, criteria, sorted(rows, key=attrgetter("id", "number")), stamp(since), wants_awards)
    return _result(Basis.EVENTS, since, now, whole, news, changes)


def _result(
    basis: Basis, since: datetime, now: datetime, whole: bool, news: list[Told], changes: Iterable[str]
) -> Backtest:
    news.sort(key=attrgetter("at"), reverse=True)
    times = sorted({*(one.at for one in news), *changes})
    emails = {frequency: _emails(frequency, times, since, now) for frequency in Frequency}
    return Backtest(basis, since, whole, tuple(news), emails, max(1, round((now - since) / timedelta(days=1))))


def _emails(frequency: Frequency, times: list[str], since: datetime, now: datetime) -> int:
    """Return how many e-mails tell what happened at these instants, in order."""
    if frequency is Frequency.INSTANT:
        return _gathered(times)
    days = range((now - since).days + 2)
    ends = sorted({stamp(periods.latest(frequency, since + timedelta(days=day)).end) for day in days})
    return len({bisect_right(ends, time) for time in times})


def _gathered(times: list[str]) -> int:
    count, until = 0, ""
    for time in times:
        if time >= until:
            count += 1
            until = stamp((instant(time) or _LONG_AGO) + periods.GATHERING)
    return count


def _first_after(public: sqlite3.Connection, moment: str) -> int:
    """Return the number from which on events were noticed after an instant: numbers and instants grow together."""
    low, high = public.execute("select coalesce(min(number), 0), coalesce(max(number), 0) + 1 from event").fetchone()
    while low < high:
        middle = (low + high) // 2
        row = public.execute(
            "select number, noticed_at from event where number >= ? order by number limit 1", (middle,)
        ).fetchone()
        if row is None or row[1] > moment:
            high = middle
        else:
            low = int(row[0]) + 1
    return int(low)


def _has_loud_before(public: sqlite3.Connection, start: int) -> bool:
    sql = "select min(silent) from (select silent from event where number < ? order by number desc limit ?)"
    return bool(public.execute(sql, (start, _GLANCE)).fetchone()[0] == 0)


def _events(public: sqlite3.Connection, criteria: Criteria, start: int, now: datetime) -> tuple[list[_Row], bool]:
    """Return the events, the newest first, of what fits all that does not change with time; and whether those are
    all. A rare search is led by its own index, any other by the events."""
    still = criteria.having(**_MOVING)
    params: tuple[str | float | int, ...]
    few = every(public, still, now) if still.canonical(profile=True) else None
    if few is not None:
        source = (
            "json_each(?) n cross join opportunity p on p.number = n.value cross join opportunity_fact o "
            "on o.number = p.number cross join event e on e.opportunity in "
            "(select p.id union all select r.id from redirect r where r.opportunity = p.id)"
        )
        where, params = "1", (json.dumps(few),)
    else:
        source = (
            "event e cross join opportunity p on p.id = "
            "coalesce((select r.opportunity from redirect r where r.id = e.opportunity), e.opportunity) "
            "cross join opportunity_fact o on o.number = p.number"
        )
        where, params = _conditions(still, now)
    found = public.execute(
        "select e.number, p.id, e.type, e.silent, e.noticed_at, e.old, o.stage, o.closes_at, o.value "
        f"from {source} where e.number >= ? and {where} order by e.number desc limit ?",
        (*params, start, MOST_ROWS + 1) if few is not None else (start, *params, MOST_ROWS + 1),
    ).fetchall()
    return [_Row(*row) for row in found[:MOST_ROWS]], len(found) <= MOST_ROWS


def _conditions(criteria: Criteria, now: datetime) -> tuple[str, tuple[str | float | int, ...]]:
    clauses = criteria.clauses(now)
    return " and ".join(map(_asked, clauses)) or "1", tuple(param for clause in clauses for param in clause.params)


def _asked(clause: Clause) -> str:
    # The sign makes SQLite read the text index once, and not once for each row.
    return clause.row_by_row.replace("o.number in (select rowid", "+o.number in (select rowid")


def _replay(
    public: sqlite3.Connection, criteria: Criteria, rows: list[_Row], since: str, awards: bool
) -> tuple[list[Told], set[str]]:
    """Return what would have been told as new, and the instants of the changes that would have been told."""
    moments = [moment for _, group in groupby(rows, attrgetter("id")) for moment in _moments(list(group), since)]
    fitting = _fitting(public, criteria, [moment.state for moment in moments])
    news, changes = [], set()
    wanted = CHANGES if awards else CHANGES - {EventType.AWARDED}
    for _, places in groupby(range(len(moments)), lambda place: moments[place].id):
        told = False
        for place in places:
            moment, fits = moments[place], place in fitting
            if moment.at == since:
                told = fits and moment.state.stage == Stage.OPEN
            elif told and moment.types & wanted:
                changes.add(moment.at)
            elif not told and fits and moment.types and moment.state.stage in LIVE_STAGES:
                told = True
                news.append(Told(moment.id, moment.at))
    return news, changes


def _moments(rows: list[_Row], since: str) -> Iterator[_Moment]:
    """Yield how one opportunity stood, in order of time: when the 90 days began, if it existed, and after each
    compilation. `types` are the loud events; a silent one tells nobody."""
    last = rows[-1]
    state = _State(last.stage, last.closes_at, last.value)
    found = []
    for at, group in groupby(reversed(rows), attrgetter("at")):
        events = list(group)
        types = frozenset(event.type for event in events if not event.silent)
        found.append(_Moment(last.id, at, types, state.at(at)))
        for event in events:
            state = _before(event, state)
    if rows[0].type != EventType.NEW:
        found.append(_Moment(last.id, since, frozenset(), state.at(since)))
    yield from reversed(found)


def _before(event: _Row, state: _State) -> _State:
    """Return how an opportunity stood before an event. The first deadline comes with its opening."""
    stage = event.old if event.type in _OF_STAGES and event.old else state.stage
    if event.type == EventType.OPENED:
        return _State(stage, None, state.value)
    closes_at = event.old if event.type == EventType.DEADLINE else state.closes_at
    value = state.value
    if event.type == EventType.VALUE:
        value = float(event.old) if event.old else None
    return _State(stage, closes_at, value)


def _fitting(public: sqlite3.Connection, criteria: Criteria, states: list[_State]) -> frozenset[int]:
    """Return the places of the states that fit what changes with time, by the clauses of the search itself."""
    moving = Criteria(**{name: getattr(criteria, name) for name in _MOVING})
    if not moving.canonical():
        return frozenset(range(len(states)))
    # Their stages have been computed for their own instants: no deadline is to be held against the present.
    where, params = _conditions(moving, _LONG_AGO)
    rows = json.dumps([(place, one.stage, one.closes_at, one.value) for place, one in enumerate(states)])
    found = public.execute(
        "with o (place, stage, closes_at, value) as materialized (select value ->> 0, value ->> 1, value ->> 2, "
        f"value ->> 3 from json_each(?)) select place from o where {where}",
        (rows, *params),
    )
    return frozenset(map(itemgetter(0), found))


def _by_publication(public: sqlite3.Connection, criteria: Criteria, since: datetime, now: datetime) -> Backtest:
    """Count each notice on the day of its publication. One that is over today was open before its deadline."""
    where, params = _conditions(criteria.having(**_MOVING), now)
    rows = public.execute(
        "select p.id, p.published_at, o.stage, o.closes_at, o.value "
        "from opportunity p indexed by opportunity_by_publication cross join opportunity_fact o on o.number = p.number "
        f"where p.published_at > ? and p.published_at <= ? and {where} order by p.published_at desc limit ?",
        (stamp(since), stamp(now), *params, MOST_ROWS + 1),
    ).fetchall()
    whole = len(rows) <= MOST_ROWS
    if not whole:
        cut = rows[-1][1]
        since, rows = instant(cut) or since, [row for row in rows if row[1] > cut]
    states = [_published(row[2], row[3], row[4], row[1]) for row in rows]
    fitting = _fitting(public, criteria, states)
    news = [Told(rows[place][0], rows[place][1]) for place in fitting if states[place].stage in LIVE_STAGES]
    return _result(Basis.PUBLICATION, since, now, whole, news, ())


def _published(stage: str, closes_at: str | None, value: float | None, at: str) -> _State:
    was_open = stage in _ENDINGS and closes_at is not None and closes_at > at
    return _State(Stage.OPEN if was_open else stage, closes_at, value).at(at)
