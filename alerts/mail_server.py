"""The mail server that TENDERBELL_MAIL names: where it is, who we are there, and how certain we must be of it.

`?starttls` is a condition, not a wish: to a server that does not offer it nothing is said. A certificate is always
verified, against the system's authorities or against those in the one file that `ca=` names. A password goes over TLS
or to this machine, and nowhere else.
"""

import ssl
from functools import cached_property
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from alerts.errors import MailSettingError
from tenderbell.settings import is_loopback

_FORMS = "smtp://USER:PASSWORD@HOST:587?starttls, smtps://USER:PASSWORD@HOST:465, smtp://HOST:25 or folder:PATH"


class Server:
    """A mail server. `tls` from the first byte (smtps), `starttls` before anything is said; `ca` is a file of
    certificates that replaces the system's."""

    def __init__(self, parts: SplitResult, port: int, options: dict[str, str]) -> None:
        self.host = parts.hostname or ""
        self.port = port
        self.tls = parts.scheme == "smtps"
        self.starttls = "starttls" in options
        self.ca = Path(options["ca"]) if "ca" in options else None
        self.user = unquote(parts.username) if parts.username else None
        self.password = unquote(parts.password) if parts.password else None

    @cached_property
    def context(self) -> ssl.SSLContext | None:
        """How TLS is spoken, made once for all connections; None without TLS. Raises MailSettingError for a file of
        certificates that cannot be used."""
        if not (self.tls or self.starttls):
            return None
        try:
            return ssl.create_default_context(cafile=self.ca)
        except OSError as problem:
            raise MailSettingError(
                f"The certificates that TENDERBELL_MAIL names with ca={self.ca} cannot be read "
                f"({problem.strerror or 'no certificate in PEM form'}). Correct the path, or leave ca out for a server "
                "whose certificate the system trusts."
            ) from None


def read_server(setting: str) -> Server:
    """Return the server of TENDERBELL_MAIL. Raises MailSettingError, which never repeats a password, when it cannot be
    understood or would be unsafe."""
    try:
        parts = urlsplit(setting)
        port = parts.port or (465 if parts.scheme == "smtps" else 25)
    except ValueError:
        raise MailSettingError(
            "TENDERBELL_MAIL names no port that can be used. A user name or password with one of : / @ ? # % in it "
            f"must have that percent-encoded. Write {_FORMS}."
        ) from None
    if not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise MailSettingError(f"TENDERBELL_MAIL names no mail server; write {_FORMS}.")
    server = Server(parts, port, _options(parts))
    if server.user and not (server.tls or server.starttls or is_loopback(setting)):
        raise MailSettingError("TENDERBELL_MAIL would send its password unencrypted. Add ?starttls, or use smtps://.")
    return server


def _options(parts: SplitResult) -> dict[str, str]:
    """Return what stands behind the question mark. A slip of the pen there must not turn encryption off."""
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    encrypted = parts.scheme == "smtps" or "starttls" in options
    if (
        set(options) - {"starttls", "ca"}
        or options.get("starttls")
        or options.get("ca") == ""
        or ("starttls" in options and parts.scheme == "smtps")
        or ("ca" in options and not encrypted)
    ):
        raise MailSettingError(
            "After the question mark TENDERBELL_MAIL may have starttls (with smtp:// only) and, with TLS, ca=PATH."
        )
    return options
