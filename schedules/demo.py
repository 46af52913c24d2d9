"""The main job on sample notices, without a network: `make demo`, with the edition that TENDERBELL_EDITION names.

Small local servers play Find a Tender, Contracts Finder, portals, grant sites and feeds. Their notices go through the
same spiders, and come in two portions, so that the second makes alerts for a sample subscriber.
"""

import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from socket import socket

import click
import msgspec

from alerts import signup, tokens
from alerts.queue import status
from alerts.tokens import Scope
from schedules import samples
from schedules.children import Children
from schedules.sample_cast import Cast
from schedules.sample_places import Places, answering
from schedules.scheduler import Scheduler
from schedules.service import ending, in_loop, prepare
from schedules.website import Site, address, build_app, listen
from spiders.rehearsal.find_a_tender import Rehearsal
from tenderbell.area import area_path
from tenderbell.criteria import Criteria
from tenderbell.database import connect
from tenderbell.edition import SCHEDULES, edition_path
from tenderbell.errors import TenderbellError
from tenderbell.phrases import plural
from tenderbell.private import open_private
from tenderbell.seeing.log import say
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency

WAIT_SECONDS = 60
"""How long the second portion waits for somebody to confirm a sign-up."""

LOOK_SECONDS = 0.5
"""How often it looks whether somebody has."""

SAMPLE_HOST = "http://sample.example"
SUBSCRIBER = "sample.subscriber@village-hall.example"
OTHERS = "select count(*) from request where confirmed_at is not null and email <> ?"
STEPS = (("compile",), ("match",), ("digest", Frequency.INSTANT), ("send",))
"""Instant alerts that are asked for by name do not wait for company, as they otherwise do for some minutes."""


class DemonstrationFailed(TenderbellError):
    """A step of the demonstration did not work."""


class Demonstration:
    """The sample server, the settings that point at it, and what happens to it in order."""

    def __init__(self, settings: Settings, stage: "Stage", children: Children) -> None:
        self.settings, self.stage, self.children = settings, stage, children

    async def first_portion(self) -> None:
        """Collect what was published up to now. As in a first start, nobody is alerted; then somebody signs up."""
        await self._collect()
        with closing(open_private(self.settings.private_path)) as db:
            subscribe(self.settings, db, self.settings.clock())
        await self._step(("send",))

    async def confirmed(self, wait: float) -> bool:
        """Wait until somebody besides the sample subscriber has confirmed a sign-up, so long at the most, and return
        whether somebody did."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while not self._is_confirmed():
                    await asyncio.sleep(LOOK_SECONDS)
                return True
        return False

    def _is_confirmed(self) -> bool:
        with closing(connect(self.settings.private_path, read_only=True)) as db:
            return bool(db.execute(OTHERS, (SUBSCRIBER,)).fetchone()[0])

    async def second_portion(self) -> int:
        """Publish more, collect it, and return how many e-mails were sent up to now."""
        now = self.settings.clock()
        self.stage.publish(now, 2)
        await self._collect()
        with closing(open_private(self.settings.private_path)) as db:
            return int(status(db)["outbox"]["sent"])

    async def _collect(self) -> None:
        # One portal refuses everybody, so that a failing source can be seen: the harvest exits 1.
        for report in msgspec.json.decode(await self._step(("harvest", "--json"), allowed=(0, 1))):
            ending = "" if report["finished"] else f". {report['reason']}"
            new = plural(report["new"], "new sample notice")
            say(f"{report['source']}: {new}, {report['changed']:,} changed{ending}")
        for step in STEPS:
            await self._step(step)

    async def _step(self, command: Sequence[str], allowed: Sequence[int] = (0,)) -> str:
        outcome = await self.children.run(command)
        if outcome.code not in allowed:
            raise DemonstrationFailed(f"tenderbell {' '.join(command)} did not work: {outcome.last_line}")
        return outcome.output


def subscribe(settings: Settings, db: sqlite3.Connection, now: datetime) -> None:
    """Sign the sample subscriber up for whatever is open, as the form and the link in the e-mail would."""
    criteria = Criteria.parse("stage=open")
    signup.request_alert(db, settings, SUBSCRIBER, criteria, Frequency.INSTANT, network="127.0.0.1", now=now)
    request = db.execute("select max(id) from request").fetchone()[0]
    signup.confirm(db, settings, tokens.make(db, Scope.CONFIRM, request), now)


class Stage:
    """Every server of the demonstration, Find a Tender with the feeds and the other places, and who plays whom."""

    def __init__(self, server: Rehearsal, places: Places, cast: Cast) -> None:
        self.server, self.places, self.cast = server, places, cast

    def publish(self, now: datetime, portion: int) -> None:
        """Let the servers publish a portion of the sample notices."""
        self.server.add_releases(samples.releases(now, portion, self.cast))
        for path, body in samples.feeds(now, portion, self.cast).items():
            self.server.set_feed(path, body)
        self.places.publish(now, portion, self.cast)

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each server by the host that stands for it in the edition."""
        places = {host: place.url for host, place in self.places.servers.items()}
        return {SAMPLE_HOST: self.server.url, **places}


