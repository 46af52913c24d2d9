"""Following, with Litestream and a folder as the target: what is served is whole at every moment, and heals itself."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schedules import following
from schedules.following import Follower, Following
from tenderbell.pages.reading import Readers
from tenderbell.replicas import litestream, publishing, states
from tenderbell.replicas.errors import IsReplica, NoWriter
from tenderbell.settings import Settings
from tests.alerts.world import EDITION

ROWS = 300


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    edition = tmp_path / "edition.toml"
    edition.write_text(EDITION.format(sample="false"), "utf-8")
    return Settings.read(
        {
            "TENDERBELL_EDITION": str(edition),
            "TENDERBELL_DATA": str(tmp_path / "site"),
            "TENDERBELL_REPLICA": f"file://{tmp_path / 'target'}",
            "TENDERBELL_WRITER": "http://127.0.0.1:9",
        }
    )


class Writer:
    """A database in which every row holds the same number, and a thread that raises it in one transaction each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._write)
        with closing(self._open()) as db:
            db.execute("create table one (id integer primary key, number integer, words text)")
            db.execute("create table two (number integer)")
            db.execute("begin")
            db.executemany("insert into one (number, words) values (0, ?)", [("x" * 400,)] * ROWS)
            db.execute("insert into two values (0)")
            db.execute("commit")

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        db.execute("pragma journal_mode=wal")
        return db

    def _write(self) -> None:
        with closing(self._open()) as db:
            while not self.ending.wait(0.01):
                self.raise_by_one(db)

    def raise_by_one(self, db: sqlite3.Connection | None = None) -> None:
        with contextlib.ExitStack() as stack:
            db = db or stack.enter_context(closing(self._open()))
            db.execute("begin immediate")
            db.execute("update one set number = number + 1")
            db.execute("update two set number = number + 1")
            db.execute("commit")

    def number(self) -> int:
        with closing(self._open()) as db:
            return int(db.execute("select number from two").fetchone()[0])


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    made = Writer(tmp_path / "writer.db")
    yield made
    made.ending.set()
    if made.thread.is_alive():
        made.thread.join()


@contextlib.contextmanager
def copying(settings: Settings, path: Path) -> Iterator[None]:
    """Run Litestream as `replicate` configures it, for one file."""
    content = litestream.configuration(settings.replica or "", {"public.db": path})
    configured = litestream.write_configuration(path.parent / "litestream.json", content)
    command = [litestream.program(), "replicate", "-config", str(configured), "-no-expand-env"]
    with (path.parent / "log").open("ab") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.asynccontextmanager
async def followed(settings: Settings) -> AsyncIterator[Follower]:
    """Follow for as long as the block runs."""
    states.following_folder(settings).mkdir(parents=True, exist_ok=True)
    follower = Follower(settings)
    task = asyncio.create_task(follower.run())
    try:
        yield follower
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def served(readers: Readers) -> int:
    """Return the number that a reader sees, having made sure that it sees one state of everything."""
    db = readers.connection()
    numbers = {row[0] for row in db.execute("select number from one")} | {
        db.execute("select number from two").fetchone()[0]
    }
    assert len(numbers) == 1, f"half of a change was shown: {sorted(numbers)[:3]}"
    return int(numbers.pop())


async def until(look: object, what: str, seconds: float = 40) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not look():  # type: ignore[operator]
        assert asyncio.get_running_loop().time() < deadline, what
        await asyncio.sleep(0.02)


def sees(settings: Settings, readers: Readers, number: int) -> bool:
    return settings.public_path.exists() and served(readers) >= number


async def test_every_moment_of_a_followed_copy_is_one_state_of_the_writer_while_that_writes_without_a_pause(
    settings: Settings, writer: Writer, tmp_path: Path
) -> None:
    readers, seen, versions = Readers(settings.public_path), [0], set()
    with copying(settings, writer.path):
        async with followed(settings):
            await until(lambda: settings.public_path.exists(), "the first copy is there")
            writer.thread.start()
            deadline = asyncio.get_running_loop().time() + 6
            while asyncio.get_running_loop().time() < deadline:
                number = await asyncio.to_thread(served, readers)
                assert number >= seen[-1], "the copy went back in time"
                seen.append(number)
                versions.add(readers.version())
            writer.ending.set()
            writer.thread.join()
            last = writer.number()
            await until(lambda: sees(settings, readers, last), "all that was written is here")
    assert len(set(seen)) >= 3
    assert len(versions) >= len(set(seen)) - 1, "kept pages must not outlive a copy"
    assert readers.connection().execute("pragma integrity_check").fetchone()[0] == "ok"


