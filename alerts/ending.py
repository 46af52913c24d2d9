"""The end of a search, and what becomes of what waited for it."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from alerts import leftovers, outbox
from tenderbell.clock import stamp


def end(db: sqlite3.Connection, ids: Iterable[int], subscriber: int, by: str, now: datetime) -> int:
    """End profiles of one subscriber inside the caller's transaction, and say how many are theirs.

    What still waited for them is handed on or dropped, and a digest that no living profile wants is withdrawn.
    """
    ended = [
        id
        for id in ids
        if db.execute(
            "update profile set ended_at = coalesce(ended_at, ?), ended_by = coalesce(ended_by, ?) "
            "where id = ? and subscriber = ?",
            (stamp(now), by, id, subscriber),
        ).rowcount
    ]
    for id in ended:
        leftovers.hand_on(db, subscriber, id)
    outbox.withdraw_unwanted(db, subscriber, now)
    return len(ended)
