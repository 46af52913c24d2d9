"""Release packages of everything that the site holds, newest first, a page of a hundred after the other."""

import sqlite3
from datetime import datetime

import msgspec

from tenderbell.ocds import package, release_of
from tenderbell.opportunity import find, load

PACKAGE_SIZE = 100


def package_before(
    db: sqlite3.Connection, before: int | None, publisher: str, site: str, now: datetime
) -> bytes | None:
    """Return the package of the hundred opportunities numbered below `before` (None: the newest), with the address of
    the one that follows; None when there is nothing. A package has at least one release, says the standard."""
    rows = db.execute(
        "select number from opportunity where number < ? order by number desc limit ?",
        (before if before is not None else 2**63 - 1, PACKAGE_SIZE + 1),
    ).fetchall()
    numbers = [row[0] for row in rows[:PACKAGE_SIZE]]
    if not numbers:
        return None
    releases = [release_of(opportunity, site, now) for opportunity in load(db, numbers)]
    links = {"next": f"{site}/ocds.json?before={numbers[-1]}"} if len(rows) > PACKAGE_SIZE else {}
    uri = f"{site}/ocds.json" + (f"?before={before}" if before is not None else "")
    return msgspec.json.encode(package(releases, uri, publisher, site, now, links))


def package_of(db: sqlite3.Connection, id: str, publisher: str, site: str, now: datetime) -> bytes | None:
    """Return the package of one opportunity, None when there is none of this id."""
    opportunity = find(db, id)
    if opportunity is None:
        return None
    uri = f"{site}/ocds/{opportunity.id}.json"
    return msgspec.json.encode(package([release_of(opportunity, site, now)], uri, publisher, site, now))
