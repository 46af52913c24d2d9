"""Where and when each published notice was seen: written with its opportunity, and brought up to date afterwards."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from tenderbell import archive
from tenderbell.clock import stamp
from tenderbell.compiling.assembling import masked
from tenderbell.database import transaction
from tenderbell.notice import Notice
from tenderbell.opportunity import Opportunity


def write_notices(
    public: sqlite3.Connection, source: sqlite3.Connection, opportunity: Opportunity, notices: Sequence[Notice]
) -> None:
    """Write the notices of an opportunity and when each was seen, inside the caller's transaction; `source` is the
    archive."""
    public.executemany(
        "insert into notice (source, key, opportunity, form, form_name, title, link, published_at, effect) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (source, key) do update set "
        "opportunity = excluded.opportunity, form = excluded.form, form_name = excluded.form_name, "
        "title = excluded.title, link = excluded.link, published_at = excluded.published_at, "
        "effect = excluded.effect",
        [
            (n.source, n.key, opportunity.id, n.form, n.form_name, n.title, n.link,
             stamp(n.published_at) if n.published_at else None, n.effect)
            for n in map(masked, notices)
        ],
    )  # fmt: skip
    seen = archive.sightings_of(source, [(notice.source, notice.key) for notice in notices])
    public.executemany(
        "insert into sighting (source, key, first_seen, last_seen) values (?, ?, ?, ?) on conflict do nothing",
        [(*name, *times) for name, times in seen.items()],
    )


def follow_sightings(public: sqlite3.Connection, source: sqlite3.Connection, now: datetime) -> None:
    """Carry over when each published notice was last seen; no event, no new version (ruling 9)."""
    row = public.execute("select finished_at from step where name = 'sightings'").fetchone()
    since = row[0] if row else ""
    rows = source.execute("select last_seen, source, key from sighting where last_seen >= ?", (since,)).fetchall()
    if not rows:
        return
    with transaction(public):
        public.executemany(
            "update sighting set last_seen = ?1 where source = ?2 and key = ?3 and last_seen <> ?1",
            [tuple(row) for row in rows],
        )
        # Not past the present: one run with a clock that is ahead must not hide what is seen after it.
        latest = min(max(row[0] for row in rows), stamp(now))
        public.execute(
            "insert into step (name, finished_at) values ('sightings', ?) "
            "on conflict (name) do update set finished_at = excluded.finished_at",
            (latest,),
        )
