"""What a publisher gave us to ask "has it changed?": ETag and Last-Modified, remembered for each address."""

import sqlite3

from scrapy.http import Response

from tenderbell.database import transaction


def conditions(db: sqlite3.Connection, source: str, url: str) -> dict[str, str]:
    """Return the request headers that ask for `url` only if it has changed."""
    row = db.execute("select etag, last_modified from validator where source = ? and url = ?", (source, url)).fetchone()
    if row is None:
        return {}
    headers = {"If-None-Match": row["etag"], "If-Modified-Since": row["last_modified"]}
    return {name: value for name, value in headers.items() if value}


def remember(db: sqlite3.Connection, source: str, url: str, response: Response) -> None:
    """Keep the validators of a response whose notices are in the archive."""
    etag, modified = _header(response, "ETag"), _header(response, "Last-Modified")
    with transaction(db):
        db.execute(
            "insert into validator (source, url, etag, last_modified) values (?, ?, ?, ?) on conflict do update "
            "set etag = excluded.etag, last_modified = excluded.last_modified",
            (source, url, etag, modified),
        )


def _header(response: Response, name: str) -> str | None:
    value = (response.headers.get(name) or b"").decode("latin-1").strip()
    return value if value and len(value) < 500 and value.isprintable() else None
