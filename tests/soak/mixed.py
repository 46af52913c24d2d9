"""Mixed load: the whole program for a while, with publishers, readers and visitors, and something killed every minute.

    python -m tests.soak mixed --minutes 60

`tenderbell run` with two site processes harvests from publishers on this machine that go on publishing, and sends into
a mail server on this machine. Every minute a worker, the parent or a running step is killed with SIGKILL; a supervisor
starts the program again at once. At the end everything published must have a page, and every reader must have been told
of everything that fits, once.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from tenderbell.settings import PROJECT, Settings
from tests.bench.measuring import serving
from tests.soak.deliveries import read_digest
from tests.soak.letterbox import Letterbox
from tests.soak.mixed_verdict import Judgement, Verdict
from tests.soak.publisher import FEED, WORDS, Publisher, publishing
from tests.soak.running import Hand, Kill, Running
from tests.soak.visitors import Crowd, Request

EDITION = """
id = "mixed"
title = "Mixed Load"
strapline = "every tender and grant"
area = "gloucestershire"
url = "{site}"

[mail]
name = "Mixed Load"
address = "alerts@tenderbell.example"
operator = "operator@tenderbell.example"

[[source]]
id = "find-a-tender"
title = "Find a Tender"
url = "{url}"
since_days = 1
delay = 0.0

