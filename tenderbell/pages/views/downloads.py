"""What other programs fetch whole: OCDS packages, the site map, and what robots may read."""

import re
import sqlite3
from urllib.parse import parse_qs, unquote

from tenderbell.opportunity import redirected
from tenderbell.pages import sitemap
from tenderbell.pages.cache import StoredPage
from tenderbell.pages.packages import package_before, package_of
from tenderbell.pages.views.route import Route, kind_of, redirect
from tenderbell.pages.website import Page, Website

ROBOTS = """\
# Everything that is for everybody may be read. Forms and personal links are nothing to find.
User-agent: *
Disallow: /alerts/
Disallow: /confirm/
Disallow: /manage
Disallow: /unsubscribe/
Disallow: /follow/
Disallow: /mistake/
Disallow: /receipts/
Disallow: /adverts/
Disallow: /decide/
Disallow: /outbox
Disallow: /public/
Crawl-delay: 2
Sitemap: {site}/sitemap.xml
"""


def show_packages(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """Everything as OCDS release packages, a hundred at a time."""
    before = _before(query)
    body = package_before(db, before, site.edition_title, site.url, site.now())
    return _json(body) if body else site.error(404, message="There is nothing older than that.")


def show_package(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """One opportunity as an OCDS release package."""
    id = unquote(caught)
    if body := package_of(db, id, site.edition_title, site.url, site.now()):
        return _json(body)
    if moved := redirected(db, id):
        return redirect(301, f"/ocds/{moved}.json")
    return site.error(404, message="No opportunity has this address.")


def by_number(query: str) -> str:
    """Packages differ by the number before which they begin, and by nothing else."""
    before = _before(query)
    return "" if before is None else str(before)


def _before(query: str) -> int | None:
    given = parse_qs(query).get("before", [""])[0]
    return int(given) if re.fullmatch(r"[0-9]{1,18}", given, re.ASCII) else None


def show_sitemap(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """The site map, its index without a part."""
    match caught:
        case "":
            document: str | None = sitemap.index_of(db, site.url)
        case "pages":
            document = sitemap.pages_of(db, site.url)
        case _:
            document = sitemap.month_of(db, caught, site.url)
    if document is None:
        return site.error(404, message="Nothing was published in that month.")
    return StoredPage(200, [kind_of("application/xml")], document.encode())


def show_robots(site: Website, db: sqlite3.Connection, caught: str, query: str) -> StoredPage:  # noqa: ARG001
    """What robots may read (RFC 9309)."""
    return StoredPage(200, [kind_of("text/plain")], ROBOTS.format(site=site.url).encode())


def _json(body: bytes) -> StoredPage:
    return StoredPage(200, [kind_of("application/json")], body)


ROUTES: tuple[Route, ...] = (
    Route(re.compile(r"/ocds\.json"), show_packages, by_number),
    Route(re.compile(r"/ocds/([^/]+)\.json"), show_package),
    Route(re.compile(r"/sitemap(?:-(pages|[0-9]{4}-[0-9]{2}))?\.xml"), show_sitemap),
    Route(re.compile(r"/robots\.txt"), show_robots, quick=True),
)
