"""What a page says when the machine is at fault: a full or read-only disk, a database that is damaged or gone. A form
says that nothing was stored, so that nobody goes away believing that they have signed up, or left."""

import errno
import sqlite3
from collections.abc import Iterable

from tenderbell import room
from tenderbell.errors import DatabaseGone
from tenderbell.pages.website import Page, Website
from tenderbell.settings import Settings
from tenderbell.troubles import Trouble, troubles

DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
HELD_UP = {
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
}  # fmt: skip
DISK = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO}

RETRY_SECONDS = 600
"""After how long a program may ask again: faults end when somebody has acted."""


def is_of_machine(fault: BaseException) -> bool:
    """Return whether the machine is at fault, and not the program."""
    if isinstance(fault, sqlite3.DatabaseError):
        return _code(fault) in DAMAGED | UNWRITABLE | HELD_UP or _lacks_table(fault)
    if isinstance(fault, OSError):
        return isinstance(fault, FileNotFoundError) or fault.errno in DISK
    return isinstance(fault, DatabaseGone)


def _lacks_table(fault: sqlite3.DatabaseError) -> bool:
    """Return whether a database is empty, or of an older program: one that is new is filled within minutes."""
    return _code(fault) == sqlite3.SQLITE_ERROR and str(fault).startswith("no such table")


def may_use_reserve(fault: sqlite3.OperationalError, settings: Settings) -> bool:
    """Return whether a form failed for want of room, and the reserve has just been given up for it."""
    short = _code(fault) in UNWRITABLE and room.room_of(settings.data).is_short
    return short and room.give_up_reserve(settings.data)


def unanswered(site: Website, *, is_form: bool) -> Page:
    """Return the page for what could not be shown, or for a form that could not be stored."""
    found = troubles(site.settings)
    if is_form:
        title = "We could not save that"
        message = f"Nothing that you sent was stored. {_public(found)}Please go back and try again later."
    elif found:
        title, message = "Not at the moment", f"{_public(found)}Please try again later."
    else:
        return site.error(503)
    page = site.error(503, message=message, title=title)
    return Page(page.template, page.context, page.status, {"retry-after": str(RETRY_SECONDS)})


def _public(found: Iterable[Trouble]) -> str:
    return "".join(f"{one.public} " for one in found if one.waits)


def _code(fault: sqlite3.DatabaseError) -> int:
    """Return the primary result code of SQLite, 0 when Python itself has raised."""
    return getattr(fault, "sqlite_errorcode", 0) & 0xFF
