"""The figures of sending: how many e-mails went, wait, failed or came back. Numbers only, no address."""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from tenderbell.clock import stamp

DAY, WEEK = timedelta(days=1), timedelta(days=7)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What the outbox and what came back come to at one instant.

    `due` may be sent now, `deferred` were tried and wait for another try, `waiting` is all that is not over, `oldest`
    when the first of it was written (a stored stamp). `left_week` were sent, refused or are unknown in seven days,
    `unknown_week` of them were unknown at least once, and `bounced_week` came back or were refused. `suppressed` is how
    many addresses must not be written to."""

    due: int
    deferred: int
    waiting: int
    oldest: str | None
    sent_day: int
    sent_week: int
    failed_week: int
    left_week: int
    unknown_week: int
    bounced_week: int
    suppressed: int

    @property
    def bounce_rate(self) -> float:
        """The share of a week's e-mails that came back, from 0 to 1; 0 when none went."""
        return self.bounced_week / self.left_week if self.left_week else 0.0


def figures(db: sqlite3.Connection, now: datetime) -> Figures:
    """Return the figures at `now`. Every count follows an index, so a long past costs nothing."""
    values = {"now": stamp(now), "day": stamp(now - DAY), "week": stamp(now - WEEK)}
    counts = {name: db.execute(query, values).fetchone()[0] for name, query in _QUERIES.items()}
    unknown = db.execute("select count(*) from outbox where state = 'unknown' and created_at > :week", values)
    still_unknown = int(unknown.fetchone()[0])
    resent = counts.pop("resent")
    return Figures(
        **counts,
        left_week=counts["sent_week"] + counts["failed_week"] + still_unknown,
        unknown_week=resent + still_unknown,
    )


_ENDED = "from outbox indexed by outbox_by_end where done_at > "
_QUERIES = {
    "due": "select count(*) from outbox where state in ('pending', 'unknown') and not_before <= :now",
    "deferred": "select count(*) from outbox where state = 'pending' and attempts > 0",
    "waiting": "select count(*) from outbox where state in ('pending', 'sending')",
    "oldest": "select min(created_at) from outbox where state in ('pending', 'sending')",
    "sent_day": f"select count(*) {_ENDED} :day and state = 'sent'",
    "sent_week": f"select count(*) {_ENDED} :week and state = 'sent'",
    "failed_week": f"select count(*) {_ENDED} :week and state = 'failed'",
    "resent": f"select count(*) {_ENDED} :week and state = 'sent' and resends > 0",
    "bounced_week": "select count(*) from (select outbox as id from bounce where at > :week and outbox is not null "
    f"and kind in ('hard', 'soft', 'full') union select id {_ENDED} :week and state = 'failed')",
    "suppressed": "select count(*) from suppression",
}
