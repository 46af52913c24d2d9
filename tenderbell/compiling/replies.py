"""Approved replies of commissioners, copied from `archive.db` to `public.db`."""

import sqlite3
from datetime import datetime

from tenderbell import replies
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tenderbell.text import mask_personal

STEP = "replies"


def follow_replies(public: sqlite3.Connection, archive: sqlite3.Connection, now: datetime) -> int:
    """Copy what was approved or withdrawn since the last time, and return how many lines that were. The cursor moves in
    the same transaction."""
    replies.prepare(archive)
    with transaction(public):
        row = public.execute("select cursor from step where name = ?", (STEP,)).fetchone()
        lines = replies.lines_after(archive, int(row[0]) if row else 0)
        for line in lines:
            _copy(public, line)
        if lines:
            public.execute(
                "insert into step (name, cursor, finished_at) values (?, ?, ?) "
                "on conflict (name) do update set cursor = excluded.cursor, finished_at = excluded.finished_at",
                (STEP, lines[-1].number, stamp(now)),
            )
    return len(lines)


def _copy(public: sqlite3.Connection, line: replies.Line) -> None:
    if line.words is None:
        public.execute("delete from reply where id = ?", (line.id,))
        return
    public.execute(
        "insert or replace into reply (id, buyer, words, published_at) values (?, ?, ?, ?)",
        (line.id, line.buyer, mask_personal(line.words), line.at),
    )
