"""One opportunity, in all its forms: its page, its dates for a calendar, and everything as JSON."""

import re
import sqlite3
from urllib.parse import quote, unquote

import msgspec

from tenderbell.exchange import full_from
from tenderbell.opportunity import find, redirected
from tenderbell.pages.cache import Header, StoredPage
from tenderbell.pages.dates_file import dates_file
from tenderbell.pages.detail import detail
from tenderbell.pages.views.route import Route, kind_of, redirect
from tenderbell.pages.website import Page, Website


def show_opportunity(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """One opportunity; 301 from the addresses of those that were merged into it."""
    id = unquote(caught)
    found = detail(db, id, site.settings.area, site.settings.edition, site.now())
    return Page("opportunity.html", {"detail": found}) if found else _elsewhere(site, db, id)


def give_dates(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """The dates of one opportunity as a calendar file; 404 when it has none."""
    id = unquote(caught)
    found = find(db, id)
    if found is None:
        return _elsewhere(site, db, id, ".ics")
    body = dates_file(found, site.url, site.now())
    if body is None:
        return site.error(404, message="No notice states any date of this, so there is nothing to put in a calendar.")
    return StoredPage(200, [kind_of("text/calendar"), _named(f"{id}.ics")], body)


def give_json(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """Everything known of one opportunity, in the shape of `search --json --full`."""
    id = unquote(caught)
    found = find(db, id)
    if found is None:
        return _elsewhere(site, db, id, ".json")
    return StoredPage(
        200, [kind_of("application/json")], msgspec.json.encode(full_from(db, found, site.url, site.now()))
    )


def _elsewhere(site: Website, db: sqlite3.Connection, id: str, form: str = "") -> Page | StoredPage:
    """Return the way to where a merged opportunity goes on, in the same form; 404 when there never was one."""
    if moved := redirected(db, id):
        return redirect(301, f"/opportunities/{quote(moved, safe='-._')}{form}")
    return site.error(404, message="No opportunity has this address. It may be misspelt; try a word of its title.")


def _named(name: str) -> Header:
    """Return the header that gives a download its name."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    return b"content-disposition", f'attachment; filename="{plain}"'.encode("ascii")


ROUTES = (
    Route(re.compile(r"/opportunities/([^/]+)\.ics"), give_dates),
    Route(re.compile(r"/opportunities/([^/]+)\.json"), give_json),
    Route(re.compile(r"/opportunities/([^/]+)"), show_opportunity),
)
