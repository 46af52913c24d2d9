"""The site map (https://www.sitemaps.org/protocol.html): the site's own pages, the buyers, and the opportunities of
each month of publication. `opportunity.number` is that instant in milliseconds, so a month is a range of row ids."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

OWN = (
    "/", "/opportunities", "/calendar", "/early", "/ending", "/buyers", "/report", "/check", "/commissioners",
    "/missing", "/preflight", "/receipts", "/adverts/new", "/alerts/new", "/alerts/start", "/manage", "/status",
    "/glossary", "/data", "/about", "/privacy", "/accessibility",
)  # fmt: skip
"""The pages that there is one of."""

MOST = 50_000
"""So many addresses one file may hold."""


def index_of(db: sqlite3.Connection, site: str) -> str:
    """Return the index: a file of the site's own pages and one for each month in which something was published."""
    files = ["/sitemap-pages.xml", *(f"/sitemap-{month}.xml" for month in months(db))]
    return _document("sitemapindex", "sitemap", (f"{site}{file}" for file in files))


def pages_of(db: sqlite3.Connection, site: str) -> str:
    """Return the site's own pages and those of local buyers."""
    buyers = db.execute("select id from buyer where local order by id limit ?", (MOST - len(OWN),))
    return _document(
        "urlset", "url", (f"{site}{path}" for path in (*OWN, *(f"/buyers/{quote(row[0], safe='')}" for row in buyers)))
    )


def month_of(db: sqlite3.Connection, month: str, site: str) -> str | None:
    """Return the opportunities published in a month ("2026-11", UTC), newest first; None for what is no month, or an
    empty one."""
    limits = _limits(month)
    rows = (
        limits
        and db.execute(
            "select id from opportunity where number >= ? and number < ? order by number desc limit ?", (*limits, MOST)
        ).fetchall()
    )
    if not rows:
        return None
    return _document("urlset", "url", (f"{site}/opportunities/{quote(row[0], safe='')}" for row in rows))


def months(db: sqlite3.Connection) -> list[str]:
    """Return the months in which something was published, newest first. It looks up one row for each."""
    found: list[str] = []
    before = 2**62
    while row := db.execute("select max(number) from opportunity where number < ?", (before,)).fetchone():
        if row[0] is None:
            break
        month = f"{datetime.fromtimestamp(row[0] / 1000, UTC):%Y-%m}"
        found.append(month)
        before, _ = _limits(month) or (0, 0)
    return found


def _limits(month: str) -> tuple[int, int] | None:
    try:
        first = datetime.strptime(f"{month}-01", "%Y-%m-%d").replace(tzinfo=UTC)
        after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    except ValueError:
        return None
    return int(first.timestamp()) * 1000, int(after.timestamp()) * 1000


def _document(outer: str, inner: str, addresses: Iterable[str]) -> str:
    lines = "".join(f"<{inner}><loc>{escape(address)}</loc></{inner}>\n" for address in addresses)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</{outer}>\n'
    )
