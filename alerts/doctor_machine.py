"""The doctor on this machine: the site's address, the operator, folders, the disk and the clock."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from alerts.doctor_findings import Finding, not_checked, ok, warning, wrong
from alerts.mailer import mail_folder
from tenderbell.clock import instant, wall_clock
from tenderbell.database import connect
from tenderbell.phrases import moment_words
from tenderbell.room import room_of
from tenderbell.settings import Settings, is_loopback
from tenderbell.troubles import troubles

ADDRESS, OPERATOR, FOLDERS, PRIVATE, DISK, CLOCK = (
    "Address of the site", "Operator", "Folders", "private.db", "Disk", "Clock",
)  # fmt: skip

SLACK = timedelta(minutes=10)
"""How far the clock may run behind what is written."""


def findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Yield how the machine is."""
    yield _address(settings)
    yield _operator(settings)
    yield _folders(settings)
    yield _private(settings)
    yield _disk(settings)
    yield _clock(settings, now)


def _address(settings: Settings) -> Finding:
    """Return whether the links in e-mails lead here. While e-mails go to a folder nobody follows one."""
    url, judge = settings.url, warning if mail_folder(settings.mail) else wrong
    if is_loopback(url) or not urlsplit(url).hostname:
        return judge(ADDRESS, f"Links in e-mails lead to {url}, which only this machine can open.", _SET_URL)
    if urlsplit(url).scheme != "https":
        return judge(ADDRESS, f"Links in e-mails lead to {url}, which is not https.", _SET_URL)
    return ok(ADDRESS, f"Links in e-mails lead to {url}.")


_SET_URL = "Set TENDERBELL_URL to the public address of the site, https://..., and have its web server hand it on."


def _operator(settings: Settings) -> Finding:
    mail = settings.edition.mail
    if mail.operator:
        return ok(OPERATOR, "Replies, questions and alarms go to the operator that the edition names.")
    judge = warning if mail_folder(settings.mail) else wrong
    return judge(
        OPERATOR,
        "The edition names no operator: nobody is told when something is wrong.",
        "Set operator in the edition's [mail] to a mailbox that somebody reads.",
    )


def _folders(settings: Settings) -> Finding:
    folders = [settings.data, *filter(None, [mail_folder(settings.mail)])]
    for folder in folders:
        standing = _first_that_exists(folder)
        if not os.access(standing, os.W_OK | os.X_OK):
            return wrong(FOLDERS, f"{standing} cannot be written.", "Give it to the user that runs Tenderbell.")
    return ok(FOLDERS, f"{' and '.join(str(folder) for folder in folders)} can be written.")


def _first_that_exists(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _private(settings: Settings) -> Finding:
    path = settings.private_path
    if not path.exists():
        return not_checked(PRIVATE, "It does not exist yet.")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return wrong(PRIVATE, f"{path} may be opened by others (mode {mode:03o}).", f"Run `chmod 600 {path}`.")
    if not path.stat().st_size:
        return wrong(PRIVATE, f"{path} is empty (0 bytes).", "Bring it back from a backup.")
    return ok(PRIVATE, "Only its owner may open it.")


def _disk(settings: Settings) -> Finding:
    """Return whether there is room, by the same measure as the scheduler's (`tenderbell.room`)."""
    found = next((one for one in troubles(settings) if one.subject == "disk"), None)
    if found:
        return (wrong if found.waits else warning)(DISK, f"{found.what} {found.means}", found.todo)
    return ok(DISK, f"{room_of(settings.data).free / 1024**3:,.1f} GiB are free where the data lives.")


def _clock(settings: Settings, now: datetime) -> Finding:
    if abs(settings.clock() - wall_clock()) > SLACK:
        return warning(
            CLOCK,
            f"TENDERBELL_NOW holds it at {moment_words(now)}: nothing becomes due.",
            "Unset it, unless this is a demonstration.",
        )
    newest = _newest(settings)
    if newest is not None and newest > now + SLACK:
        return wrong(
            CLOCK,
            f"It is {moment_words(now)} here, but something was written at {moment_words(newest)}.",
            "Set the clock of this machine, and keep it right with NTP.",
        )
    return ok(CLOCK, f"It is {moment_words(now)} here, later than all that is written.")


def _newest(settings: Settings) -> datetime | None:
    """Return when the newest thing was written that the databases know of."""
    found = [
        _read(settings.private_path, "select max(finished_at) from step"),
        _read(settings.private_path, "select created_at from outbox order by id desc limit 1"),
        _read(settings.public_path, "select noticed_at from event order by number desc limit 1"),
    ]
    return max(filter(None, map(instant, found)), default=None)


def _read(path: Path, query: str) -> str | None:
    if not path.exists():
        return None
    try:
        with closing(connect(path, read_only=True)) as db:
            row = db.execute(query).fetchone()
    except sqlite3.Error:
        return None
    return row[0] if row else None
