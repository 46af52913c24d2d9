"""A writer and machines that follow it: real processes on data folders of their own."""

import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import httpx

from alerts import digests, matching, sending
from tenderbell.archive import open_archive
from tenderbell.vocabulary import Frequency
from tests.alerts.world import World
from tests.schedules.programs import PATIENCE_SECONDS, Program, running

T = TypeVar("T")

SERVE, REPLICATE, RECOVER = (["tenderbell", command] for command in ("serve", "replicate", "recover"))


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wait_for(look: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Return the first thing that is true, looking again and again."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        assert time.monotonic() < deadline, f"it never came to this: {what}"
        time.sleep(0.02)


@dataclass
class County:
    """A writer with its world, and what any machine of it is told."""

    folder: Path
    replica: str
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.world = World(self.folder, now=now())
        with self.world.private(), self.world.public():
            open_archive(self.world.settings.archive_path).close()

    @property
    def address(self) -> str:
        """Where the writer listens, before and after its loss."""
        return f"http://127.0.0.1:{self.port}"

    def environ(self, **extra: str) -> dict[str, str]:
        """Return what the writer's processes are told."""
        return {
            "TENDERBELL_EDITION": str(self.folder / "edition.toml"),
            "TENDERBELL_DATA": str(self.world.settings.data),
            "TENDERBELL_MAIL": self.world.settings.mail,
            "TENDERBELL_REPLICA": self.replica,
            "TENDERBELL_PROXIES": "127.0.0.1",
            "TENDERBELL_PORT": str(self.port),
            "TENDERBELL_URL": "http://tenders.test",
            **extra,
        }

    def follower(self, name: str, **extra: str) -> dict[str, str]:
        """Return what a machine that follows is told."""
        data = str(self.folder / name)
        return self.environ(TENDERBELL_DATA=data, TENDERBELL_PORT="0", TENDERBELL_WRITER=self.address, **extra)

    def tell(self) -> None:
        """Match, write and send, as the scheduler does."""
        self.world.now = now()
        matching.match(self.world.settings)
        digests.build(self.world.settings, frequency=Frequency.INSTANT)
        sending.send(self.world.settings)

    def mails(self, holding: str) -> list[str]:
        """Return the texts of the e-mails that went out and hold a text."""
        texts = [path.read_text("utf-8", "replace") for path in sorted((self.folder / "mail").glob("*.eml"))]
        return [text for text in texts if holding in text]


@contextlib.contextmanager
def machine(command: list[str], environ: dict[str, str]) -> Iterator[Program]:
    """Run a process of a machine, and everything that it has started, for as long as the block runs."""
    with running(command, environ) as program:
        yield program


def kill(program: Program) -> None:
    """Cut the power of a process."""
    os.killpg(program.process.pid, signal.SIGKILL)
    program.process.wait()


def shows(address: str, path: str, text: str) -> bool:
    """Return whether a page can be read and holds a text."""
    with contextlib.suppress(httpx.TransportError):
        answer = httpx.get(f"{address}{path}", timeout=30)
        return answer.status_code == 200 and text in answer.text
    return False


def fill_in(client: httpx.Client, address: str, **fields: str) -> httpx.Response:
    """Open a form and send it as a browser does: with its token and its origin."""
    shown = client.get(address)
    assert shown.status_code == 200, (shown.status_code, shown.text[:500])
    token = re.search(r'name="csrftoken" value="([^"]+)"', shown.text)
    assert token, "the page has no form"
    origin = str(shown.url.copy_with(raw_path=b"/")).rstrip("/")
    return client.post(address, data={"csrftoken": token[1], **fields}, headers={"origin": origin})
