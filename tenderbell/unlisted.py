"""Why an advert that is in the archive has no page: it is elsewhere, was over, could not be read, or has just come."""

import sqlite3
from enum import StrEnum
from urllib.parse import unquote

import msgspec

from tenderbell import archive
from tenderbell.advert import SOURCE
from tenderbell.compiling.assembling import assemble, masked
from tenderbell.compiling.following import current_notices
from tenderbell.lookup import processes_named, readable
from tenderbell.references import notice_numbers
from tenderbell.settings import Settings


class Reason(StrEnum):
    """Why it is not listed."""

    ELSEWHERE = "elsewhere"
    OVER = "over"
    UNREADABLE = "unreadable"
    NEW = "new"


class Unlisted(msgspec.Struct, frozen=True):
    """An archived advert without a page. `title` is its own, if it has one; `why` is a sentence with what decided."""

    reason: Reason
    title: str | None
    why: str


def unlisted(
    settings: Settings, public: sqlite3.Connection, held: sqlite3.Connection, reference: str
) -> Unlisted | None:
    """Return why an advert has no page although the archive `held` has it; None when the archive has no such advert."""
    text = readable(reference)
    if not text:
        return None
    row = _by_key(settings, held, text)
    if row and row["process"] is None:
        return Unlisted(Reason.UNREADABLE, None, "It has come, but this program could not read it. It is kept.")
    processes = [row["process"]] if row else [text, text.lower(), *processes_named(public, text)]
    found = (_of_process(settings, public, held, process) for process in processes)
    return next((one for one in found if one), None)


def _by_key(settings: Settings, held: sqlite3.Connection, text: str) -> sqlite3.Row | None:
    """Return the newest version of the notice with this key, of whichever source."""
    for source in (*(source.id for source in settings.edition.sources), SOURCE):
        for key in dict.fromkeys((text, *notice_numbers(unquote(text))[:1])):
            row: sqlite3.Row | None = held.execute(
                "select process from notice where source = ? and key = ? order by number desc limit 1", (source, key)
            ).fetchone()
            if row:
                return row
    return None


def _of_process(
    settings: Settings, public: sqlite3.Connection, held: sqlite3.Connection, process: str
) -> Unlisted | None:
    versions = archive.versions_of(held, process, archive.newest_number(held))
    notices = current_notices(versions)
    if not notices:
        return None
    title = next((masked(notice).title for notice in reversed(notices) if notice.title), None)
    compiled = public.execute("select cursor from step where name = 'compile'").fetchone()
    if versions[-1].number > (compiled[0] if compiled else 0):
        return Unlisted(Reason.NEW, title, "It has just come and is being read. Look again in a minute.")
    made = assemble(notices, settings.area, number=1, first_seen=settings.clock())
    if made and made[1].reach is None:
        return Unlisted(Reason.ELSEWHERE, title, made[1].value)
    return Unlisted(Reason.OVER, title, "It was over, or nothing but its end was published, before we first saw it.")
