"""Pace: no more than the edition allows per second in all, per minute to one mail domain, and per day.

Nothing is remembered outside `private.db`, so that two senders, and one that was started again, keep one pace between
them: what was sent is counted from the outbox itself, and the next free moment stands in `step`. All of it is asked
and written inside the transaction that marks a message as *sending*. A day is a calendar day in the UK.
"""

import sqlite3
from collections import Counter
from datetime import datetime, timedelta

from tenderbell.clock import instant, stamp, uk, uk_day_start
from tenderbell.edition import Mail

LEASE = timedelta(minutes=15)
"""How long a message may be on its way: longer than `mailer.DEADLINE`, after which its delivery is given up. One that
is *unknown* keeps the end of its lease, which says when it was on its way."""

MINUTE = timedelta(seconds=61)
"""Stamps are cut to the second: this much later a minute has certainly passed."""

SECOND = timedelta(seconds=1)
_END_OF_TIME = "9999"


class Pace:
    """The limits of an edition, and what counts towards them."""

    def __init__(self, mail: Mail) -> None:
        self._gap = round(1_000_000 / mail.per_second) if mail.per_second else 0
        self._day = _Day(mail.per_day) if mail.per_day is not None else None
        self._minute = _Minute(mail.domain_per_minute) if mail.domain_per_minute is not None else None

    def day_is_over(self, db: sqlite3.Connection, now: datetime) -> datetime | None:
        """Return when the next day begins if this one's messages are all sent; None while another may go."""
        return uk_day_start(uk(now).date() + timedelta(days=1)) if self._day and self._day.is_full(db, now) else None

    def domain_is_full(self, db: sqlite3.Connection, domain: str, now: datetime) -> datetime | None:
        """Return when a mail domain may be written to again; None when it may now."""
        return self._minute.free_at(db, domain, now) if self._minute else None

    def seconds_to_wait(self, db: sqlite3.Connection, monotonic: float) -> float:
        """Return how many seconds the next message must wait. `monotonic` is the clock that all processes of one
        machine share and nobody sets."""
        if not self._gap:
            return 0
        row = db.execute("select cursor from step where name = 'pace'").fetchone()
        return time_to_wait(row[0] if row else 0, _micro(monotonic), self._gap) / 1_000_000

    def note(self, db: sqlite3.Connection, monotonic: float) -> None:
        """Note that a message goes now, in the transaction that found that it need not wait."""
        if self._gap:
            db.execute(
                "insert into step (name, cursor) values ('pace', ?) "
                "on conflict (name) do update set cursor = excluded.cursor",
                (_micro(monotonic) + self._gap,),
            )


def _micro(seconds: float) -> int:
    return int(seconds * 1_000_000)


def time_to_wait(free: int, now: int, gap: int) -> int:
    """Return how long it is until the moment `free`. One further away than `gap` was noted before the machine was
    started again, when its clock stood elsewhere, and counts for nothing."""
    return 0 if free > now + gap else max(0, free - now)


class _Day:
    """What was sent this day. Seconds that are over are counted once, the present one each time it is asked."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._start = ""
        self._until = ""
        self._done = 0

    def is_full(self, db: sqlite3.Connection, now: datetime) -> bool:
        start = uk_day_start(uk(now).date())
        if self._start != stamp(start) or stamp(now) < self._until:
            self._start = self._until = stamp(start)
            self._done = 0
        self._done += _count_done(db, self._until, stamp(now))
        self._until = stamp(now)
        present = _count_done(db, stamp(now), _END_OF_TIME)
        return self._done + present + _count_under_way(db, start) >= self._most


def _count_done(db: sqlite3.Connection, since: str, before: str) -> int:
    """Return how many attempts the messages made that ended in a time: what was sent once more counts twice."""
    row = db.execute(
        "select coalesce(sum(1 + resends), 0) from outbox "
        "where done_at >= ? and done_at < ? and state in ('sent', 'failed')",
        (since, before),
    ).fetchone()
    return int(row[0])


def _count_under_way(db: sqlite3.Connection, since: datetime) -> int:
    row = db.execute(
        "select coalesce(sum(1 + resends), 0) from outbox where state in ('sending', 'unknown') and lease_until >= ?",
        (stamp(since + LEASE),),
    ).fetchone()
    return int(row[0])


DOMAIN = "substr(address, instr(address, '@') + 1)"
"""The mail domain of a row of the outbox."""


class _Minute:
    """What was sent to each mail domain in the last minute, by the second."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seconds: dict[str, Counter[str]] = {}
        self._until = ""

    def free_at(self, db: sqlite3.Connection, domain: str, now: datetime) -> datetime | None:
        self._count_until(db, now)
        past = [(second, found[domain]) for second, found in sorted(self._seconds.items())]
        excess = sum(count for _, count in past) + _present(db, now)[domain] - self._most + 1
        return None if excess <= 0 else _when_gone(past, excess, now)

    def _count_until(self, db: sqlite3.Connection, now: datetime) -> None:
        """Count the seconds that ended since this was asked last, and forget those of more than a minute ago."""
        oldest, present = stamp(now - MINUTE + SECOND), stamp(now)
        if present < self._until:
            self._seconds, self._until = {}, ""
        rows = db.execute(
            f"select done_at, {DOMAIN}, count(*) from outbox where done_at >= ? and done_at < ? "
            "and state in ('sent', 'failed') group by 1, 2",
            (max(oldest, self._until), present),
        )
        for second, domain, count in rows:
            self._seconds.setdefault(second, Counter())[domain] = count
        self._seconds = {second: found for second, found in self._seconds.items() if second >= oldest}
        self._until = present


def _present(db: sqlite3.Connection, now: datetime) -> Counter[str]:
    """Return what ended in this very second or is on its way, by domain."""
    rows = db.execute(
        f"select {DOMAIN}, count(*) from outbox where done_at >= ? and state in ('sent', 'failed') group by 1 "
        f"union all select {DOMAIN}, count(*) from outbox where state = 'sending' "
        "or (state = 'unknown' and lease_until > ?) group by 1",
        (stamp(now), stamp(now - MINUTE + LEASE)),
    )
    found: Counter[str] = Counter()
    for domain, count in rows:
        found[domain] += count
    return found


def _when_gone(past: list[tuple[str, int]], excess: int, now: datetime) -> datetime:
    """Return when so many messages will be more than a minute old."""
    for second, count in past:
        excess -= count
        moment = instant(second)
        if excess <= 0 and moment:
            return moment + MINUTE
    return now + MINUTE
