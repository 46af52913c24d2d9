"""A real SFTP server: OpenSSH's, as Debian has it, on a loopback port with keys and a folder of its own."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

SSHD = "/usr/sbin/sshd"
SERVER = "/usr/lib/openssh/sftp-server"

CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile {folder}/pid
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
Subsystem sftp {server}
"""


def needed() -> None:
    """Skip, loudly, where there is no such server; with CI=true that is a failure."""
    if shutil.which(SSHD) and Path(SERVER).exists():
        return
    message = "This test needs an SFTP server: apt-get install openssh-server."
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    warnings.warn(message, stacklevel=1)
    pytest.skip(message)


def _key(path: Path) -> str:
    """Make a key pair, keep the private half in `path`, and return the public half."""
    key = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


class SftpServer:
    """A server whose files are in `files`. It can be stopped and started again at the same port."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder, self.files = folder, folder / "files"
        self.files.mkdir()
        _key(folder / "host")
        (folder / "authorized").write_text(_key(folder / "client") + "\n")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        (folder / "config").write_text(CONFIG.format(port=self.port, folder=folder, server=SERVER))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What TENDERBELL_REPLICA is for it."""
        return f"sftp://{getpass.getuser()}@127.0.0.1:{self.port}{self.files}?key={self.folder / 'client'}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        Path("/run/sshd").mkdir(exist_ok=True)
        command = [SSHD, "-D", "-e", "-f", str(self.folder / "config")]
        self.process = subprocess.Popen(command, stderr=(self.folder / "log").open("ab"), start_new_session=True)
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as there:
                if there.recv(4) == b"SSH-":
                    return
            assert time.monotonic() < deadline, (self.folder / "log").read_text()

    def stop(self) -> None:
        """End it with every connection."""
        if self.process:
            os.killpg(self.process.pid, 15)
            self.process.wait()
            for child in _sessions(self.folder):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, 15)
            self.process = None


def _sessions(folder: Path) -> list[int]:
    """Return the processes of connections to this server: each has its configuration open or on its command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(folder / "config").encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


@contextlib.contextmanager
def sftp_server(folder: Path) -> Iterator[SftpServer]:
    """Run a server for as long as the block runs."""
    needed()
    server = SftpServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
