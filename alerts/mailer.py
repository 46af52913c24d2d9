"""The mailer: hands finished bytes to a mail server, or to a folder that the operator reads on screen.

What became of a message is an `Outcome`, never an exception: every ending has its own state in the outbox.
"""

import asyncio
import contextlib
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import aiosmtplib
import msgspec
from aiosmtplib.protocol import PERIOD_REGEX, normalize_message_line_endings

from alerts.mail_server import Server, read_server

TIMEOUT = 60.0
"""Seconds that a server may take to answer one command."""

TAKING = 300.0
"""Seconds that it may take to say that it has the message. Who waits less gets its messages twice (RFC 5321,
4.5.3.2.6, asks for ten minutes)."""

DEADLINE = 600.0
"""Seconds for all of one delivery. It must end well before the lease of the message does."""

_CUT = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)

_LEAST_REFUSAL = 400
"""A smaller code that is not the one expected is no answer that SMTP knows (RFC 5321, 4.2.1)."""

_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")


class End(StrEnum):
    """How one attempt to deliver ended."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    LOST = "lost"


class Outcome(msgspec.Struct, frozen=True):
    """How an attempt ended and what the server said, without the addresses that it repeats. `stop` when the server is
    not to be tried again now.

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


def open_mailers(setting: str, count: int) -> list[Mailer]:
    """Return mailers for TENDERBELL_MAIL that may deliver side by side. Raises MailSettingError when it cannot be
    understood."""
    if folder := mail_folder(setting):
        return [FolderMailer(folder) for _ in range(count)]
    server = read_server(setting)
    return [SmtpMailer(server) for _ in range(count)]


def mail_folder(setting: str) -> Path | None:
    """Return the folder that TENDERBELL_MAIL names, None when it names a mail server."""
    return Path(setting.removeprefix("folder:")) if setting.startswith("folder:") else None


