"""When: the calendar of deadlines, early notices, and what is ending soon; and the words explained."""

import re
import sqlite3
from itertools import groupby

from tenderbell.code import undertakings
from tenderbell.criteria import Criteria
from tenderbell.glossary import load_terms
from tenderbell.pages import calendar as deadlines
from tenderbell.pages import early as early_notices
from tenderbell.pages.cache import StoredPage
from tenderbell.pages.ending import MONTHS, choices, ending
from tenderbell.pages.feeds import Search, as_calendar
from tenderbell.pages.views.route import Route, kind_of
from tenderbell.pages.website import Page, Website
from tenderbell.vocabulary import Stage

WITHIN = re.compile(r"(?:^|&)months=(6|12|24)(?:&|$)")


def show_calendar(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """Deadlines by week."""
    found = deadlines.calendar(db, Criteria.parse(query), site.settings.area, site.now())
    return Page("calendar.html", {"calendar": found})


def show_calendar_feed(site: Website, db: sqlite3.Connection, caught: str, query: str) -> StoredPage:  # noqa: ARG001
    """The same deadlines for a calendar program that asks again by itself."""
    narrowed = deadlines.narrowing(Criteria.parse(query)).having(stage=(str(Stage.OPEN),))
    asked = Search(narrowed, site.url, site.settings.edition, site.settings.area, site.now())
    body = as_calendar(db, asked, f"{site.edition_title}: deadlines")
    return StoredPage(200, [kind_of("text/calendar")], body)


def show_early(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """Early notices."""
    return Page("early.html", {"early": early_notices.early(db, Criteria.parse(query), site.settings.area, site.now())})


def show_ending(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """What ends soon."""
    months = int(within(query) or MONTHS[1])
    found = ending(db, months, site.settings.area, site.now())
    return Page("ending.html", {"ending": found, "spans": choices(months)})


def within(query: str) -> str:
    """Return the months that are asked for, "" when none of those that are offered is."""
    found = WITHIN.search(query)
    return found[1] if found else ""


def show_glossary(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """The field's words in plain ones, and what the Code asks for."""
    terms = load_terms()
    letters = [(letter, tuple(found)) for letter, found in groupby(terms, key=lambda term: term.term[0].upper())]
    names = {term.id: term.term for term in terms}
    return Page("glossary.html", {"letters": letters, "names": names, "undertakings": undertakings()})


ROUTES: tuple[Route, ...] = (
    Route(re.compile(r"/calendar"), show_calendar, deadlines.matters),
    Route(re.compile(r"/calendar\.ics"), show_calendar_feed, deadlines.feed_matters),
    Route(re.compile(r"/early"), show_early, early_notices.matters),
    Route(re.compile(r"/ending"), show_ending, within),
    Route(re.compile(r"/glossary"), show_glossary, quick=True),
)
