"""(r) More than one machine: how old a copy is under constant writes, what a loss costs, and how long it takes to serve
again, with a folder as the target. Each of a small public.db and of one with as many opportunities as (d) has.
"""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx

from tenderbell.archive import open_archive
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.replicas.litestream import bring
from tenderbell.settings import Settings
from tests.bench.measuring import Figure, Sizes, at_most, say
from tests.bench.pages import fill
from tests.replicas.machines import free_port
from tests.site.world import settings_in

PAUSE_SECONDS = 0.1
"""Between two commits of the writer."""

PATIENCE_SECONDS = 900.0
STEADY_SECONDS = 20.0
SMALLER = 800
Beat = tuple[float, ...]


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (r)."""
    counts = sorted({min(SMALLER, sizes.opportunities), sizes.opportunities})
    figures: list[Figure] = []
    for count in counts:
        say(f"(r) {count:,} opportunities")
        figures += _measured(Machines(folder / f"r{count}", count), sizes)
    return figures


class Machines:
    """A writer, a target and a machine that follows."""

    def __init__(self, folder: Path, count: int) -> None:
        folder.mkdir(parents=True)
        self.folder, self.count, self.port = folder, count, free_port()
        self.settings = settings_in(folder / "writer")
        self._prepare()
        self.last = 0.0

    def _prepare(self) -> None:
        data = self.settings.data
        data.mkdir()
        made = Path(os.environ.get("BENCH_WORLDS", "")) / str(self.count) / "public.db"
        if os.environ.get("BENCH_WORLDS") and made.exists():
            shutil.copyfile(made, self.settings.public_path)
            open_public(self.settings.public_path).close()
        else:
            fill(self.settings, self.count)
        open_private(self.settings.private_path).close()
        open_archive(self.settings.archive_path).close()
        self._write("create table if not exists beat (id integer primary key, at real)")
        self._write("insert or replace into beat values (1, 0)")

    def _write(self, statement: str, *values: float) -> None:
        with closing(sqlite3.connect(self.settings.public_path, timeout=30)) as db:
            db.execute(statement, values)
            db.commit()

    def environ(self, **extra: str) -> dict[str, str]:
        """Return what the processes of the writer are told."""
        return {
            **os.environ,
            "TENDERBELL_EDITION": "gloucestershire",
            "TENDERBELL_DATA": str(self.settings.data),
            "TENDERBELL_REPLICA": f"file://{self.folder / 'target'}",
            "TENDERBELL_PORT": str(self.port),
            **extra,
        }

    def following(self) -> dict[str, str]:
        """Return what the machine that follows is told."""
        return self.environ(
            TENDERBELL_DATA=str(self.folder / "site"), TENDERBELL_WRITER=f"http://127.0.0.1:{self.port}"
        )

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """Commit the present again and again."""
        ending = threading.Event()

        def beat() -> None:
            with closing(sqlite3.connect(self.settings.public_path, timeout=60, isolation_level=None)) as db:
                while not ending.wait(PAUSE_SECONDS):
                    now = time.time()
                    db.execute("update beat set at = ?", (now,))
                    self.last = now

        thread = threading.Thread(target=beat)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()


@contextlib.contextmanager
def program(command: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of Tenderbell, and cut its power at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tenderbell", command], env=environ, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def children_of(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    stats = [path.read_text().rpartition(")") for path in Path("/proc").glob("[0-9]*/stat")]
    return [int(head.split()[0]) for head, _, tail in stats if int(tail.split()[1]) == parent]


def beat_of(path: Path) -> float:
    """Return the newest beat in a database, 0 when there is none."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return float(db.execute("select at from beat").fetchone()[0])
    except sqlite3.Error:
        return 0.0


def wait(look: Callable[[], object]) -> float:
    """Wait until something is true, and return the seconds that it took."""
    began = time.monotonic()
    while not look():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise TimeoutError("The machines never came to it.")
        time.sleep(0.05)
    return time.monotonic() - began


def _measured(machines: Machines, sizes: Sizes) -> list[Figure]:
    size = f"{machines.settings.public_path.stat().st_size / 1e6:,.0f} MB"
    served = machines.folder / "site" / "public.db"
    with program("replicate", machines.environ()), machines.beating(), program("follow", machines.following()):
        first = wait(lambda: beat_of(served) > 0)
        # What was written while the first copy was on its way comes after it.
        wait(lambda: time.time() - beat_of(served) < STEADY_SECONDS)
        ages = _ages(served, max(3.0, 10 * sizes.seconds))
    lost = [_lost(machines) for _ in range(sizes.rounds)]
    shutil.rmtree(machines.settings.data)
    recovering, serving = _recovered(machines)
    shutil.rmtree(machines.folder)
    p95 = statistics.quantiles(ages, n=20)[-1]
    return [
        Figure("r", f"first copy, {size}", first, "s", note="from nothing at the target to a copy that is served"),
        Figure("r", f"age of a copy, p50, {size}", statistics.median(ages), "s", note="a commit every 0.1 s"),
        at_most("r", f"age of a copy, p95, {size}", p95, 10.0, "s"),
        at_most(
            "r", f"lost with the writer, most of {len(lost)}, {size}", max(lost), 5.0, "s", "kill -9 while it writes"
        ),
        Figure("r", f"recover, {size}", recovering, "s"),
        at_most("r", f"loss to serving again, {size}", recovering + serving, 300.0, "s"),
    ]


def _ages(served: Path, duration: float) -> list[float]:
    """Return how old the served copy was, looked at again and again."""
    ages, until = [], time.monotonic() + duration
    while time.monotonic() < until:
        if beat := beat_of(served):
            ages.append(time.time() - beat)
        time.sleep(0.05)
    return ages


def _lost(machines: Machines) -> float:
    """Cut the power of the writer and of its copying, and return how many seconds of commits the target has not."""
    state = machines.settings.data / "replicating" / "state.json"
    state.unlink()
    with program("replicate", machines.environ()) as copying, machines.beating():
        wait(lambda: state.exists() and b'"failing_since":null' in state.read_bytes())
        time.sleep(random.uniform(2, 4))
        for process in (*children_of(copying.pid), copying.pid):
            os.kill(process, signal.SIGKILL)
        last = machines.last
    brought = machines.folder / "brought"
    shutil.rmtree(brought, ignore_errors=True)
    settings = Settings.read({**machines.environ(), "TENDERBELL_DATA": str(brought)})
    return max(0.0, last - _brought(settings))


def _brought(settings: Settings) -> float:
    settings.data.mkdir()
    asyncio.run(bring(settings, "public.db", settings.public_path))
    return beat_of(settings.public_path)


def _recovered(machines: Machines) -> tuple[float, float]:
    """Return the seconds of `recover`, and from then until a page is answered."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "tenderbell", "recover"], env=machines.environ(), check=True, stdout=subprocess.DEVNULL
    )
    recovering = time.monotonic() - began
    with program("serve", machines.environ()):
        return recovering, wait(lambda: _answers(f"http://127.0.0.1:{machines.port}/opportunities"))


def _answers(address: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(address, timeout=60).status_code == 200
    return False
