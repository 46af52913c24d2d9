"""How soon an advert was told of: from its publication at the source to the first e-mail with it."""

import sqlite3
from datetime import datetime

from tenderbell.clock import instant, stamp
from tenderbell.delays import hours_between
from tenderbell.seeing.promptness import LOOKED_BACK, Promptness, middle

MOST_MESSAGES = 2_000
"""E-mails that are looked back at, the newest first."""


def to_mail(db: sqlite3.Connection, public: sqlite3.Connection, now: datetime) -> Promptness | None:
    """Return the median over the adverts of the last 30 days that were told as new; None when none was."""
    rows = db.execute(
        "select m.opportunity, min(o.done_at) from (select id, done_at from outbox indexed by outbox_by_end "
        "where done_at > ? and state = 'sent' order by done_at desc limit ?) o "
        "join match m on m.outbox = o.id where m.type = 'new' group by m.opportunity",
        (stamp(now - LOOKED_BACK), MOST_MESSAGES),
    ).fetchall()
    return middle(_hours(public, opportunity, done) for opportunity, done in rows)


def _hours(public: sqlite3.Connection, opportunity: str, done: str) -> float | None:
    row = public.execute("select published_at from opportunity where id = ?", (opportunity,)).fetchone()
    return hours_between(instant(row[0]), instant(done)) if row else None
