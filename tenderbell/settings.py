"""Settings: environment variables `TENDERBELL_*` over one edition file. None is needed to start."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from tenderbell.area import Area, load_area
from tenderbell.clock import Clock, still_clock, wall_clock
from tenderbell.edition import Edition, edition_path, load_edition
from tenderbell.errors import SettingError
from tenderbell.secret_files import secret

PROJECT = Path(__file__).resolve().parent.parent
MOST_WORKERS = 64
EARLIEST_YEAR, LATEST_YEAR = 1990, 2198
"""What the clock may be fixed to: instants before and after it are reckoned with, and stored dates end with 2199."""

SETTINGS = {
    "TENDERBELL_EDITION": "The edition: a name in schedules/, or a path that ends in .toml. Default: gloucestershire.",
    "TENDERBELL_DATA": "The folder of the three databases. Default: data/live.",
    "TENDERBELL_MAIL": "Where e-mail goes: smtp://user:pass@host:587?starttls, smtps://user:pass@host:465 "
    "(with ca=PATH after the question mark for an authority of your own), or folder:PATH for .eml files that the "
    "operator reads on screen. Default: folder:mail under the data folder.",
    "TENDERBELL_DKIM": "Signs e-mails: SELECTOR:PATH, the name under which the public key stands in the DNS and the "
    "file of the private key (PEM, readable by its owner only). Default: none, the mail server signs.",
    "TENDERBELL_BOUNCES": "Where what comes back is read: maildir:PATH or imaps://user:pass@host/FOLDER. Default: "
    "none; a mail server can pipe each message into `tenderbell bounce` instead.",
    "TENDERBELL_URL": "The public address of the site, as links in e-mails carry it. Default: the edition's, or while "
    "that is an address of this machine, where the site listens.",
    "TENDERBELL_HOST": "The address on which the site listens. Default: 127.0.0.1.",
    "TENDERBELL_PORT": "The port on which the site listens. Default: 8001.",
    "TENDERBELL_PROXIES": "Addresses of proxies whose X-Forwarded-For is believed, separated by commas. Default: none.",
    "TENDERBELL_ARCHIVE": "The file of the archive, when several editions on one machine share one. "
    "Default: archive.db in the data folder.",
    "TENDERBELL_REPLICA": "Where Litestream copies the databases to, and brings them back from: file:///PATH, "
    "sftp://user@host:22/PATH, s3://bucket/PATH, nats://host:4222/BUCKET. Default: none.",
    "TENDERBELL_WRITER": "The address of the site that keeps the databases, when this one only reads a copy: forms are "
    "passed on to it. Default: none, this site is that one.",
    "TENDERBELL_WORKERS": "How many processes answer visitors. Default: 1.",
    "TENDERBELL_LOG": "How events are written: text, sentences for people, or json, a line on standard error for "
    "programs. Default: text.",
    "TENDERBELL_METRICS": "The password with which a monitoring program may read /metrics from another machine, as "
    "bearer token. Default: none, it is answered to this machine only.",
    "TENDERBELL_NOW": "Fixes the clock, ISO 8601 with an offset (for demonstrations and checks). Default: the clock.",
}


SECRETS = ("TENDERBELL_MAIL", "TENDERBELL_BOUNCES", "TENDERBELL_REPLICA", "TENDERBELL_METRICS")
"""Settings that may hold a password. Each can also stand in a file that NAME_FILE names (`secret_files`)."""


@dataclass(frozen=True)
class Settings:
    """What this process was told. Built once at the edge by `Settings.read`, then passed on."""

    edition_name: str
    data: Path
    mail: str = field(repr=False)
    host: str
    port: int
    proxies: tuple[str, ...]
    clock: Clock
    public_url: str | None = None
    dkim: str | None = None
    bounces: str | None = field(default=None, repr=False)
    archive: Path | None = None
    replica: str | None = field(default=None, repr=False)
    writer: str | None = None
    workers: int = 1
    log: str = "text"
    metrics: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Return the settings of an environment. Raises SettingError, naming the variable that cannot be used."""
        data = Path(environ.get("TENDERBELL_DATA") or PROJECT / "data" / "live").absolute()
        return cls(
            edition_name=environ.get("TENDERBELL_EDITION") or "gloucestershire",
            data=data,
            mail=_mail(secret(environ, "TENDERBELL_MAIL") or f"folder:{data / 'mail'}"),
            host=environ.get("TENDERBELL_HOST") or "127.0.0.1",
            port=_port(environ.get("TENDERBELL_PORT") or "8001"),
            proxies=_proxies(environ.get("TENDERBELL_PROXIES", "")),
            clock=_clock(environ.get("TENDERBELL_NOW")),
            public_url=_address("TENDERBELL_URL", environ.get("TENDERBELL_URL")),
            dkim=environ.get("TENDERBELL_DKIM") or None,
            bounces=secret(environ, "TENDERBELL_BOUNCES"),
            archive=_path(environ.get("TENDERBELL_ARCHIVE")),
            replica=_replica(secret(environ, "TENDERBELL_REPLICA")),
            writer=_address("TENDERBELL_WRITER", environ.get("TENDERBELL_WRITER")),
            workers=_workers(environ.get("TENDERBELL_WORKERS") or "1"),
            log=_log(environ.get("TENDERBELL_LOG") or "text"),
            metrics=secret(environ, "TENDERBELL_METRICS"),
        )

    @cached_property
    def edition(self) -> Edition:
        """The edition, read from its file on first use."""
        return load_edition(self.edition_name)

    @cached_property
    def area(self) -> Area:
        """The edition's area, read from its file on first use."""
        return load_area(self.edition.area, edition_path(self.edition_name))

    @cached_property
    def url(self) -> str:
        """The public address of the site, without a final slash.

        An edition that names an address of this machine follows host and port, unless the port is any free one (0).
        """
        if self.public_url is None and is_loopback(self.edition.url) and self.port:
            return browser_url(self.host, self.port)
        return (self.public_url or self.edition.url).rstrip("/")

    @property
    def archive_path(self) -> Path:
        """Where `archive.db` lives."""
        return self.archive or self.data / "archive.db"

    @property
    def public_path(self) -> Path:
        """Where `public.db` lives."""
        return self.data / "public.db"

    @property
    def private_path(self) -> Path:
        """Where `private.db` lives."""
        return self.data / "private.db"


