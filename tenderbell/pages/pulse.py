"""Is this process alive, and can it show pages? For container health checks and load balancers (`/health`).

It looks no further than that on purpose: a source that fails or a mail server that is away is for `/status` to say, and
no reason to end a process that answers.
"""

import sqlite3

from tenderbell.pages.cache import StoredPage
from tenderbell.pages.views.route import kind_of
from tenderbell.pages.website import Website

READABLE = "select 1 from opportunity limit 1"


def take_pulse(site: Website) -> StoredPage:
    """Return 200 and "ok" when `public.db` can be read, or else 503 and why, as plain text."""
    try:
        site.readers.connection().execute(READABLE).fetchone()
    except (sqlite3.Error, OSError):
        return _text(503, "public.db cannot be read")
    return _text(200, "ok")


def _text(status: int, words: str) -> StoredPage:
    return StoredPage(status, [kind_of("text/plain")], f"{words}\n".encode())
