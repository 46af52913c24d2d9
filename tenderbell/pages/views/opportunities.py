"""One opportunity, in all its forms."""

import re
import sqlite3
from urllib.parse import unquote

from tenderbell.opportunity import redirected
from tenderbell.pages.cache import StoredPage
from tenderbell.pages.detail import detail
from tenderbell.pages.views.route import Route, redirect
from tenderbell.pages.website import Page, Website


def show_opportunity(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page | StoredPage:  # noqa: ARG001
    """One opportunity; 301 from the addresses of those that were merged into it."""
    id = unquote(caught)
    found = detail(db, id, site.settings.area, site.settings.edition, site.now())
    if found:
        return Page("opportunity.html", {"detail": found})
    if moved := redirected(db, id):
        return redirect(301, f"/opportunities/{moved}")
    return site.error(404, message="No opportunity has this address. It may be misspelt; try a word of its title.")


ROUTES = (Route(re.compile(r"/opportunities/([^/]+)"), show_opportunity, quick=True),)
