"""The record: buyers and the annual report."""

import re
import sqlite3
from functools import partial
from urllib.parse import parse_qs, unquote
from weakref import WeakKeyDictionary

from tenderbell.clock import uk
from tenderbell.pages.buyers import body_page
from tenderbell.pages.cache import StoredPage
from tenderbell.pages.report import report_page
from tenderbell.pages.views.route import Route, kind_of
from tenderbell.pages.website import Page, Website
from tenderbell.record.bodies import BodyRecord, bodies, body_record
from tenderbell.record.export import as_csv
from tenderbell.record.keeping import Kept
from tenderbell.record.periods import NoSuchYear, year_of, years
from tenderbell.record.report import Report, report

_kept: "WeakKeyDictionary[Website, Kept]" = WeakKeyDictionary()


def kept(site: Website) -> tuple[Kept, object]:
    """Return what a site has counted already, and the moment of its database."""
    return _kept.setdefault(site, Kept()), (site.readers.version(), uk(site.now()).date())


def show_bodies(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """Commissioners and funders, A to Z."""
    found = bodies(db, site.settings.area, page_number(query), site.now())
    if found is None:
        return site.error(404, message="This list has no such page. It begins at /buyers.")
    return Page("buyers.html", {"found": found, "has_bodies": bool(site.settings.area.bodies)})


def page_number(query: str) -> int:
    """Return the number of the page that a query string asks for, 1 when it asks for none, 0 for what is none."""
    asked = parse_qs(query).get("page", ["1"])[0]
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0


def show_body(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """One commissioner or funder."""
    id, (store, moment) = unquote(caught), kept(site)
    found: BodyRecord | None = store.get(
        ("body", id), moment, partial(body_record, db, site.settings.area, id, site.now())
    )
    if found is None:
        return site.error(404, message="We know no commissioner or funder by this address. The list is at /buyers.")
    return Page("buyer.html", {"page": body_page(db, found, site.settings.area, site.now())})


def show_reports(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """The years of which there is a report."""
    return Page("report.html", {"years": years(db, site.now())})


def show_report(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """The report of one year."""
    try:
        return report_page(report_of(site, db, caught))
    except NoSuchYear as error:
        return site.error(404, message=str(error))


def show_table(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """One table of a report as CSV."""
    year, _, name = caught.partition("/")
    try:
        found = report_of(site, db, year).table(name)
    except NoSuchYear as error:
        return site.error(404, message=str(error))
    if found is None:
        return site.error(404, message=f"The report has no such table. All of them are at /report/{year}.")
    named = (b"content-disposition", f'attachment; filename="{year}-{name}.csv"'.encode())
    return StoredPage(200, [kind_of("text/csv"), named], as_csv(found).encode())


def report_of(site: Website, db: sqlite3.Connection, asked: str) -> Report:
    """Return the report of the year that an address asks for. Raises NoSuchYear."""
    now, settings = site.now(), site.settings
    year, (store, moment) = year_of(unquote(asked), now), kept(site)
    return store.get(("report", year), moment, partial(report, db, settings.area, settings.edition, year, now))


ROUTES = (
    Route(re.compile(r"/buyers"), show_bodies, lambda query: str(page_number(query))),
    Route(re.compile(r"/buyers/([^/]+)"), show_body),
    Route(re.compile(r"/report"), show_reports),
    Route(re.compile(r"/report/([^/]+)"), show_report),
    Route(re.compile(r"/report/([^/]+/[a-z-]+)\.csv"), show_table),
)
