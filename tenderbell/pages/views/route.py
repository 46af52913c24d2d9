"""What a view is: an address of a page that shows everybody the same, and how to make the page."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from tenderbell.pages.cache import Header, StoredPage
from tenderbell.pages.website import Page, Website

View = Callable[[Website, sqlite3.Connection, str, str], Page | StoredPage]
"""Takes the part of the address that its pattern caught ("" when it catches none), and the query string."""


def nothing(query: str) -> str:  # noqa: ARG001
    """A page that is the same for every query string."""
    return ""


def everything(query: str) -> str:
    """A page that differs with the query string as it stands."""
    return query


@dataclass(frozen=True)
class Route:
    """An address (a pattern with at most one group) and its view. `matters` returns the part of the query string by
    which kept pages differ. `quick` when making the page takes a fraction of a millisecond: handing it to another
    thread would cost more than making it."""

    pattern: re.Pattern[str]
    view: View
    matters: Callable[[str], str] = nothing
    quick: bool = False


def kind_of(media: str) -> Header:
    """Return the header that says what a text is ("text/csv")."""
    return b"content-type", f"{media}; charset=utf-8".encode()


def redirect(status: int, location: str) -> StoredPage:
    """Return a response that leads to another address of this site."""
    return StoredPage(status, [(b"location", location.encode("ascii"))], b"")
