"""The on-screen outbox: the e-mails that a demonstration or an operator without a mail server reads in the browser."""

import email
import email.policy
import re
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from markupsafe import Markup, escape

from tenderbell.notice import Record
from tenderbell.pages.visitors import is_on_this_machine
from tenderbell.settings import Settings
from tenderbell.text import safe_link

MOST_LISTED = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@=+-]{0,150}")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:)\]]")


class Letter(Record, frozen=True, omit_defaults=True):
    """One e-mail as the list shows it. `name` is its file's name without `.eml`."""

    name: str
    to: str
    subject: str
    written: str


class OpenLetter(Record, frozen=True, omit_defaults=True):
    """One e-mail as its page shows it, `text` with links that work on this machine."""

    letter: Letter
    sender: str
    text: str
    html: str | None
    headers: tuple[tuple[str, str], ...]


def outbox_folder(mail: str) -> Path | None:
    """Return the folder that TENDERBELL_MAIL names, None when it names a mail server."""
    return Path(mail.removeprefix("folder:")) if mail.startswith("folder:") else None


def readable_outbox(settings: Settings, peer: str | None, headers: Mapping[str, str]) -> Path | None:
    """Return the folder for a visitor who sits at this machine, None for everybody else, and where a mail server sends.
    Where a proxy asks from this machine, nobody is known to sit at it: one that adds no header looks like a person."""
    is_here = is_on_this_machine(peer, headers) and peer not in settings.proxies
    return outbox_folder(settings.mail) if is_here else None


def letters(folder: Path) -> list[Letter]:
    """Return the newest e-mails of the folder, newest first."""
    files = sorted(folder.glob("*.eml"), key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)
    return [_letter(file.stem, _read(file)) for file in files[:MOST_LISTED]]


def open_letter(folder: Path, name: str) -> OpenLetter | None:
    """Return one e-mail of the folder, None when there is none of that name."""
    file = folder / f"{name}.eml"
    if not _NAME.fullmatch(name) or not file.is_file():
        return None
    message = _read(file)
    headers = tuple((key, str(value)) for key, value in message.items())
    return OpenLetter(
        letter=_letter(name, message),
        sender=str(message["From"] or ""),
        text=_part(message, "plain") or "",
        html=_part(message, "html"),
        headers=headers,
    )


def linked(text: str, site: str) -> Markup:
    """Return plain text as HTML with its links made clickable; those of `site` lead to this server instead."""
    pieces, end = [], 0
    for found in _LINK.finditer(text):
        link = safe_link(found[0])
        if link is None:
            continue
        target = link.removeprefix(site) or "/" if link.startswith(f"{site}/") else link
        pieces += [escape(text[end : found.start()]), Markup('<a href="{}">{}</a>').format(target, found[0])]
        end = found.end()
    return Markup("").join([*pieces, escape(text[end:])])


def framed(html: str, site: str) -> str:
    """Return the HTML part with its links opening outside the frame; those of `site` lead to this server instead."""
    local = html.replace(f'href="{site}/', 'href="/')
    return re.sub(r"(?i)(<head[^>]*>)", r'\1<base target="_blank">', local, count=1)


def _read(file: Path) -> EmailMessage:
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


def _letter(name: str, message: EmailMessage) -> Letter:
    return Letter(name, str(message["To"] or ""), str(message["Subject"] or "(no subject)"), _date(message))


def _date(message: EmailMessage) -> str:
    stated = getattr(message["Date"], "datetime", None)
    return stated.strftime("%d %B %Y, %H:%M") if isinstance(stated, datetime) else ""


def _part(message: EmailMessage, kind: str) -> str | None:
    body = message.get_body(preferencelist=(kind,))
    if body is None:
        return None
    content = body.get_content()
    return content if isinstance(content, str) else None
