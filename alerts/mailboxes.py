"""Mailboxes: where bounces wait to be read, a Maildir or a folder on an IMAP server (TENDERBELL_BOUNCES).

A message is marked as seen only after what it says is committed, so a run that is killed reads it again, which changes
nothing (`bounce.seen`). Nothing is deleted: how long mail stays is the mailbox's own setting.
"""

import imaplib
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from alerts import bounces, returns
from alerts.errors import BouncesSettingError, MailboxUnusable
from alerts.incoming_mail import LONGEST
from tenderbell.database import transaction
from tenderbell.private import open_private
from tenderbell.settings import Settings

IMAPS_PORT = 993
TIMEOUT = 60.0
"""Seconds that an IMAP server may take to answer one command."""

Waiting = Iterator[tuple[bytes, Callable[[], None]]]
"""The beginnings of messages that nobody has seen, each with what marks it as seen."""


class MailboxReport(msgspec.Struct, kw_only=True):
    """What a run found: how many messages of each sort (`returns.Handled`)."""

    bounce: int = 0
    complaint: int = 0
    left: int = 0
    known: int = 0
    ignored: int = 0


def read_mailbox(settings: Settings) -> MailboxReport:
    """Handle what waits in the mailbox that TENDERBELL_BOUNCES names, and return what it was.

    Raises BouncesSettingError when the setting cannot be understood, MailboxUnusable when the mailbox cannot be used:
    what was read before that is done.
    """
    report = MailboxReport()
    with closing(open_private(settings.private_path)) as db:
        for content, mark_seen in _waiting(settings.bounces or ""):
            handled = returns.handle(db, content, settings.clock())
            mark_seen()
            setattr(report, handled, getattr(report, handled) + 1)
        _settle(db, settings)
    return report


def _settle(db: sqlite3.Connection, settings: Settings) -> None:
    with transaction(db):
        bounces.settle_alarm(db, settings.clock())


def _waiting(setting: str) -> Waiting:
    if setting.startswith("maildir:"):
        return _in_maildir(Path(setting.removeprefix("maildir:")))
    if setting.startswith("imaps://"):
        return _in_imap(setting)
    raise BouncesSettingError("TENDERBELL_BOUNCES must be maildir:PATH or imaps://user:pass@host/FOLDER.")


def _in_maildir(folder: Path) -> Waiting:
    """Yield what is new, and what was moved but not seen. A message is marked by renaming it alone: `mailbox.Maildir`
    would write it again. One that is gone was taken by another program at the same time."""
    new, current = folder / "new", folder / "cur"
    if not new.is_dir() or not current.is_dir():
        raise MailboxUnusable(f"{folder} is no Maildir: it must have the folders new, cur and tmp.")
    unseen = [path for path in sorted(current.iterdir()) if "S" not in path.name.rpartition(":2,")[2]]
    for path in [*sorted(new.iterdir()), *unseen]:
        with suppress(FileNotFoundError):
            yield _beginning(path), partial(_see, path, current)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST)


def _see(path: Path, current: Path) -> None:
    name, _, flags = path.name.partition(":2,")
    with suppress(FileNotFoundError):
        path.rename(current / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")


def _in_imap(setting: str) -> Waiting:
    place = _place(setting)
    with _explained(place), _opened(place) as server:
        for number in b" ".join(_said(server.uid("search", "UNSEEN"))).split():
            uid = number.decode("ascii")
            for part in _said(server.uid("fetch", uid, f"(BODY.PEEK[]<0.{LONGEST}>)")):
                if isinstance(part, tuple):
                    yield part[1], partial(_see_in_imap, server, uid, place)


def _see_in_imap(server: imaplib.IMAP4, uid: str, place: "_Place") -> None:
    with _explained(place):
        _said(server.uid("store", uid, "+FLAGS.SILENT", r"(\Seen)"))


class _Place(msgspec.Struct, frozen=True):
    """A folder on an IMAP server."""

    host: str
    port: int
    user: str
    password: str
    folder: str


def _place(setting: str) -> _Place:
    try:
        parts = urlsplit(setting)
        host, port = parts.hostname, parts.port or IMAPS_PORT
    except ValueError:
        raise BouncesSettingError("TENDERBELL_BOUNCES has no usable host and port.") from None
    if not (host and parts.username and parts.password):
        raise BouncesSettingError("TENDERBELL_BOUNCES must be imaps://user:pass@host/FOLDER, with all of them.")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not folder.isprintable() or not folder.isascii():
        raise BouncesSettingError("The folder in TENDERBELL_BOUNCES must be of plain letters, as the server spells it.")
    return _Place(host, port, unquote(parts.username), unquote(parts.password), folder)


@contextmanager
def _opened(place: _Place) -> Iterator[imaplib.IMAP4]:
    """Log in, open the folder and log out again."""
    context = ssl.create_default_context()
    with imaplib.IMAP4_SSL(place.host, place.port, ssl_context=context, timeout=TIMEOUT) as server:
        server.login(place.user, place.password)
        quoted = place.folder.replace("\\", "\\\\").replace('"', '\\"')
        _said(server.select(f'"{quoted}"'))
        yield server


@contextmanager
def _explained(place: _Place) -> Iterator[None]:
    """Explain what went wrong. What a server says is not repeated: it may quote the password."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError) as fault:
        raise MailboxUnusable(
            f"The mailbox on {place.host}:{place.port} cannot be used ({type(fault).__name__}). See that host, user, "
            "password and folder in TENDERBELL_BOUNCES are right and that the server's certificate is valid."
        ) from None


def _said(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error("refused")
    return [part for part in data if part is not None]