class SmtpMailer:
    """One reused SMTP session, opened when there is something to send and again when it broke."""

    def __init__(
        self, server: Server, *, timeout: float = TIMEOUT, taking: float = TAKING, deadline: float = DEADLINE
    ) -> None:
        """Raises MailSettingError when the server's certificate could not be verified."""
        self._taking = taking
        self._deadline = deadline
        self._handed = False
        self._smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls,
            start_tls=server.starttls,
            tls_context=server.context,
            timeout=timeout,
        )

    async def deliver(self, envelope: Envelope) -> Outcome:
        """Deliver over the session. Until its content was handed over a message cannot have been accepted, so any
        broken connection means *later*; so does one that breaks with the end of the content still here."""
        self._handed = False
        try:
            async with asyncio.timeout(self._deadline):
                outcome = await self._deliver(envelope)
        except TimeoutError:
            outcome = self._broken(f"not done in {self._deadline:g} seconds")
        return msgspec.structs.replace(outcome, reply=_without_name(outcome.reply, envelope.recipient))

    async def close(self) -> None:
        """End the session, without waiting long for a goodbye."""
        try:
            if self._smtp.is_connected:
                await self._smtp.quit(timeout=1)
        except (aiosmtplib.SMTPException, OSError):
            self._abort()

    async def _deliver(self, envelope: Envelope) -> Outcome:
        """Deliver over the open session or a new one. Servers end a session after so many messages or so much silence,
        politely or not: what an old session did not carry is tried once more over a new one."""
        reused = self._smtp.is_connected
        if not reused and (fault := await self._connect()):
            return fault
        outcome = await self._transact(envelope)
        if reused and outcome.end is End.LATER and not self._handed and (outcome.stop or not self._smtp.is_connected):
            self._abort()
            return await self._deliver(envelope)
        return outcome

    async def _connect(self) -> Outcome | None:
        try:
            await self._smtp.connect()
        except aiosmtplib.SMTPAuthenticationError as refusal:
            fault = f"The mail server refused our user name or password ({refusal.code})."
        except (aiosmtplib.SMTPException, OSError, ValueError) as problem:
            fault = f"The mail server could not be reached: {_spoken(str(problem))}"
        else:
            return None
        self._abort()
        return Outcome(End.LATER, fault, stop=True)

    async def _transact(self, envelope: Envelope) -> Outcome:
        """Deliver over the open session. A server that refuses the sender refuses us, not the recipient: that fails no
        message, and is the operator's to mend."""
        try:
            await self._smtp.mail(envelope.sender)
        except aiosmtplib.SMTPResponseException as answer:
            refusal = await self._refusal(answer)
            return Outcome(End.LATER, refusal.reply, stop=True)
        except _CUT as fault:
            return self._broken(fault)
        try:
            await self._smtp.rcpt(envelope.recipient)
            return await self._data(envelope.content)
        except aiosmtplib.SMTPResponseException as answer:
            return await self._refusal(answer)
        except _CUT as fault:
            return self._broken(fault)
        except ValueError:
            self._abort()
            return Outcome(End.REFUSED, "The address cannot be written into an SMTP command.")

    async def _data(self, content: bytes) -> Outcome:
        """Send the content in two steps, because only the second can leave a doubt. `SMTP.data` takes both in one."""
        ready = await self._smtp.execute_command(b"DATA")
        if ready.code != aiosmtplib.SMTPStatus.start_input:
            raise aiosmtplib.SMTPDataError(ready.code, ready.message)
        protocol = self._smtp.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        protocol.write(PERIOD_REGEX.sub(b"..", normalize_message_line_endings(content)) + b".\r\n")
        self._handed = True
        answer = await protocol.read_response(timeout=self._taking)
        if not 200 <= answer.code < 300:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        return Outcome(End.SENT, _said(answer.code, answer.message))

    def _broken(self, fault: object) -> Outcome:
        """Return what a connection that broke means, and throw away what it has not yet passed on: that must not be
        sent behind our back once the message counts as not sent."""
        transport = self._smtp.transport
        incomplete = isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size() > 0
        self._abort()
        if self._handed and not incomplete:
            return Outcome(End.LOST, f"The connection broke after DATA: {fault}")
        return Outcome(End.LATER, f"The connection broke before the end of DATA: {fault}")

    def _abort(self) -> None:
        if isinstance(self._smtp.transport, asyncio.WriteTransport):
            self._smtp.transport.abort()
        self._smtp.close()

    async def _refusal(self, answer: aiosmtplib.SMTPResponseException) -> Outcome:
        """Return what an answer other than yes means, with the session ready for the next message. After 421 the server
        hangs up; what is no answer at all leaves nothing to rely on."""
        reply = _said(answer.code, answer.message)
        if answer.code < _LEAST_REFUSAL or answer.code >= 600:
            self._abort()
            return Outcome(End.LOST if self._handed else End.LATER, f"That was no answer: {reply}")
        if answer.code == aiosmtplib.SMTPStatus.domain_unavailable:
            self._abort()
            return Outcome(End.LATER, reply, stop=True)
        try:
            await self._smtp.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._abort()
        return Outcome(End.REFUSED if answer.code >= 500 else End.LATER, reply)


def _said(code: int, message: str) -> str:
    return _spoken(f"{code} {message}")


def _spoken(text: str) -> str:
    """Return a server's words as they can be kept and printed: no half characters, no address (a refusal repeats the
    recipient's, and is kept longer than that), no longer than a line should be."""
    return _ADDRESS.sub("[address]", text[:2000].encode("utf-8", "replace").decode())[:500]


def _without_name(reply: str, recipient: str) -> str:
    """Return a server's words without the recipient's own name, which "no user ann.smith here" gives away too."""
    name = recipient.rpartition("@")[0]
    if len(name) < 3 or not any(char.isalpha() for char in name) or name.lower() not in reply.lower():
        return reply
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[address]", reply, flags=re.IGNORECASE)


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
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished.unlink(missing_ok=True)
            with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(head + envelope.content)
            unfinished.replace(path)
        except OSError as fault:
            with contextlib.suppress(OSError):  # half a file would take room, on a disk that may be full
                unfinished.unlink(missing_ok=True)
            return Outcome(End.LATER, f"The mail folder cannot be written: {fault}", stop=True)
        return Outcome(End.SENT, f"written to {path.name}")

    async def close(self) -> None:
        """Nothing is open."""
