"""How the sources are, and the site's own texts."""

import re
import sqlite3

import msgspec

from tenderbell.pages.cache import StoredPage
from tenderbell.pages.deliveries import deliveries
from tenderbell.pages.sources import status
from tenderbell.pages.uptime import uptime
from tenderbell.pages.views.route import Route
from tenderbell.pages.website import Page, Website
from tenderbell.replicas.standing import standing
from tenderbell.troubles import troubles


def show_status(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """What stands in the way, how well the sources are, and whether the alerts go out."""
    now = site.now()
    context = {
        "troubles": troubles(site.settings),
        "status": status(db, site.settings.edition, now),
        "deliveries": deliveries(site.settings, db, now),
        "copy": standing(site.settings, now),
    }
    return Page("status.html", context)


def show_uptime(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """Whether the site was there, and how fresh it is."""
    return Page("uptime.html", {"uptime": uptime(db, site.settings, site.now())})


def show_uptime_json(site: Website, db: sqlite3.Connection, caught: str, query: str) -> StoredPage:  # noqa: ARG001
    """The same for programs."""
    body = msgspec.json.format(msgspec.json.encode(uptime(db, site.settings, site.now())))
    return StoredPage(200, [(b"content-type", b"application/json; charset=utf-8")], body + b"\n")


def show_text(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """About, data, privacy, accessibility: texts of the site's own."""
    return Page(f"{caught}.html", {"source_list": site.settings.edition.sources})


ROUTES = (
    Route(re.compile(r"/status"), show_status),
    Route(re.compile(r"/uptime"), show_uptime),
    Route(re.compile(r"/uptime\.json"), show_uptime_json),
    Route(re.compile(r"/(about|data|privacy|accessibility)"), show_text, quick=True),
)
