"""The pages that show everybody the same, by address (ruling 31): home, results in all their forms, opportunities,
status, and the site's own texts.

They are answered at the front door: going through Datasette's router would take as long again as making the page.
"""

import re
import sqlite3
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote

from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.known import known_values
from tenderbell.opportunity import redirected
from tenderbell.pages.cache import Header, StoredPage
from tenderbell.pages.detail import detail
from tenderbell.pages.feeds import Search, as_atom, as_calendar, as_csv, as_json
from tenderbell.pages.home import home
from tenderbell.pages.results import address, pages_of, results
from tenderbell.pages.sources import status
from tenderbell.pages.visits import has_blanks
from tenderbell.pages.website import Page, Website

View = Callable[[Website, sqlite3.Connection, str, str], Page | StoredPage]
"""Takes the part of the address that its pattern caught, and the query string."""


def answer(site: Website, path: str, query: str) -> StoredPage:
    """Return the whole response for one of these addresses; a page that says so for any other."""
    for pattern, view in VIEWS:
        if found := pattern.fullmatch(path):
            caught = found[1] if pattern.groups else ""
            return rendered(site, view(site, site.readers.connection(), caught, query))
    return rendered(site, site.error(404))


def is_quick(path: str) -> bool:
    """Return whether a page takes a fraction of a millisecond: one opportunity, or a text. Handing that to another
    thread would cost more than making it; searches and counts may take longer and must not hold up the others."""
    return path.startswith("/opportunities/") or path in ("/about", "/privacy", "/accessibility")


def rendered(site: Website, page: Page | StoredPage) -> StoredPage:
    """Return a page as a whole response."""
    if isinstance(page, StoredPage):
        return page
    extra: list[Header] = [(name.encode(), value.encode()) for name, value in page.headers.items()]
    return StoredPage(page.status, [_type("text/html"), *extra], site.render(page).encode())


def _type(media: str) -> Header:
    return b"content-type", f"{media}; charset=utf-8".encode()


def _redirect(status: int, location: str) -> StoredPage:
    return StoredPage(status, [(b"location", location.encode("ascii"))], b"")


def show_home(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """The front page. While there is nothing to show yet, the browser asks for it again every ten seconds."""
    found = home(db, site.settings.area, site.settings.edition, site.now())
    return Page("home.html", {"home": found}, headers={"refresh": "10"} if found.is_empty else {})


def show_results(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """A search. Empty fields, as browsers send them, are dropped from the address."""
    criteria = Criteria.parse(query)
    if has_blanks(query):
        return _redirect(302, address(criteria))
    known = known_values(db, criteria, site.settings.area, site.settings.edition)
    found = results(db, criteria, site.settings.area, site.now(), known)
    return Page("results.html", {"found": found}, 404 if found.past_end else 200)


def show_other_form(site: Website, db: sqlite3.Connection, caught: str, query: str) -> StoredPage:
    """The same search for other programs."""
    settings, criteria = site.settings, Criteria.parse(query)
    asked = Search(criteria, site.url, settings.edition, settings.area, site.now())
    title = f"{site.edition_title}: {describe(criteria, settings.area)}"
    is_past_end = criteria.page > max(1, pages_of(db, criteria, asked.now))
    if caught == "json":
        whole = ("full", "1") in parse_qsl(query)
        body = as_json(db, asked, whole=whole)
        return StoredPage(404 if is_past_end else 200, [_type("application/json")], body)
    if is_past_end:
        return rendered(site, site.error(404, message=f"This list has no page {criteria.page:,}."))
    match caught:
        case "csv":
            named = (b"content-disposition", b'attachment; filename="opportunities.csv"')
            return StoredPage(200, [_type("text/csv"), named], as_csv(db, asked))
        case "atom":
            return StoredPage(200, [_type("application/atom+xml")], as_atom(db, asked, title))
        case _:
            return StoredPage(200, [_type("text/calendar")], as_calendar(db, asked, title))


def show_opportunity(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """One opportunity; 301 from the addresses of those that were merged into it."""
    id = unquote(caught)
    found = detail(db, id, site.settings.area, site.settings.edition, site.now())
    if found:
        return Page("opportunity.html", {"detail": found})
    if moved := redirected(db, id):
        return _redirect(301, f"/opportunities/{moved}")
    return site.error(404, message="No opportunity has this address. It may be misspelt; try a word of its title.")


def show_status(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """How well the sources are."""
    return Page("status.html", {"status": status(db, site.settings.edition, site.now())})


def show_text(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """About, privacy, accessibility: texts of the site's own."""
    return Page(f"{caught}.html", {"source_list": site.settings.edition.sources})


VIEWS: tuple[tuple[re.Pattern[str], View], ...] = (
    (re.compile(r"/opportunities/([^/]+)"), show_opportunity),
    (re.compile(r"/opportunities"), show_results),
    (re.compile(r"/"), show_home),
    (re.compile(r"/opportunities\.(json|csv|atom|ics)"), show_other_form),
    (re.compile(r"/status"), show_status),
    (re.compile(r"/(about|privacy|accessibility)"), show_text),
)
