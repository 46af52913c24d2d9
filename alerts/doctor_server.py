"""The doctor at the mail server: is it there, is the way to it private, are we let in, may we send as who we are?

One conversation, as the sender has it, up to MAIL FROM; then it is broken off, so nothing is sent.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parseaddr

import msgspec

from alerts import verp
from alerts.doctor_findings import Finding, not_checked, ok, warning, wrong
from alerts.errors import MailSettingError
from alerts.mail_server import Server, read_server
from alerts.mailer import mail_folder
from tenderbell.phrases import plural
from tenderbell.settings import Settings, is_loopback

SERVER, TLS, CERTIFICATE, LOGIN, SENDER = (
    "Mail server", "Encryption (TLS)", "Certificate", "User and password", "Envelope sender",
)  # fmt: skip

SOON = 14
"""Days before the end of a certificate from which it is a worry: who renews it by machine does so before."""


class _Refused(Exception):
    """The conversation cannot go on; what was found says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.seen)
        self.finding = finding


class _Visit(msgspec.Struct):
    """A conversation under way: the server as it was named, and the session."""

    server: Server
    session: smtplib.SMTP
    context: ssl.SSLContext


def findings(settings: Settings, now: datetime, timeout: float) -> Iterator[Finding]:
    """Yield what the mail server does, in the order of the conversation."""
    if folder := mail_folder(settings.mail):
        yield warning(
            SERVER,
            f"E-mails are written to the folder {folder}, and reach nobody.",
            "Set TENDERBELL_MAIL to smtp://USER:PASSWORD@HOST:587?starttls when people are to get them.",
        )
        yield from _not_reached("There is no mail server.")
        return
    try:
        server = read_server(settings.mail)
        context = server.context or ssl.create_default_context()
    except MailSettingError as problem:
        yield wrong(SERVER, str(problem), "Correct TENDERBELL_MAIL.")
        yield from _not_reached("The mail server is not known.")
        return
    yield from _visit(settings, server, context, now, timeout)


def _not_reached(why: str) -> Iterator[Finding]:
    for name in (TLS, CERTIFICATE, LOGIN, SENDER):
        yield not_checked(name, why)


def _visit(
    settings: Settings, server: Server, context: ssl.SSLContext, now: datetime, timeout: float
) -> Iterator[Finding]:
    done: list[Finding] = []
    try:
        session = _connect(server, context, timeout)
        visit = _Visit(server, session, context)
        done.append(ok(SERVER, f"{server.host}, port {server.port}, answers."))
        try:
            for step in (_encryption, _certificate, _login, _sender):
                done.append(step(visit, settings, now))
        finally:
            with suppress(OSError, smtplib.SMTPException):
                session.quit()
    except _Refused as refused:
        done.append(refused.finding)
    except (OSError, smtplib.SMTPException) as problem:
        done.append(wrong(SERVER, f"The conversation broke off: {_said(problem)}.", "Look at the mail server's log."))
    yield from done
    seen = {finding.name for finding in done}
    yield from (finding for finding in _not_reached("The mail server was not reached.") if finding.name not in seen)


def _connect(server: Server, context: ssl.SSLContext, timeout: float) -> smtplib.SMTP:
    """Return the session after EHLO. Raises _Refused when there is none to be had."""
    try:
        if server.tls:
            session: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
        else:
            session = smtplib.SMTP(server.host, server.port, timeout=timeout)
        session.ehlo()
    except ssl.SSLCertVerificationError as problem:
        raise _Refused(_untrusted(problem)) from None
    except ssl.SSLError as problem:
        todo = "Use smtps:// only where encryption begins at once (port 465), else smtp:// with ?starttls."
        raise _Refused(wrong(TLS, f"No encrypted connection: {_said(problem)}.", todo)) from None
    except (OSError, smtplib.SMTPException) as problem:
        where = f"{server.host}, port {server.port}, does not answer: {_said(problem)}."
        todo = "See that the name and the port in TENDERBELL_MAIL are right, and that this machine may reach it."
        raise _Refused(wrong(SERVER, where, todo)) from None
    return session


