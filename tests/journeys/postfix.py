"""Debian's Postfix on this machine, with a configuration, a queue and a log of its own; nothing of the system's is
used.

It takes what arrives on 127.0.0.1 and keeps it in Maildirs: those of known readers of `village.example`, and one for
all mail to `bell.example` and `returned.bell.example`. An unknown reader is refused after the message was taken, so
Postfix writes the delivery report itself. What comes to `piped.bell.example` is piped into `tenderbell bounce`.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tenderbell.settings import PROJECT

T = TypeVar("T")
PIPES_AS = "nobody"
MAIL_OWNER = "postfix"
PATIENCE = 30.0
"""Seconds within which what was sent must have arrived."""

MAIN = """
compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file_prefixes = {place}
maillog_file = {place}/mail.log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.bell.example
mydestination =
alias_maps =
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
smtpd_client_connection_rate_limit = 0
recipient_delimiter = +
virtual_mailbox_domains = village.example, bell.example, returned.bell.example
virtual_mailbox_base = {place}/mail
virtual_mailbox_maps = inline:{{ ann@village.example=ann/, cat@village.example=cat/, @bell.example=returned/,
  @returned.bell.example=returned/ }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
relay_domains = piped.bell.example
transport_maps = inline:{{ piped.bell.example=bell: }}
"""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
bell unix - n n - - pipe
  user={user} argv={command} bounce --recipient ${{recipient}}
"""


class Postfix:
    """A running Postfix: `url` is TENDERBELL_MAIL, `place` its folder."""

    def __init__(self, place: Path, port: int) -> None:
        self.place, self.port = place, port
        self.url = f"smtp://127.0.0.1:{port}"

    def letters(self, name: str) -> list[bytes]:
        """Return what lies in a Maildir, in the order of arrival (names tell only the second); nothing while Postfix is
        still making its folders."""
        arrived = [path for part in ("new", "cur") for path in self.maildir(name).glob(f"{part}/*")]
        return [path.read_bytes() for path in sorted(arrived, key=lambda path: path.stat().st_mtime_ns)]

    def maildir(self, name: str) -> Path:
        return self.place / "mail" / name

    def log(self) -> str:
        path = self.place / "mail.log"
        return path.read_text("utf-8", "replace") if path.exists() else "Postfix has written no log."

    def wait_for(self, what: Callable[[], T]) -> T:
        """Return what `what` gives as soon as it is true. Fails with Postfix's log when that takes too long."""
        pause, end = threading.Event(), time.monotonic() + PATIENCE
        while not (found := what()):
            assert time.monotonic() < end, self.log()
            pause.wait(0.05)
        return found


_QUIET: dict[str, Any] = {
    "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL
}  # fmt: skip


def skip_unless_possible() -> None:
    """Skip the test, loudly, where Postfix is not installed or cannot be started."""
    if shutil.which("postfix", path="/usr/sbin") is None:
        reason = "needs Debian's Postfix: apt-get install postfix, without a configuration"
    elif os.geteuid() != 0:
        reason = "needs root: Postfix starts as root only"
    else:
        return
    warnings.warn(f"The journey with a real Postfix is skipped: it {reason}.", stacklevel=1)
    pytest.skip(reason)


@contextmanager
def running(place: Path, *command: str) -> Iterator[Postfix]:
    """Run Postfix in the folder `place`, which everybody may enter. `command` are the words that run `tenderbell` for
    what is piped."""
    port = _free_port()
    _configure(place, port, command or ("/bin/false",))
    postfix = Postfix(place, port)
    command_line = ["/usr/sbin/postfix", "-c", str(place / "etc")]
    with subprocess.Popen([*command_line, "start-fg"], **_QUIET) as master:
        try:
            postfix.wait_for(lambda: master.poll() is not None or _answers(port))
            assert master.poll() is None, postfix.log()
            yield postfix
        finally:
            subprocess.run([*command_line, "stop"], check=False, timeout=30, **_QUIET)
            master.wait(timeout=30)


def program_of_anybody() -> list[str] | None:
    """Return the words that run `tenderbell` as the user for whom Postfix pipes; None when that user may not run it.

    A Python in root's home is nobody's. Debian's own, of the same version, then runs what is installed beside ours.
    """
    packages = sysconfig.get_path("purelib")
    with_ours = ["/usr/bin/env", f"PYTHONPATH={PROJECT}:{packages}", "PYTHONDONTWRITEBYTECODE=1"]
    for words in ([sys.executable], [*with_ours, f"/usr/bin/python3.{sys.version_info.minor}"]):
        try:
            tried = subprocess.run(
                [*words, "-c", "import tenderbell.cli, alerts.returns"],
                user=PIPES_AS, group="nogroup", extra_groups=[], capture_output=True, check=False, cwd="/",
            )  # fmt: skip
        except PermissionError:
            continue
        if tried.returncode == 0:
            return [*words, "-m", "tenderbell"]
    return None


def _configure(place: Path, port: int, command: tuple[str, ...]) -> None:
    config = place / "etc"
    for folder in (config, place / "queue", place / "data", place / "mail"):
        folder.mkdir()
    owner = pwd.getpwnam(MAIL_OWNER)
    shutil.chown(place / "data", MAIL_OWNER)
    shutil.chown(place / "mail", MAIL_OWNER)
    (config / "main.cf").write_text(MAIN.format(place=place, uid=owner.pw_uid, gid=owner.pw_gid))
    (config / "master.cf").write_text(MASTER.format(port=port, user=PIPES_AS, command=" ".join(command)))


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as opened:
            return opened.recv(3) == b"220"
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
