"""A month of Tenderbell, by a clock that is moved: what happens each day, and the verdict at its end."""

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from alerts.sending import send
from tenderbell.settings import PROJECT
from tests.soak.county import Bell, County
from tests.soak.deliveries import Digest, attempts, read_digest
from tests.soak.oracle import UK, Oracle
from tests.soak.steps import Steps
from tests.soak.verdict import Judge, Verdict

FIRST_DAY = date(2026, 10, 10)
"""Thirty days from here hold the night of 25 October, on which 01:30 happens twice."""

DAY: tuple[tuple[time, str], ...] = (
    (time(0, 50), "publish match"),
    (time(1, 30), "match digest send"),
    (time(2, 10), "publish match digest send"),
    (time(7, 0), "publish act match"),
    (time(8, 29), "digest send"),
    (time(8, 30), "digest send"),
    (time(8, 50), "send"),
    (time(12, 0), "publish act match digest send"),
    (time(12, 15), "digest send"),
    (time(18, 0), "publish match"),
    (time(18, 20), "digest send"),
    (time(22, 0), "send"),
)
"""What is done at which times of a UK clock."""

MISSED = 0.05
"""How often the machine is off when something is due."""

FAILING = 0.1
"""How often a harvest fails, so that what it would have brought comes with the next one."""


@dataclass
class Soak:
    """How large, how long, and where."""

    folder: Path
    days: int = 30
    subscribers: int = 5_500
    seed: int = 1
    say: Callable[[str], None] = lambda sentence: None

    def run(self) -> tuple[Verdict, Counter[str]]:
        """Live the month; return the verdict, and how often which step was killed."""
        (self.folder / "server").mkdir(parents=True)
        with mail_server(self.seed, self.folder / "server") as server:
            month = _Month(self, server)
            for day in range(self.days):
                month.live(FIRST_DAY + timedelta(days=day))
            month.calm_down()
        return month.judge(), month.steps.died


class _Month:
    def __init__(self, soak: Soak, server: "MailServer") -> None:
        self._soak = soak
        self._server = server
        self._dice = random.Random(soak.seed)
        (soak.folder / "bell").mkdir()
        self._bell = Bell(soak.folder / "bell", mail=f"smtp://127.0.0.1:{server.port}", now=_at(FIRST_DAY, time()))
        self._oracle = Oracle()
        self._county = County(self._bell, self._oracle, self._dice)
        self.steps = Steps(self._dice, lambda: self._bell.settings)
        self._left_at: dict[str, int] = {}
        self._kept_back = 0
        self._county.publish(5)
        self.steps.run("match")
        self._oracle.match(self._bell.now)
        self._county.join(soak.subscribers)

    def live(self, day: date) -> None:
        """Live one day by the clock. On the night on which the clock goes back, the hour that comes twice is lived
        twice; on the other one, an hour is skipped."""
        moments = sorted((moment, doing) for at, doing in DAY for moment in all_at(day, at))
        for moment, doing in moments:
            self._bell.now = moment
            if self._dice.random() >= MISSED:
                for what in doing.split():
                    self._do(what)
        self._soak.say(f"{day:%d %B %Y}: {len(self._oracle.tellings):,} items told so far")

    def _do(self, what: str) -> None:
        if what == "publish":
            self._harvest()
        elif what == "act":
            self._county.act(self._soak.subscribers)
            seen = self._server.attempts()
            for name, person in self._oracle.people.items():
                if person.gone_at is not None:
                    self._left_at.setdefault(name, seen)
        else:
            self.steps.run(what)
            if what == "match":
                self._oracle.match(self._bell.now)
            elif what == "digest":
                self._oracle.build(self._bell.now)

    def _harvest(self) -> None:
        self._kept_back += 1
        if self._dice.random() >= FAILING:
            self._county.publish(self._kept_back)
            self._kept_back = 0

    def calm_down(self) -> None:
        """Send what is left, to a server that no longer misbehaves, until nothing is on its way."""
        self._server.calm()
        for _ in range(96):
            self._bell.now += timedelta(hours=1)
            send(self._bell.settings)

    def judge(self) -> Verdict:
        """Compare."""
        judge = Judge(self._oracle, self._county.versions, self._left_at)
        return judge.judge(attempts(self._soak.folder / "server"), self._unknown())

    def _unknown(self) -> Iterator[Digest]:
        rows = self._bell.rows(
            "select email, content from outbox join body on body.outbox = outbox.id where state = 'unknown'"
        )
        for row in rows:
            if digest := read_digest(row["content"], row["email"]):
                yield digest


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, UK).astimezone(UTC)


def all_at(day: date, at: time) -> set[datetime]:
    """Return the instants at which a UK clock shows a time: two on one night of the year."""
    return {datetime.combine(day, at.replace(fold=fold), UK).astimezone(UTC) for fold in (0, 1)}


class MailServer:
    """The mail server's process."""

    def __init__(self, child: "subprocess.Popen[str]", log: Path) -> None:
        self._child = child
        self._log = log
        assert child.stdin
        assert child.stdout
        self._stdin, self._stdout = child.stdin, child.stdout
        self.port = int(json.loads(self._stdout.readline())["port"])

    def attempts(self) -> int:
        """Return how many attempts it has noted."""
        with self._log.open("rb") as log:
            return sum(1 for _ in log)

    def calm(self) -> None:
        """End the misbehaviour."""
        self._stdin.write("calm\n")
        self._stdin.flush()
        self._stdout.readline()


@contextmanager
def mail_server(seed: int, folder: Path) -> Iterator[MailServer]:
    """Serve for the block."""
    (folder / "log").touch()
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.soak.mail_server", str(seed), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT,
    )  # fmt: skip
    try:
        yield MailServer(child, folder / "log")
    finally:
        assert child.stdin
        assert child.stdout
        child.stdin.close()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()