def _encryption(visit: _Visit, settings: Settings, now: datetime) -> Finding:  # noqa: ARG001
    server, session = visit.server, visit.session
    if server.tls:
        return ok(TLS, f"Encrypted from the first byte ({_version(session)}).")
    offered = session.has_extn("starttls")
    if not server.starttls:
        if is_loopback(settings.mail):
            return ok(TLS, "None, and none is needed on this machine.")
        todo = "Add ?starttls to TENDERBELL_MAIL." if offered else "Ask its operator for STARTTLS, or for smtps://."
        return warning(TLS, "E-mails go to the server unencrypted.", todo)
    if not offered:
        todo = "Use smtps:// and port 465 if it has that, or ask its operator. Nothing is sent without encryption."
        raise _Refused(wrong(TLS, "TENDERBELL_MAIL asks for STARTTLS, which the server does not offer.", todo))
    try:
        session.starttls(context=visit.context)
    except ssl.SSLCertVerificationError as problem:
        raise _Refused(_untrusted(problem)) from None
    except (OSError, smtplib.SMTPException) as problem:
        raise _Refused(wrong(TLS, f"STARTTLS failed: {_said(problem)}.", "Look at the mail server's log.")) from None
    session.ehlo()
    return ok(TLS, f"STARTTLS ({_version(session)}).")


def _version(session: smtplib.SMTP) -> str:
    return (session.sock.version() or "TLS") if isinstance(session.sock, ssl.SSLSocket) else "no TLS"


def _untrusted(problem: ssl.SSLCertVerificationError) -> Finding:
    todo = (
        "Write the name that the certificate is made out to in TENDERBELL_MAIL, renew it if it has run out, or name "
        "your own authority's file with ca=PATH."
    )
    return wrong(CERTIFICATE, f"It cannot be trusted: {problem.verify_message}.", todo)


def _certificate(visit: _Visit, settings: Settings, now: datetime) -> Finding:  # noqa: ARG001
    held = visit.session.sock.getpeercert() if isinstance(visit.session.sock, ssl.SSLSocket) else None
    if not held:
        return not_checked(CERTIFICATE, "The connection is not encrypted.")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(held["notAfter"])), UTC)
    days = (ends - now).days
    if days < SOON:
        return warning(CERTIFICATE, f"It runs out in {plural(max(0, days), 'day')}.", "Have it renewed.")
    return ok(CERTIFICATE, f"It can be trusted, for {plural(days, 'more day')}.".replace("more days", "days more"))


def _login(visit: _Visit, settings: Settings, now: datetime) -> Finding:  # noqa: ARG001
    server, session = visit.server, visit.session
    if server.user is None:
        return not_checked(LOGIN, "TENDERBELL_MAIL names no user.")
    try:
        session.login(server.user, server.password or "")
    except smtplib.SMTPNotSupportedError:
        todo = "Take user and password out of TENDERBELL_MAIL, or use the port for programs that send (587 or 465)."
        raise _Refused(wrong(LOGIN, "The server asks for no user and password.", todo)) from None
    except smtplib.SMTPAuthenticationError as problem:
        todo = "Correct them in TENDERBELL_MAIL; special characters there must be percent-encoded."
        raise _Refused(wrong(LOGIN, f"They are not accepted ({problem.smtp_code}).", todo)) from None
    return ok(LOGIN, "They are accepted.")


def _sender(visit: _Visit, settings: Settings, now: datetime) -> Finding:  # noqa: ARG001
    """Return whether the server would take a message from the addresses that bounces come back to."""
    probe = f"b+1.{'0' * 16}@{verp.bounce_domain(settings)}"
    code, words = visit.session.mail(parseaddr(probe)[1])
    visit.session.rset()
    if code >= 400:
        domain = verp.bounce_domain(settings)
        todo = f"Let this user send from any address @{domain}, or set bounce_domain in the edition's [mail]."
        return wrong(SENDER, f"The server takes nothing from b+…@{domain} ({code} {_text(words)}).", todo)
    return ok(SENDER, f"The server takes messages from b+…@{verp.bounce_domain(settings)}.")


def _said(problem: Exception) -> str:
    """Return what went wrong in a few words, without the name of a user."""
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"{problem.smtp_code} {_text(problem.smtp_error)}"
    text = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return " ".join(str(text).split()).rstrip(".")[:200]


def _text(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())[:200]
