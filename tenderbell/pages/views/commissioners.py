"""What commissioners can do here: five doors."""

import re
import sqlite3

from tenderbell.pages.views.route import Route
from tenderbell.pages.website import Page, Website


def show_commissioners(site: Website, db: sqlite3.Connection, caught: str, query: str) -> Page:  # noqa: ARG001
    """The doors, and what the numbers mean."""
    return Page("commissioners.html")


ROUTES = (Route(re.compile(r"/commissioners"), show_commissioners, quick=True),)