def browser_url(host: str, port: int) -> str:
    """Return the address to open in a browser on this machine for a site that listens on `host` and `port`."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def is_loopback(url: str) -> bool:
    """Return whether an address leads to the machine on which it is opened."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _clock(text: str | None) -> Clock:
    if not text:
        return wall_clock
    try:
        now = datetime.fromisoformat(text)
    except ValueError:
        raise SettingError(f"TENDERBELL_NOW={text!r} is no ISO 8601 instant, like 2026-08-11T09:00:00+01:00.") from None
    if now.tzinfo is None:
        raise SettingError(f"TENDERBELL_NOW={text!r} has no offset; write for example {text}+00:00.")
    if not EARLIEST_YEAR <= now.year <= LATEST_YEAR:
        raise SettingError(f"TENDERBELL_NOW={text!r} is no year from {EARLIEST_YEAR} to {LATEST_YEAR}.")
    return still_clock(now)


def _port(text: str) -> int:
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        raise SettingError(f"TENDERBELL_PORT={text!r} is no port; give a number from 1 to 65535.")
    return int(text)


def _mail(text: str) -> str:
    if not text.startswith(("smtp://", "smtps://", "folder:")):
        raise SettingError("TENDERBELL_MAIL must start with smtp://, smtps:// or folder:.")
    return text


def _path(text: str | None) -> Path | None:
    return Path(text).absolute() if text else None


def _address(name: str, text: str | None) -> str | None:
    try:
        parts = urlsplit(text or "")
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if text and not is_usable:
        raise SettingError(f"{name}={text!r} is no address of a site, like https://tenders.example.")
    return text.rstrip("/") if text else None


def _proxies(text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(str(ip_address(part)) for part in parts)
    except ValueError as problem:
        raise SettingError(f"TENDERBELL_PROXIES: {problem}. Give IP addresses, separated by commas.") from None


def _replica(text: str | None) -> str | None:
    """What stands behind the scheme may be a password, so a message does not repeat it."""
    if text and not re.fullmatch(r"(?:file|sftp|s3|nats|gs|abs)://.+", text):
        raise SettingError("TENDERBELL_REPLICA must start with file://, sftp://, s3://, gs://, abs:// or nats://.")
    return text


def _workers(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_WORKERS:
        raise SettingError(f"TENDERBELL_WORKERS={text!r} is no number of processes; give 1 to {MOST_WORKERS}.")
    return int(text)


def _log(text: str) -> str:
    if text not in ("text", "json"):
        raise SettingError(f"TENDERBELL_LOG={text!r} is neither text nor json.")
    return text