[[source]]
id = "county-fund"
title = "County fund"
spider = "feed"
url = "{url}{feed}"
kind = "grant"
reach = "local"
delay = 0.0
"""

JOBS = {
    "harvest-tenders": ("harvest find-a-tender", 1),
    "harvest-fund": ("harvest county-fund", 1),
    "digest": ("digest instant", 1),
    "letters": ("letters", 2),
    "send": ("send", 1),
    "tidy": ("tidy", 7),
    "snapshot": ("snapshot", 5),
}
"""Command and minutes of each job."""

SETTLED = timedelta(minutes=3)
"""How long a notice is left alone before it changes: it should have been told by then."""

SHORT_MINUTES = 10
"""Up to here there are few subjects and many readers, so that something is told, and nobody waits for a lease."""

LEASE_MINUTES = 17
"""How long a message whose sender was killed may wait until it is sent once more, and what follows."""


class Mixed:
    """One run. `say` receives a line now and then for whoever watches."""

    def __init__(
        self, folder: Path, minutes: float, seed: int, say: Callable[[str], None], *, kill_every: float = 60.0
    ) -> None:
        self.folder, self.minutes, self.say, self.kill_every = folder, minutes, say, kill_every
        self.dice = random.Random(seed)
        self.seed = seed
        self.data = folder / "data"
        self.words = WORDS if minutes > SHORT_MINUTES else WORDS[:6]

    def run(self) -> tuple[Verdict, Mapping[str, int]]:
        """Run it all and return the verdict, and how often what was killed."""
        (self.folder / "post").mkdir()
        with (
            publishing(self.seed, self.words) as publisher,
            serving("tests.soak.mail_server", self.seed, self.folder / "post") as post,
            pacified(post["pid"]),
        ):
            return asyncio.run(self._live(publisher, post["port"]))

    async def _live(self, publisher: Publisher, mail: int) -> tuple[Verdict, Mapping[str, int]]:
        environ = self._environ(publisher, mail)
        site = environ["TENDERBELL_URL"]
        running = Running(environ, site, self.folder / "program.log")
        letterbox = Letterbox(self.folder / "post")
        crowd = Crowd(site, letterbox, random.Random(self.seed + 1), self.words)
        hand = Hand(running, random.Random(self.seed + 2), self.say)
        for _ in range(12):
            publisher.publish()
        keeping = asyncio.create_task(running.keep())
        looking = asyncio.create_task(again(1, letterbox.look))
        try:
            await running.answers()
            # What was there at the first harvest is told to nobody (ruling 3); readers begin when it has its pages.
            await self._until(lambda: _shown(self.data) == len(publisher.adverts), 300)
            await self._under_load(publisher, crowd, hand)
            await self._settle(publisher)
            crowd.closing.set()
            self.say(f"ended in {await running.end():.1f} s")
        finally:
            looking.cancel()
            crowd.closing.set()
            if running.process and running.process.returncode is None:
                await running.end()
            await keeping
        letterbox.look()
        return self._judged(environ, publisher, crowd, letterbox, hand), hand.died

    async def _under_load(self, publisher: Publisher, crowd: Crowd, hand: Hand) -> None:
        """Publish, read, sign up and kill for the time given; then let nobody new come and let nothing new out."""
        until = time.monotonic() + self.minutes * 60
        life = asyncio.create_task(self._publish(publisher))
        killing = asyncio.create_task(self._kill(hand, until))
        visitors = [asyncio.create_task(crowd.browse(0.6)) for _ in range(6)]
        visitors.append(asyncio.create_task(crowd.arrive(12.0 if self.minutes > SHORT_MINUTES else 4.0)))
        while time.monotonic() < until:
            await asyncio.sleep(min(30, max(0.1, until - time.monotonic())))
            self.say(
                f"{(until - time.monotonic()) / 60:5.1f} minutes left: {len(publisher.adverts)} adverts, "
                f"{len(crowd.readers)} readers, {len(crowd.requests):,} requests, {len(hand.kills)} kills, "
                f"{len(crowd.letterbox.arrived):,} e-mails"
            )
        life.cancel()
        await killing  # whoever was killed last is back
        # A reader who had not finished signing up does not count; those who had stay until the end.
        crowd.closing.set()
        for outcome in await asyncio.gather(life, *visitors, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _kill(self, hand: Hand, until: float) -> None:
        """Kill something each time that the interval is over, and see the last one come back."""
        due = time.monotonic() + self.kill_every
        while due < until:
            await asyncio.sleep(max(0, due - time.monotonic()))
            await hand.kill()
            due = max(due + self.kill_every, time.monotonic())

    async def _publish(self, publisher: Publisher) -> None:
        while True:
            publisher.publish()
            if self.dice.random() < 0.3:
                publisher.change(SETTLED)
            await asyncio.sleep(self.dice.expovariate(1 / 8))

    async def _settle(self, publisher: Publisher) -> None:
        """Wait until everything has been harvested, compiled, matched, written and sent: nothing is killed any more."""
        keys = {key for advert in publisher.adverts.values() for key in advert.keys}
        await self._until(lambda: keys <= _archived(self.data), 180)
        await self._until(lambda: _rest(self.data) == "", LEASE_MINUTES * 60 if self.minutes > SHORT_MINUTES else 150)
        if left := _rest(self.data):
            self.say(f"not settled: {left}")

    async def _until(self, truth: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(sqlite3.OperationalError):
                if truth():
                    return
            await asyncio.sleep(1)

    def _environ(self, publisher: Publisher, mail: int) -> dict[str, str]:
        site = f"http://127.0.0.1:{_free_port()}"
        jobs = "".join(
            f'\n[[job]]\nid = "{id}"\ncommand = {json.dumps(command.split())}\nevery_minutes = {every}\n'
            for id, (command, every) in JOBS.items()
        )
        path = self.folder / "mixed.toml"
        path.write_text(EDITION.format(site=site, url=publisher.server.url, feed=FEED) + jobs)
        return {
            "TENDERBELL_EDITION": str(path),
            "TENDERBELL_DATA": str(self.data),
            "TENDERBELL_MAIL": f"smtp://127.0.0.1:{mail}",
            "TENDERBELL_URL": site,
            "TENDERBELL_PORT": site.rpartition(":")[2],
            "TENDERBELL_PROXIES": "127.0.0.1",
            "TENDERBELL_WORKERS": "2",
        }

    def _judged(
        self, environ: Mapping[str, str], publisher: Publisher, crowd: Crowd, letterbox: Letterbox, hand: Hand
    ) -> Verdict:
        self._write_down(crowd, hand)
        pages = _pages(environ)
        unknown = _unknown(Settings.read(environ))
        judgement = Judgement(publisher.adverts, crowd.readers, hand.kills)
        return judgement.judge(crowd.requests, pages, letterbox.arrived, unknown)

    def _write_down(self, crowd: Crowd, hand: Hand) -> None:
        """Keep what was asked and what was killed, for whoever has to find out why."""
        with (self.folder / "requests.jsonl").open("w") as file:
            happened: list[Request | Kill] = [*crowd.requests, *hand.kills]
            for one in sorted(happened, key=_moment):
                file.write(json.dumps(asdict(one)) + "\n")


@contextmanager
def pacified(pid: int) -> Any:
    """Let the mail server have no faults of its own for the block: a line on its input says so."""
    with Path(f"/proc/{pid}/fd/0").open("w") as to_it:
        to_it.write("calm\n")
    yield


def _moment(one: Request | Kill) -> float:
    return one.start if isinstance(one, Request) else one.at


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def again(seconds: float, do: Callable[[], Any]) -> None:
    """Do something every so many seconds, for ever. What takes longer is not done twice at a time."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        await asyncio.sleep(max(0, due - loop.time()))
        due = max(due + seconds, loop.time())
        outcome = do()
        if asyncio.iscoroutine(outcome):
            await outcome