@contextmanager
def on_stage(cast: Cast) -> Iterator[Stage]:
    """Start every server, and stop them afterwards."""
    with Rehearsal() as server, answering() as places:
        yield Stage(server, places, cast)


@contextmanager
def data_folder(wanted: str | None) -> Iterator[Path]:
    """Yield the folder that was wanted, or a temporary one. Raises DemonstrationFailed when it holds something."""
    if wanted:
        folder = Path(wanted).absolute()
        if (folder / "archive.db").exists():
            raise DemonstrationFailed(f"{folder} holds notices already. The demonstration needs an empty folder.")
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    temporary = Path(tempfile.mkdtemp(prefix="tenderbell-demo-"))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_edition(folder: Path, stage: Stage, settings: Settings) -> Path:
    """Write the demonstration's edition, for the area and under the title of the one that `settings` name, with the
    addresses of the sample servers, and return its file."""
    text = (SCHEDULES / "demo.toml").read_text("utf-8")
    for home, ours in (
        ('"Gloucestershire Opportunities"', msgspec.json.encode(settings.edition.title).decode()),
        ('area = "gloucestershire"', f'area = "{settings.edition.area}"'),
        ('buyer = "stroud-district-council"', f'buyer = "{stage.cast.body_name("stroud")}"'),
    ):
        text = text.replace(home, ours)
    text = stage.cast.told(text)
    for host, url in stage.addresses.items():
        text = text.replace(host, url)
    _write(folder / "areas" / f"{settings.edition.area}.toml", _area_text(settings))
    return _write(folder / "demo.toml", text)


def _area_text(settings: Settings) -> str:
    return area_path(settings.edition.area, edition_path(settings.edition_name)).read_text("utf-8")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def guide(site: str) -> str:
    """Return what to look at."""
    return (
        f"\nSample notices, no network: {site}\n"
        f"  {site}/opportunities?stage=open   what somebody could apply for today\n"
        f"  {site}/outbox                     every e-mail that this site sends; none leaves this machine\n"
        "  Search for something, press the button to have it e-mailed, and give any address: the e-mail that asks\n"
        "  you to confirm is in the outbox within seconds, and every e-mail ends with a link that unsubscribes.\n"
        "  Once you have confirmed, or else after a minute, more notices are published. A sample subscriber is told\n"
        "  of them; so are you, if they fit and you asked to be told at once.\n"
        "  Stop with Ctrl-C.\n"
    )


async def once(settings: Settings, stage: Stage) -> None:
    """Do everything without a site: for tests and checks."""
    demonstration = Demonstration(settings, stage, Children(say))
    await demonstration.first_portion()
    say(f"{await demonstration.second_portion():,} e-mails are in {settings.mail}")


async def show(settings: Settings, stage: Stage, listening: socket, wait: float) -> None:
    """Run site and scheduler on the sample notices until a signal asks to end."""
    ended = ending()
    children = Children(say)
    site, scheduler = Site(build_app(settings)), Scheduler(settings, children, say)
    serving = asyncio.create_task(site.serve([listening]))
    story = asyncio.create_task(_tell(Demonstration(settings, stage, children), scheduler, address(listening), wait))
    try:
        await ended.wait()
    finally:
        story.cancel()
        await asyncio.gather(scheduler.stop(), site.end(serving))
        await asyncio.gather(story, return_exceptions=True)


async def _tell(demonstration: Demonstration, scheduler: Scheduler, site: str, wait: float) -> None:
    try:
        await demonstration.first_portion()
        scheduler.start()
        say(guide(site))
        await demonstration.confirmed(wait)
        sent = await demonstration.second_portion()
        say(f"More notices were published. The outbox now shows {sent:,} e-mails: {site}/outbox")
    except DemonstrationFailed as error:
        say(str(error))


@click.command()
@click.option("--once", "is_once", is_flag=True, help="Do everything without a site, and end.")
@click.option("--fast", is_flag=True, help="Publish the second portion at once.")
def main(is_once: bool, fast: bool) -> None:
    """Show the whole journey on sample notices: a notice, a page, a sign-up, an e-mail, an unsubscribe."""
    try:
        settings = Settings.read()
        cast = Cast(settings.area)
        with data_folder(os.environ.get("TENDERBELL_DATA")) as folder, on_stage(cast) as stage:
            _run(folder, stage, settings, is_once, 0 if fast else WAIT_SECONDS)
    except TenderbellError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _run(folder: Path, stage: Stage, settings: Settings, is_once: bool, wait: float) -> None:
    os.environ["TENDERBELL_DATA"] = str(folder)
    os.environ["TENDERBELL_EDITION"] = str(write_edition(folder, stage, settings))
    stage.publish(Settings.read().clock(), 1)
    if is_once:
        prepare(Settings.read())
        in_loop(once(Settings.read(), stage))
        return
    with listen(Settings.read()) as listening:
        os.environ.setdefault("TENDERBELL_URL", address(listening))
        prepare(Settings.read())
        say(f"Collecting sample notices. The site is on {address(listening)}")
        in_loop(show(Settings.read(), stage, listening, wait))


if __name__ == "__main__":
    main()
