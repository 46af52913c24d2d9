"""Kill the program anywhere, start it again: nothing lost, nothing twice (promise 3)."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts.signup import confirm, request_alert
from tenderbell.cli import cli
from tenderbell.criteria import Criteria
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency
from tests.journeys.releases import release, write_page
from tests.killing import run

pytestmark = [pytest.mark.kill, pytest.mark.slow]

NOW = "2026-04-01T09:00:00+00:00"
LATER = "2026-04-01T10:00:00+00:00"
MOST_COMMITS = 40

Summary = dict[str, object]


def environ(folder: Path, now: str = NOW) -> dict[str, str]:
    return {"TENDERBELL_DATA": str(folder), "TENDERBELL_NOW": now, "TENDERBELL_EDITION": "gloucestershire"}


def chain(folder: Path) -> list[tuple[str, list[str], str]]:
    """The steps from a notice to an e-mail: name, command, and the time at which it runs."""
    page = write_page(
        folder.parent / "second.json",
        release(13, "Respite for young carers", day=31),
        release(12, "Support for young carers", day=30, tag="tenderUpdate", process=11,
                tenderPeriod={"endDate": "2026-05-01T12:00:00+01:00"}),
    )  # fmt: skip
    return [
        ("harvest", ["harvest", "find-a-tender", "--from", str(page), "--no-backfill"], NOW),
        ("compile", ["compile"], NOW),
        ("match", ["match"], NOW),
        ("digest", ["digest"], LATER),
        ("send", ["send"], LATER),
    ]


@pytest.fixture(scope="module")
def subscribed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one opportunity and somebody who has confirmed a search and had the first e-mail."""
    folder = tmp_path_factory.mktemp("kills") / "data"
    page = write_page(folder.parent / "first.json", release(11, "Support for young carers", day=20))
    run(["harvest", "find-a-tender", "--from", str(page)], environ(folder))
    run(["compile"], environ(folder))
    settings = Settings.read(environ(folder))
    with closing(open_private(settings.private_path)) as db:
        now = settings.clock()
        criteria = Criteria.parse("q=carers&stage=open")
        request_alert(db, settings, "pat@example.org", criteria, Frequency.INSTANT, network="127.0.0.1", now=now)
        confirm(db, settings, token_in_confirmation(folder), now)
    for command in (["match"], ["digest"], ["send"]):
        run(command, environ(folder))
    return folder


def token_in_confirmation(folder: Path) -> str:
    """Return the token of the confirmation link, read from the e-mail that asks for it."""
    run(["send"], environ(folder))
    (mail,) = (folder / "mail").glob("*.eml")
    found = re.search(rb"/confirm/([\w.~-]+)", mail.read_bytes().replace(b"=\r\n", b"").replace(b"=\n", b""))
    assert found
    return found[1].decode()


@pytest.fixture(scope="module")
def stages(subscribed: Path) -> Iterator[dict[str, Path]]:
    """The data folder as it stands before each step of an undisturbed chain, and at its end."""
    held = {}
    work = subscribed.parent / "undisturbed"
    shutil.copytree(subscribed, work)
    for name, command, now in chain(subscribed):
        held[name] = subscribed.parent / f"before-{name}"
        shutil.copytree(work, held[name])
        run(command, environ(work, now))
    held["end"] = work
    return held


def summary(folder: Path) -> Summary:
    """What must be the same however often the program died: everything that somebody could notice."""

    def rows(file: str, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(folder / file)) as db:
            return sorted(tuple(row) for row in db.execute(sql))

    return {
        "notices": rows("archive.db", "select source, key, hex(digest), process from notice"),
        "opportunities": rows("public.db", "select id, number, title, stage, closes_at from opportunity"),
        "events": rows("public.db", "select opportunity, type, old, new, silent from event"),
        "matches": rows("private.db", "select opportunity, event from match"),
        "outbox": rows("private.db", "select state, count(*) from outbox group by state"),
        "mail": len({message_id(path) for path in (folder / "mail").glob("*.eml")}),
    }


def letters(folder: Path) -> int:
    return len(list((folder / "mail").glob("*.eml")))


def message_id(path: Path) -> bytes:
    return next(line for line in path.read_bytes().splitlines() if line.lower().startswith(b"message-id:")).split()[1]


def finish(folder: Path, step: str) -> None:
    """Start again after a crash: the chain from that step on, and a sender once the lease of what was in flight has
    run out."""
    steps = chain(folder)
    names = [name for name, _, _ in steps]
    for _, command, now in steps[names.index(step) :]:
        call(command, environ(folder, now))
    call(["send"], environ(folder, "2026-04-01T16:00:00+00:00"))
    call(["send"], environ(folder, "2026-04-01T22:00:00+00:00"))


def call(command: list[str], environment: dict[str, str]) -> None:
    """Run a command in this process: what is not killed need not be a process of its own."""
    result = CliRunner().invoke(cli, command, env=environment, catch_exceptions=False)
    assert result.exit_code in (0, 1), result.output


@pytest.mark.parametrize(
    ("step", "moment"),
    [
        ("harvest", "after"),
        ("compile", "after"),
        ("match", "after"),
        ("digest", "after"),
        ("send", "after"),
        ("send", "before"),
    ],
)
def test_killed_at_any_commit_nothing_is_lost_and_nothing_is_done_twice(
    stages: dict[str, Path], tmp_path: Path, step: str, moment: str
) -> None:
    expected = summary(stages["end"])
    ((command, now),) = [(command, now) for name, command, now in chain(stages["end"]) if name == step]
    for nth in range(1, MOST_COMMITS):
        folder = tmp_path / f"{nth}" / "data"
        shutil.copytree(stages[step], folder)
        if run(command, environ(folder, now), nth, moment) == 0:
            assert nth > 1, "the step committed nothing, so nothing was tested"
            return
        finish(folder, step)
        assert summary(folder) == expected, f"killed {moment} commit {nth} of {step}"
        assert letters(folder) - letters(stages["end"]) in (0, 1), "more than the one in flight came twice"
    pytest.fail(f"{step} never came to an end")
