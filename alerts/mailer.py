"""The mailer: hands finished bytes to a mail server, or to a folder that the operator reads on screen.

What became of a message is an `Outcome`, never an exception: every ending has its own state in the outbox.
"""

import os
import ssl
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from alerts.errors import MailSettingError

TIMEOUT = 60.0
"""Seconds that a server may take to answer one command."""

_CUT = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError, ssl.SSLError)


class End(StrEnum):
    """How one attempt to deliver ended."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    LOST = "lost"


class Outcome(msgspec.Struct, frozen=True):
    """How an attempt ended and what the server said. `stop` when the server is not to be tried again now.

    LATER and REFUSED: the server did not take the message. LOST: the connection broke after DATA, and nobody can know
    whether it did (RFC 1047).
    """

    end: End
    reply: str
    stop: bool = False


class Envelope(msgspec.Struct, frozen=True):
    """One message on its way: `name` is the same for every attempt."""

    name: str
    sender: str
    recipient: str
    content: bytes


class Mailer(Protocol):
    """Something that delivers, one message at a time."""

    async def deliver(self, envelope: Envelope) -> Outcome:
        """Deliver one message and return how it ended."""
        ...

    async def close(self) -> None:
        """Say goodbye. Errors are of no interest: what was accepted is accepted."""
        ...


_LEAST_REFUSAL = 400
"""A smaller code after DATA is no answer that SMTP knows (RFC 5321, 4.2.1): the message may have been taken."""


def open_mailer(setting: str) -> Mailer:
    """Return the mailer for TENDERBELL_MAIL. Raises MailSettingError when it cannot be understood."""
    if folder := mail_folder(setting):
        return FolderMailer(folder)
    return SmtpMailer(_server(setting))


def mail_folder(setting: str) -> Path | None:
    """Return the folder that TENDERBELL_MAIL names, None when it names a mail server."""
    return Path(setting.removeprefix("folder:")) if setting.startswith("folder:") else None


class Server(msgspec.Struct, frozen=True):
    """A mail server. `tls` from the first byte (smtps), `starttls` before anything is said."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    starttls: bool


def _server(setting: str) -> Server:
    try:
        parts = urlsplit(setting)
        tls = parts.scheme == "smtps"
        port = parts.port or (465 if tls else 25)
    except ValueError as error:
        raise MailSettingError(f"TENDERBELL_MAIL cannot be used: {error}.") from None
    if not parts.hostname:
        raise MailSettingError("TENDERBELL_MAIL names no mail server; write smtp://HOST:PORT or folder:PATH.")
    return Server(
        parts.hostname,
        port,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        tls,
        "starttls" in parts.query.split("&"),
    )


class SmtpMailer:
    """One reused SMTP session, opened when there is something to send and again when it broke."""

    def __init__(self, server: Server) -> None:
        self._smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls,
            start_tls=server.starttls,
            timeout=TIMEOUT,
        )

    async def deliver(self, envelope: Envelope) -> Outcome:
        """Deliver over the session. Up to DATA nothing was accepted, so any broken connection means *later*. A server
        that refuses the sender refuses us, not the recipient: that fails no message, and is the operator's to mend."""
        if not self._smtp.is_connected and (fault := await self._connect()):
            return fault
        try:
            await self._smtp.mail(envelope.sender)
        except aiosmtplib.SMTPResponseException as answer:
            refusal = await self._refusal(answer)
            return Outcome(End.LATER, refusal.reply, stop=True)
        except _CUT as fault:
            return self._broken(fault)
        try:
            await self._smtp.rcpt(envelope.recipient)
        except aiosmtplib.SMTPResponseException as answer:
            return await self._refusal(answer)
        except _CUT as fault:
            return self._broken(fault)
        return await self._data(envelope.content)

    async def close(self) -> None:
        """End the session."""
        try:
            if self._smtp.is_connected:
                await self._smtp.quit()
        except (aiosmtplib.SMTPException, OSError):
            self._smtp.close()

    async def _connect(self) -> Outcome | None:
        try:
            await self._smtp.connect()
        except (aiosmtplib.SMTPException, OSError) as fault:
            self._smtp.close()
            return Outcome(End.LATER, f"The mail server could not be reached: {fault}", stop=True)
        return None

    def _broken(self, fault: Exception) -> Outcome:
        self._smtp.close()
        return Outcome(End.LATER, f"The connection broke before DATA: {fault}")

    async def _data(self, content: bytes) -> Outcome:
        try:
            answer = await self._smtp.data(content)
        except aiosmtplib.SMTPResponseException as refusal:
            if refusal.code < _LEAST_REFUSAL:
                self._smtp.close()
                return Outcome(End.LOST, f"The answer after DATA was none: {_said(refusal.code, refusal.message)}")
            return await self._refusal(refusal)
        except _CUT as fault:
            self._smtp.close()
            return Outcome(End.LOST, f"The connection broke after DATA: {fault}")
        return Outcome(End.SENT, _said(answer.code, answer.message))

    async def _refusal(self, answer: aiosmtplib.SMTPResponseException) -> Outcome:
        """Return what a 4xx or 5xx means, with the session ready for the next one. After 421 the server hangs up."""
        reply = _said(answer.code, answer.message)
        if answer.code == aiosmtplib.SMTPStatus.domain_unavailable:
            self._smtp.close()
            return Outcome(End.LATER, reply, stop=True)
        try:
            await self._smtp.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._smtp.close()
        return Outcome(End.REFUSED if answer.code >= 500 else End.LATER, reply)


def _said(code: int, message: str) -> str:
    """Return a server's answer as it can be stored: no half characters, no longer than a line should be."""
    return f"{code} {message}".encode("utf-8", "replace").decode()[:500]


class FolderMailer:
    """Writes each message as NAME.eml, with the envelope in its first two lines (ruling 6). Another attempt at the
    same message replaces the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, envelope: Envelope) -> Outcome:
        """Write the file whole or not at all."""
        head = f"Return-Path: <{envelope.sender}>\r\nDelivered-To: {envelope.recipient}\r\n".encode("ascii")
        path = self._folder / f"{envelope.name}.eml"
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(head + envelope.content)
            unfinished.replace(path)
        except OSError as fault:
            return Outcome(End.LATER, f"The mail folder cannot be written: {fault}", stop=True)
        return Outcome(End.SENT, f"written to {path.name}")

    async def close(self) -> None:
        """Nothing is open."""
