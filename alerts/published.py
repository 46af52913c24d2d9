"""What alerts read of `public.db`: read-only, and quietly nothing while it does not exist yet."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from tenderbell.criteria import Criteria
from tenderbell.public import read_public
from tenderbell.search import search
from tenderbell.settings import Settings
from tenderbell.vocabulary import Stage


@contextmanager
def reading(settings: Settings) -> Iterator[sqlite3.Connection | None]:
    """Open one consistent view of `public.db` for the block; None when the compiler has not made the file yet."""
    if not settings.public_path.exists():
        yield None
        return
    with closing(read_public(settings.public_path)) as db:
        if not db.execute("select 1 from sqlite_master where name = 'event'").fetchone():
            yield None
            return
        db.execute("begin")
        yield db


def newest_event(public: sqlite3.Connection) -> int:
    """Return the number of the newest event, 0 when there is none."""
    return int(public.execute("select coalesce(max(number), 0) from event").fetchone()[0])


def open_now(public: sqlite3.Connection, criteria: Criteria, now: datetime) -> list[str]:
    """Return the ids of what matches and is open at this moment, the newest first."""
    hits = search(public, criteria.having(sort="newest"), now, limit=None)
    wanted = set(hits.numbers)
    still = search(public, Criteria(stage=(Stage.OPEN,), sort="newest"), now, limit=None).numbers if wanted else ()
    ids = dict(public.execute("select number, id from opportunity"))
    return [ids[number] for number in still if number in wanted]
