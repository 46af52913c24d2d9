"""Pages that are watched: which of them have changed since the operator last looked, and how.

The archive keeps every text that a page had. A page seen for the first time has not changed; a later text waits until
the operator has looked at it. Decisions are lines in `archive.db`, like those of `tenderbell.decisions`.
"""

import difflib
import sqlite3
from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlite_utils import Database, Migrations

from tenderbell.archive import decompress
from tenderbell.clock import stamp
from tenderbell.database import migrate, run_statements, transaction
from tenderbell.decisions import Verdict
from tenderbell.edition import Edition
from tenderbell.errors import TenderbellError

SPIDER = "watched_page"
LINES_OF_DIFFERENCE = 40
CONTEXT = 1

migrations = Migrations("watched")


@migrations()
def m001_watched_decision(db: Database) -> None:
    """Create the table of decisions about changed pages; `version` is the number of the notice that was looked at."""
    run_statements(
        db,
        """
        create table watched_decision (
            number integer primary key autoincrement,
            source text not null,
            key text not null,
            version integer not null,
            verdict text not null check (verdict in ('accept', 'reject')),
            at text not null
        );
        create index watched_decision_by_page on watched_decision (source, key, number);
        """,
    )


class NoChange(TenderbellError):
    """A decision was given about a page that has not changed."""


class ChangedPage(msgspec.Struct, frozen=True):
    """A page that has changed: `id` names it on the command line (its source), `version` is the number of its newest
    text in the archive, first seen `at` (a stored stamp). `before` is the text that the operator last looked at, or the
    first one; `difference` is how it became `after`, as a unified diff without its head."""

    id: str
    key: str
    link: str | None
    version: int
    at: str
    before: str
    after: str
    difference: str


def watched_sources(edition: Edition) -> list[str]:
    """Return the ids of the edition's sources that are watched pages."""
    return [source.id for source in edition.sources if source.spider_name == SPIDER]


def waiting(archive: sqlite3.Connection, sources: Iterable[str]) -> list[ChangedPage]:
    """Return the pages of these sources that have changed since the operator last decided, newest change first."""
    prepare(archive)
    pages = [page for source in sources for key in _keys(archive, source) if (page := _changed(archive, source, key))]
    return sorted(pages, key=lambda page: page.version, reverse=True)


def decide(archive: sqlite3.Connection, page: ChangedPage, verdict: Verdict, now: datetime) -> None:
    """Record that the operator has looked at a change. ACCEPT: something was done about it; REJECT: there was nothing
    to do. Either way it waits no longer, and the page is compared with this text from now on."""
    prepare(archive)
    with transaction(archive):
        archive.execute(
            "insert into watched_decision (source, key, version, verdict, at) values (?, ?, ?, ?, ?)",
            (page.id, page.key, page.version, verdict, stamp(now)),
        )


def decide_by_id(
    archive: sqlite3.Connection, sources: Iterable[str], id: str, verdict: Verdict, now: datetime
) -> ChangedPage:
    """Record a verdict about what has changed on the page `id` and return it. Raises NoChange when nothing has."""
    found = next((page for page in waiting(archive, sources) if page.id == id), None)
    if found is None:
        raise NoChange(f"{id}: this page has not changed. `tenderbell review list` shows what waits.")
    decide(archive, found, verdict, now)
    return found


def prepare(archive: sqlite3.Connection) -> None:
    """Make sure that an open `archive.db` has the table of these decisions."""
    migrate(archive, migrations)


def _keys(archive: sqlite3.Connection, source: str) -> list[str]:
    rows = archive.execute("select distinct key from notice where source = ? order by key", (source,))
    return [row[0] for row in rows]


def _changed(archive: sqlite3.Connection, source: str, key: str) -> ChangedPage | None:
    """Return the change of one page, None when its newest text is the one that the operator knows."""
    versions = archive.execute(
        "select number, url, fetched_at from notice where source = ? and key = ? order by number", (source, key)
    ).fetchall()
    newest, known = versions[-1], _known(archive, source, key) or versions[0]["number"]
    if newest["number"] == known:
        return None
    before, after = _text(archive, known), _text(archive, newest["number"])
    return ChangedPage(
        source, key, newest["url"], newest["number"], newest["fetched_at"], before, after, difference(before, after)
    )


def _known(archive: sqlite3.Connection, source: str, key: str) -> int | None:
    row = archive.execute(
        "select version from watched_decision where source = ? and key = ? order by number desc limit 1", (source, key)
    ).fetchone()
    return int(row[0]) if row else None


def _text(archive: sqlite3.Connection, number: int) -> str:
    row = archive.execute("select body from notice where number = ?", (number,)).fetchone()
    return decompress(row[0]).decode("utf-8", "replace") if row else ""


def difference(before: str, after: str) -> str:
    """Return how one text became another: lines with `-` went, lines with `+` came, others stand beside them. The rest
    of a long difference is counted."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=CONTEXT, lineterm="")
    changed = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    shown = changed[:LINES_OF_DIFFERENCE]
    if len(changed) > len(shown):
        shown.append(f"... and {len(changed) - len(shown)} more lines")
    return "\n".join(shown)
