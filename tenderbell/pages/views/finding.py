"""Finding: the front page, and a search in all its forms."""

import re
import sqlite3
from urllib.parse import parse_qsl

from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.known import known_values
from tenderbell.pages.cache import StoredPage
from tenderbell.pages.feeds import Search, as_atom, as_calendar, as_csv, as_json
from tenderbell.pages.home import home
from tenderbell.pages.results import address, pages_of, results
from tenderbell.pages.views.route import Route, kind_of, redirect
from tenderbell.pages.visits import has_blanks
from tenderbell.pages.website import Page, Website


def show_home(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """The front page. While there is nothing to show yet, the browser asks for it again every ten seconds."""
    found = home(db, site.settings.area, site.settings.edition, site.now())
    return Page("home.html", {"home": found}, headers={"refresh": "10"} if found.is_empty else {})


def show_results(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """A search. Empty fields, as browsers send them, are dropped from the address."""
    criteria = Criteria.parse(query)
    if has_blanks(query):
        return redirect(302, address(criteria))
    area, edition = site.settings.area, site.settings.edition
    found = results(db, criteria, area, edition, site.now(), known_values(db, criteria, area, edition))
    return Page("results.html", {"found": found}, 404 if found.past_end else 200)


def show_other_form(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:
    """The same search for other programs."""
    settings, criteria = site.settings, Criteria.parse(query)
    asked = Search(criteria, site.url, settings.edition, settings.area, site.now())
    title = f"{site.edition_title}: {describe(criteria, settings.area)}"
    is_past_end = criteria.page > max(1, pages_of(db, criteria, asked.now))
    if caught == "json":
        whole = ("full", "1") in parse_qsl(query)
        body = as_json(db, asked, whole=whole)
        return StoredPage(404 if is_past_end else 200, [kind_of("application/json")], body)
    if is_past_end:
        return site.error(404, message=f"This list has no page {criteria.page:,}.")
    match caught:
        case "csv":
            named = (b"content-disposition", b'attachment; filename="opportunities.csv"')
            return StoredPage(200, [kind_of("text/csv"), named], as_csv(db, asked))
        case "atom":
            return StoredPage(200, [kind_of("application/atom+xml")], as_atom(db, asked, title))
        case _:
            return StoredPage(200, [kind_of("text/calendar")], as_calendar(db, asked, title))


def by_criteria(query: str) -> str:
    """A search is the same however its query string is written."""
    marks = "&full" if ("full", "1") in parse_qsl(query) else ""
    return Criteria.parse(query).canonical() + marks + ("&blank" if has_blanks(query) else "")


ROUTES = (
    Route(re.compile(r"/opportunities"), show_results, by_criteria),
    Route(re.compile(r"/"), show_home),
    Route(re.compile(r"/opportunities\.(json|csv|atom|ics)"), show_other_form, by_criteria),
)
