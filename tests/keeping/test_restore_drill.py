"""The drill: a site that is used is backed up, burns down, and stands again in an empty folder."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from alerts import signup, tokens
from tenderbell.archive import end_run, open_archive, start_run
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.keeping import manifest
from tenderbell.keeping.backing_up import backups_in
from tenderbell.keeping.copying import rows_of
from tenderbell.private import open_private
from tenderbell.public import read_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency
from tests.cli.shell import Shell
from tests.schedules.programs import page, running

LATER = "2026-11-22T11:00:00+00:00"


class Site:
    """The command line on a folder, with mail that goes elsewhere, and a site that serves it."""

    def __init__(self, folder: Path) -> None:
        self.shell = Shell(folder)
        self.shell.environ |= {"TENDERBELL_MAIL": f"folder:{folder / 'mail'}", "TENDERBELL_PORT": "0"}
        self.backups = folder / "backups"

    @property
    def settings(self) -> Settings:
        return self.shell.settings

    def subscribe(self, name: str) -> None:
        with closing(open_private(self.settings.private_path)) as db:
            now = self.settings.clock()
            signup.request_alert(
                db, self.settings, f"{name}@example.org", Criteria.parse("stage=open"), Frequency.INSTANT,
                network=name, now=now,
            )  # fmt: skip
            request = db.execute("select max(id) from request").fetchone()[0]
            assert signup.confirm(db, self.settings, tokens.make(db, tokens.Scope.CONFIRM, request), now)
            with transaction(db):
                db.execute("delete from outbox")

    def run(self, now: str = LATER) -> None:
        """Do what the scheduler does, two hours later."""
        for command in ("compile", "match", "digest", "send"):
            assert self.shell.type(command, TENDERBELL_NOW=now).exit_code == 0

    def told(self) -> list[tuple[str, str]]:
        """Return whom each e-mail went to, and which opportunities it named, one by one."""
        found = []
        for path in (self.shell.folder / "mail").glob("*.eml"):
            text = path.read_text("utf-8", "replace")
            to = re.search(r"^Delivered-To: (\S+)", text, re.M)
            assert to
            ids = set(re.findall(r"/opportunities/([0-9a-z-]{6,})", text.partition("text/html")[0].replace("=\n", "")))
            found += [(to[1], id) for id in ids]
        return found

    def pages(self) -> dict[str, str]:
        """Return what the site answers on its pages of opportunities, lists and buyers."""
        with closing(read_public(self.settings.public_path)) as db:
            ids = [row[0] for row in db.execute("select id from opportunity order by id limit 12")]
        paths = ["/opportunities", "/opportunities.json", "/buyers", *(f"/opportunities/{id}" for id in ids)]
        with running(["tenderbell", "serve"], self.shell.environ) as program:
            address = program.address
            page(f"{address}/opportunities", holding="</html>")
            answers = {path: httpx.get(address + path, timeout=60) for path in paths}
            program.end()
        assert {answer.status_code for answer in answers.values()} == {200}
        return {path: without_moments(answer.text, address) for path, answer in answers.items()}


def without_moments(text: str, address: str) -> str:
    """Leave out what each start of a site makes anew."""
    return re.sub(r'name="csrftoken" value="[^"]*"', "", text.replace(address, ""))


@pytest.mark.kill
def test_a_site_that_burns_down_stands_again_with_everybody_and_everything(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.shell.stock()
    for name in ("ann", "bob"):
        site.subscribe(name)
    second = str(site.shell.saved(2))
    assert site.shell.type("harvest", "find-a-tender", "--from", second).exit_code == 0
    site.shell.type("compile")
    site.shell.type("match")
    before = site.pages()

    back_up_while_everybody_writes(site)
    made = manifest.read(backups_in(site.backups)[-1])
    site.run()
    told = site.told()
    assert {name for name, _ in told} == {"ann@example.org", "bob@example.org"}

    shutil.rmtree(site.settings.data)
    restore_while_somebody_pulls_the_plug(site)
    for path in (site.settings.archive_path, site.settings.public_path, site.settings.private_path):
        with closing(open_archive(path) if path.name == "archive.db" else read_public(path)) as db:
            held, copied = rows_of(db), made.file(path.name)
        assert copied
        assert {table: count for table, count in copied.rows.items() if held.get(table, 0) < count} == {}
    assert site.pages() == before

    site.run()
    assert site.shell.type("harvest", "find-a-tender", "--from", second).exit_code == 0
    site.run()
    assert sorted(site.told()) == sorted(told), "somebody was told twice"
    assert site.shell.json("status")["private"]["subscribers"] == 2


def back_up_while_everybody_writes(site: Site) -> None:
    """Make a backup beside writers that never stop, after one that was killed on its way."""
    stop = threading.Event()

    def collect() -> None:
        with closing(open_archive(site.settings.archive_path)) as db:
            while not stop.is_set():
                run = start_run(db, "county-fund", site.settings.clock())
                end_run(db, run, site.settings.clock(), complete=True, reason="Finished.")

    def ask() -> None:
        with closing(open_private(site.settings.private_path)) as db:
            while not stop.is_set():
                with transaction(db):
                    db.execute("insert into form_hit values ('x', 1.0, 2.0)")

    writers = [threading.Thread(target=work) for work in (collect, ask)]
    for writer in writers:
        writer.start()
    try:
        kill_soon(site, ["backup", str(site.backups)])
        assert site.shell.type("backup", str(site.backups)).exit_code == 0
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert not list(site.backups.glob(".unfinished-*"))


def restore_while_somebody_pulls_the_plug(site: Site) -> None:
    kill_soon(site, ["restore", str(site.backups)])
    result = site.shell.type("restore", str(site.backups), TENDERBELL_NOW=LATER)
    if result.exit_code:  # it was quicker than the plug
        assert "is there already" in result.stderr
    assert site.shell.type("status").exit_code == 0


def kill_soon(site: Site, command: list[str]) -> None:
    """Start a command and kill it at some moment of its work."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tenderbell", *command],
        env={**os.environ, **site.shell.environ, "TENDERBELL_NOW": LATER},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    marks = (site.backups, site.settings.data)
    began = time.monotonic()
    while child.poll() is None and time.monotonic() - began < 30:
        if any(mark.exists() and any(mark.glob(pattern)) for mark in marks for pattern in (".unf*", "*.restoring*")):
            time.sleep(random.Random(7).random() / 50)
            break
    child.send_signal(signal.SIGKILL)
    child.wait()