@pytest.mark.slow
async def test_a_follower_goes_on_after_a_restart_a_kill_and_the_loss_of_its_own_file(
    settings: Settings, writer: Writer
) -> None:
    readers = Readers(settings.public_path)
    with copying(settings, writer.path):
        for _ in range(2):
            async with followed(settings):
                writer.raise_by_one()
                await until(lambda: sees(settings, readers, writer.number()), "it follows")
            assert served(readers) == writer.number()
        publishing.shadow_of(settings).write_bytes(b"torn")
        async with followed(settings):
            writer.raise_by_one()
            await until(lambda: sees(settings, readers, writer.number()), "it begins anew")


@pytest.mark.slow
async def test_a_copy_that_the_target_knows_nothing_of_is_brought_anew(
    settings: Settings, writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "COMPARE_SECONDS", 0.3)
    readers = Readers(settings.public_path)
    async with followed(settings):
        with copying(settings, writer.path):
            for _ in range(3):
                writer.raise_by_one()
                await until(lambda: sees(settings, readers, writer.number()), "it follows")
        shutil.rmtree(tmp_path / "target")
        shutil.rmtree(tmp_path / ".writer.db-litestream")
        with copying(settings, writer.path):
            writer.raise_by_one()
            await until(lambda: sees(settings, readers, writer.number()), "it follows the new target")


async def test_a_target_that_was_emptied_makes_the_copy_no_fresh_one(
    settings: Settings, writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "COMPARE_SECONDS", 0.3)
    readers = Readers(settings.public_path)
    async with followed(settings) as follower:
        with copying(settings, writer.path):
            writer.raise_by_one()
            await until(lambda: sees(settings, readers, writer.number()), "it follows")
        shutil.rmtree(tmp_path / "target")
        await until(lambda: follower.state.failing_since, "it is seen")
        assert "holds no copy of public.db any more" in follower.state.words
        assert served(readers) == writer.number(), "what is here is shown on"


def test_a_half_written_file_is_not_published(settings: Settings, tmp_path: Path) -> None:
    shadow = publishing.shadow_of(settings)
    shadow.parent.mkdir(parents=True)
    shadow.write_bytes(b"half" * 100)
    assert publishing.txid_of(shadow) == 0
    note = shadow.with_name("public.db-txid")
    note.write_text("0000000000000005\n")
    os.utime(shadow, ns=(2**60, 2**60))
    os.utime(note, ns=(2**60 - 1, 2**60 - 1))
    assert publishing.publish(shadow, settings.public_path) == 0
    assert not settings.public_path.exists()
    os.utime(note, ns=(2**60, 2**60))
    assert publishing.publish(shadow, settings.public_path) == 5
    assert settings.public_path.stat().st_size == 400


def test_a_copy_that_a_power_cut_has_damaged_is_not_served(settings: Settings) -> None:
    settings.data.mkdir()
    settings.public_path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    assert not publishing.can_serve(settings)
    assert not settings.public_path.exists()
    with closing(sqlite3.connect(settings.public_path)) as db:
        db.execute("create table sound (words)")
    assert publishing.can_serve(settings)


def test_the_databases_of_a_writer_are_never_followed_over(settings: Settings) -> None:
    settings.data.mkdir()
    settings.private_path.touch()
    with pytest.raises(IsReplica, match="data folder of a writer"):
        following.hold(settings)


def test_following_needs_a_writer(settings: Settings) -> None:
    with pytest.raises(NoWriter, match="TENDERBELL_WRITER"):
        following.hold(Settings.read({"TENDERBELL_REPLICA": "file:///x", "TENDERBELL_DATA": str(settings.data)}))
    assert Following
