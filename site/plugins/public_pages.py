"""The pages that show everybody the same: home, results in all their forms, opportunities, status, about."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from datasette import Response, hookimpl
from datasette.utils.asgi import Request

from tenderbell.criteria import Criteria
from tenderbell.describe import describe
from tenderbell.opportunity import redirected
from tenderbell.pages.detail import detail
from tenderbell.pages.feeds import Search, as_atom, as_calendar, as_csv, as_json
from tenderbell.pages.home import home
from tenderbell.pages.results import address, results
from tenderbell.pages.sources import status
from tenderbell.pages.visits import has_blanks
from tenderbell.pages.website import Page, Website, website_of

View = Callable[[Website, sqlite3.Connection, Request], Page | Response]


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The addresses of ruling 31 that this plugin answers."""
    return [
        (r"^/$", shown(show_home)),
        (r"^/opportunities$", shown(show_results)),
        (r"^/opportunities\.(?P<form>json|csv|atom|ics)$", shown(show_other_form)),
        (r"^/opportunities/(?P<id>[^/]+)$", shown(show_opportunity)),
        (r"^/status$", shown(show_status)),
        (r"^/(?P<name>about|privacy|accessibility)$", shown(show_text)),
    ]


def shown(view: View) -> Any:
    """Return a route that reads and renders in a worker thread, one hop for both."""

    async def route(datasette: Any, request: Request) -> Response:
        return await asyncio.to_thread(_answer, website_of(datasette), view, request)

    return route


def _answer(site: Website, view: View, request: Request) -> Response:
    page = view(site, site.readers.connection(), request)
    if isinstance(page, Response):
        return page
    return Response.html(site.render(page), status=page.status, headers=dict(page.headers))


def show_home(site: Website, db: sqlite3.Connection, request: Request) -> Page:  # noqa: ARG001
    """The front page."""
    return Page("home.html", {"home": home(db, site.settings.area, site.settings.edition, site.now())})


def show_results(site: Website, db: sqlite3.Connection, request: Request) -> Page | Response:
    """A search. Empty fields, as browsers send them, are dropped from the address."""
    criteria = Criteria.parse(request.query_string)
    if has_blanks(request.query_string):
        return Response.redirect(address(criteria))
    found = results(db, criteria, site.settings.area, site.now())
    return Page("results.html", {"found": found}, 404 if found.past_end else 200)


def show_other_form(site: Website, db: sqlite3.Connection, request: Request) -> Response:
    """The same search for other programs."""
    criteria = Criteria.parse(request.query_string)
    settings = site.settings
    asked = Search(criteria, site.url, settings.edition, settings.area, site.now())
    title = f"{site.edition_title}: {describe(criteria, settings.area)}"
    match request.url_vars["form"]:
        case "json":
            whole = request.args.get("full") == "1"
            return Response(as_json(db, asked, whole=whole), content_type="application/json; charset=utf-8")
        case "csv":
            named = {"content-disposition": 'attachment; filename="opportunities.csv"'}
            return Response(as_csv(db, asked), headers=named, content_type="text/csv; charset=utf-8")
        case "atom":
            return Response(as_atom(db, asked, title), content_type="application/atom+xml; charset=utf-8")
        case _:
            return Response(as_calendar(db, asked, title), content_type="text/calendar; charset=utf-8")


def show_opportunity(site: Website, db: sqlite3.Connection, request: Request) -> Page | Response:
    """One opportunity; 301 from the addresses of those that were merged into it."""
    id = unquote(request.url_vars["id"])
    found = detail(db, id, site.settings.area, site.settings.edition, site.now())
    if found:
        return Page("opportunity.html", {"detail": found})
    if moved := redirected(db, id):
        return Response.redirect(f"/opportunities/{moved}", status=301)
    return site.error(404, message="No opportunity has this address. It may be misspelt; try a word of its title.")


def show_status(site: Website, db: sqlite3.Connection, request: Request) -> Page:  # noqa: ARG001
    """How well the sources are."""
    return Page("status.html", {"status": status(db, site.settings.edition, site.now())})


def show_text(site: Website, db: sqlite3.Connection, request: Request) -> Page:  # noqa: ARG001
    """About, privacy, accessibility: texts of the site's own."""
    return Page(f"{request.url_vars['name']}.html", {"source_list": site.settings.edition.sources})