def _shown(data: Path) -> int:
    return int(_asked(data / "public.db", "select count(*) from opportunity")[0][0])


def _archived(data: Path) -> set[str]:
    return {row[0] for row in _asked(data / "archive.db", "select key from notice")}


def _rest(data: Path) -> str:
    """Return what is still on its way from an archived notice to a mailbox, in words; "" for nothing."""
    compiled = _asked(data / "public.db", "select coalesce(max(cursor), 0) from step where name = 'compile'")[0][0]
    newest = _asked(data / "archive.db", "select coalesce(max(number), 0) from notice")[0][0]
    matched = _asked(data / "private.db", "select coalesce(max(cursor), 0) from step where name = 'match'")[0][0]
    events = _asked(data / "public.db", "select coalesce(max(number), 0) from event")[0][0]
    if compiled < newest or matched < events:
        return f"compiled {compiled} of {newest}, matched {matched} of {events}"
    if claimable := _asked(data / "private.db", _WAITING)[0][0]:
        return f"{claimable} matches that no e-mail tells yet"
    waiting = _asked(data / "private.db", "select state, count(*) from outbox where state not in "
                     "('sent', 'failed', 'withdrawn') group by state")  # fmt: skip
    return ", ".join(f"{count} {state}" for state, count in waiting)


_WAITING = (
    "select count(*) from match join profile on profile.id = match.profile "
    "where match.state = 'waiting' and profile.ended_at is null and profile.frequency = 'instant'"
)


def _asked(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        return db.execute(sql).fetchall()


def _pages(environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return every opportunity as `tenderbell search` gives it to other programs."""
    done = subprocess.run(
        [sys.executable, "-m", "tenderbell", "search", "--all", "--json"],
        capture_output=True, text=True, env={**os.environ, **environ}, cwd=PROJECT, check=True,
    )  # fmt: skip
    pages: list[dict[str, Any]] = json.loads(done.stdout)["opportunities"]
    return pages


def _unknown(settings: Settings) -> set[tuple[str, int, int]]:
    """Return (address, advert, version) of what stands in e-mails of which the product does not know whether they
    arrived."""
    rows = _asked(
        settings.private_path,
        "select email, content from outbox join body on body.outbox = outbox.id where state in ('unknown', 'sending')",
    )
    digests = [digest for address, content in rows if (digest := read_digest(bytes(content), address))]
    return {(digest.to, number, version) for digest in digests for number, version in digest.told}


def main(arguments: list[str] | None = None) -> int:
    """Run; 0 when nothing failed, was lost, repeated or wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak mixed", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--kill-every", type=float, default=60, help="seconds from one kill to the next")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--keep", type=Path, help="a folder for the databases and logs, which then stay")
    asked = parser.parse_args(arguments)
    print(f"{asked.minutes:g} minutes, a kill every {asked.kill_every:g} s; again: --seed {asked.seed}", flush=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tenderbell-mixed-") as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        mixed = Mixed(
            folder, asked.minutes, asked.seed, lambda line: print(line, file=sys.stderr, flush=True),
            kill_every=asked.kill_every,
        )  # fmt: skip
        verdict, died = mixed.run()
    print(verdict.report(died))
    print(f"{time.monotonic() - start:.0f} s")
    return 1 if verdict.mistakes else 0
