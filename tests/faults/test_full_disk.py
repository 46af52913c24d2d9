"""A disk that is really full: pages go on, forms say that nothing was stored, people can still leave, and nothing is
lost or told twice (docs/decisions/2026-11-23-faults.md)."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from alerts import alarms, doctor_machine, tokens, watch
from alerts.digests import build
from alerts.doctor_findings import Verdict
from alerts.matching import match
from alerts.sending import send
from tenderbell import room
from tenderbell.commands.health import overview
from tenderbell.database import connect
from tenderbell.errors import TenderbellError
from tenderbell.keeping.backing_up import back_up
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.snapshot import snapshot_of, take_snapshot
from tenderbell.troubles import troubles
from tests.alerts.postbox import Postbox, serving
from tests.alerts.world import Mail, World
from tests.faults.disks import fill, small_disk
from tests.site.conftest import Visitor
from tests.site.test_forms import links_to, sign_up, subscribed

PAGES = ("/", "/opportunities?q=youth", "/opportunities?sort=closing", "/buyers", "/calendar", "/report/2026", "/about")
NOT_STORED = "Nothing that you sent was stored"


def test_pages_are_answered_while_the_disk_is_full_and_status_says_why(small: Settings) -> None:
    visitor = Visitor(small)
    assert visitor.get("/").status_code == 200
    fill(small.data)
    for path in PAGES:
        assert visitor.get(path).status_code == 200, path
    assert "The disk of this site is full. Nothing new is collected until there is room" in visitor.get("/status").text
    found = overview(small)
    assert any("Make room: 0.0 MB are free" in need for need in found["needs"])
    assert found["troubles"][0]["subject"] == "disk"


def test_a_site_that_starts_on_a_full_disk_answers_and_goes_on_when_there_is_room(small: Settings) -> None:
    room.give_up_reserve(small.data)
    other = fill(small.data)
    visitor = Visitor(small)
    for path in PAGES:
        assert visitor.get(path).status_code == 200, path
    assert NOT_STORED in visitor.post("/alerts/new", {"email": "ann@example.org", "search": ""}).text
    other.unlink()
    assert sign_up(visitor).status_code == 200
    assert links_to(small, "confirm")


def test_a_form_that_could_not_be_stored_says_so_and_works_again_without_a_restart(small: Settings) -> None:
    visitor = Visitor(small)
    assert sign_up(visitor, "bob@example.org").status_code == 200
    other = fill(small.data)
    refused = sign_up(visitor)
    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert NOT_STORED in refused.text
    other.unlink()
    with closing(connect(small.private_path, read_only=True)) as private:
        assert [row["email"] for row in private.execute("select email from outbox")] == ["bob@example.org"]
    assert sign_up(visitor).status_code == 200
    with closing(connect(small.private_path, read_only=True)) as private:
        assert private.execute("select count(*) from outbox").fetchone()[0] == 2


def test_somebody_can_leave_although_the_disk_is_full_to_the_last_byte(small: Settings) -> None:
    visitor = Visitor(small)
    manage = subscribed(visitor)
    assert visitor.get(manage).status_code == 200
    fill(small.data)
    with closing(connect(small.private_path, read_only=True)) as private:
        link = _unsubscribe_link(private)
    assert visitor.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    with closing(connect(small.private_path, read_only=True)) as private:
        assert private.execute("select count(*) from profile where ended_at is null").fetchone()[0] == 0
    assert room.is_reserve_spent(small.data)
    refused = sign_up(visitor, "bob@example.org")
    assert (refused.status_code, NOT_STORED in refused.text) == (503, True)


def _unsubscribe_link(private: sqlite3.Connection) -> str:
    profile = private.execute("select id from profile").fetchone()[0]
    return f"/unsubscribe/{tokens.make(private, tokens.Scope.END_ONE, profile)}"


def test_the_operator_is_warned_before_the_disk_is_full(small: Settings) -> None:
    found = room.room_of(small.data)
    fill(small.data, leave=(found.low + found.least) // 2)
    (trouble,) = troubles(small)
    assert trouble.what == "The disk of this site is getting full."
    assert not trouble.waits
    disk = next(one for one in doctor_machine.findings(small, small.clock()) if one.name == doctor_machine.DISK)
    assert disk.verdict is Verdict.WARNING
    with closing(open_private(small.private_path)) as private:
        watch.keep(private, None, small, small.clock())
        assert [alarm.subject for alarm in alarms.raised(private)] == ["disk"]
    assert "is getting full" in Visitor(small).get("/status").text


Step = Callable[[World], Any]
STEPS: tuple[Step, ...] = (
    lambda world: match(world.settings),
    lambda world: build(world.settings),
    lambda world: send(world.settings),
)


@pytest.mark.parametrize("leave", [0, 40_000, 120_000, 400_000])
def test_what_the_alerts_could_not_write_they_write_when_there_is_room(tmp_path: Path, leave: int) -> None:
    with small_disk(tmp_path / "disk", "16m") as disk:
        world = World(disk)
        people = [f"reader-{number}@example.org" for number in range(30)]
        for address in people:
            world.subscribe(address=address)
        for number in range(10):
            world.publish(f"tb-{number}")
        world.wait(minutes=16)
        other = fill(disk, leave=leave)
        for step in STEPS:
            with suppress(sqlite3.OperationalError):
                step(world)
        assert all(Mail(content).text for content in world.delivered())
        assert not list((disk / "mail").glob("*.part"))
        other.unlink()
        for step in STEPS:
            step(world)
            world.wait(minutes=31)  # what was put off has become due
        mails = [Mail(content) for content in world.delivered()]
        assert sorted(mail.message["Delivered-To"] for mail in mails) == sorted(people)
        for mail in mails:
            assert all(f"Grants for tb-{number}" in mail.text for number in range(10))


def test_nothing_is_sent_that_could_not_be_noted_before(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16m") as disk, serving(Postbox()) as box:
        world = World(disk, mail=box.url)
        world.subscribe()
        world.publish("tb-1")
        match(world.settings)
        world.wait(minutes=16)
        assert build(world.settings).digests == 1
        other = fill(disk)
        with pytest.raises(sqlite3.OperationalError):
            send(world.settings)
        assert box.accepted == []
        other.unlink()
        assert send(world.settings).sent == 1
        assert len(box.accepted) == 1


def test_a_message_whose_result_could_not_be_noted_is_sent_once_more_with_the_same_name(tmp_path: Path) -> None:
    class Filling(Postbox):
        """Fills the disk at the moment at which it has taken a message."""

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            if not self.accepted:
                fill(disk)
            return await super().handle_DATA(server, session, envelope)

    with small_disk(tmp_path / "disk", "16m") as disk, serving(Filling()) as box:
        world = World(disk, mail=box.url)
        world.subscribe()
        world.publish("tb-1")
        match(world.settings)
        world.wait(minutes=16)
        assert build(world.settings).digests == 1
        with world.private() as private:  # the log as it is when much was written: folded back, and full to the next
            private.execute("pragma wal_checkpoint(truncate)")
        with pytest.raises(sqlite3.OperationalError):
            send(world.settings)
        (disk / "something-else").unlink()
        world.wait(minutes=31)
        for _ in range(3):
            send(world.settings)
        assert len(box.accepted) == 2
        assert len({Mail(content).message["Message-ID"] for _, _, content in box.accepted}) == 1
        assert world.states() == ["sent"]


def test_a_snapshot_and_a_backup_for_which_there_is_no_room_leave_the_ones_before(small: Settings) -> None:
    snapshot = take_snapshot(small)
    fill(small.data, leave=100_000)
    with pytest.raises(sqlite3.OperationalError):
        take_snapshot(small)
    with pytest.raises(TenderbellError, match="room"):
        back_up(small, small.data / "backups")
    assert snapshot_of(small) == snapshot
    assert [path.name for path in snapshot.path.parent.iterdir()] == ["public.db"]
    assert not [path for path in (small.data / "backups").iterdir() if path.is_dir()]
