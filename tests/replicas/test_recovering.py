"""Back from the target: everything, nothing over what is there, and no number given out twice."""

import asyncio
import contextlib
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts import digests, matching, restored
from schedules import replicating
from schedules.replicating import Replicating
from tenderbell.cli import cli
from tenderbell.keeping.errors import InTheWay
from tenderbell.replicas import litestream, recovering, states
from tenderbell.replicas.errors import IsReplica, NoTarget, NothingThere, Unreachable
from tenderbell.replicas.target import place_of, shown, without_secrets
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency
from tests.replicas.machines import REPLICATE, County, machine, wait_for


@pytest.fixture
def county(tmp_path: Path) -> County:
    return County(tmp_path / "county", f"file://{tmp_path / 'target'}")


def copy_once(county: County, *names: str) -> None:
    """Copy some of the databases, as they are now, and no others."""
    data = county.world.settings.data
    content = litestream.configuration(county.replica, {name: data / name for name in names})
    configured = litestream.write_configuration(county.folder / "once.json", content)
    asyncio.run(litestream.ask(["replicate", "-config", str(configured), "-no-expand-env", "-once"]))


def recovered(county: County) -> recovering.Restored:
    shutil.rmtree(county.world.settings.data)
    settings = Settings.read(county.environ())
    return recovering.recover(settings, restored.settle)


def tell(county: County) -> int:
    """Match and write what is to be told at once; return how many e-mails were written."""
    matching.match(county.world.settings)
    return digests.build(county.world.settings, frequency=Frequency.INSTANT).digests


def test_a_file_that_is_behind_what_another_has_read_of_it_gives_no_number_twice_and_tells_nobody_twice(
    county: County,
) -> None:
    county.world.subscribe("kind=grant")
    county.world.publish("before")
    copy_once(county, "public.db", "archive.db", "private.db")
    county.world.publish("lost")
    assert tell(county) == 1
    ahead = county.world.rows("select cursor from step where name = 'match'")[0][0]
    copy_once(county, "private.db")
    found = recovered(county)
    assert list(recovering.doubts(found.manifest)) == [
        (
            "The copy of public.db lacks the last that private.db had seen of it. That is collected again, and nobody "
            "is told twice of what is new."
        )
    ]
    county.world.publish("lost")
    county.world.publish("after")
    with county.world.public() as db:
        assert db.execute("select min(number) from event where opportunity = 'lost'").fetchone()[0] > ahead
    tell(county)
    told = [row[0] for row in county.world.rows("select opportunity from match order by id")]
    assert told.count("lost") == 1
    assert "after" in told


def test_nothing_that_is_there_is_overwritten_and_nothing_is_put_in_place_by_half(county: County) -> None:
    copy_once(county, "public.db", "private.db")
    settings = Settings.read(county.environ())
    with pytest.raises(InTheWay, match="nothing is overwritten"):
        recovering.recover(settings, restored.settle)
    with pytest.raises(NothingThere, match=r"no copy of archive\.db"):
        recovered(county)
    assert not list(county.world.settings.data.glob("*.db"))


@pytest.mark.slow
def test_a_checkpoint_and_a_vacuum_beside_the_copying_are_in_the_copy(county: County) -> None:
    with county.world.public() as db:
        db.execute("create table filler (words text)")
        db.executemany("insert into filler values (?)", [("x" * 1000,)] * 3000)
    with machine(REPLICATE, county.environ()):
        arrived(county)
        for statement in ("delete from filler", "vacuum", "pragma wal_checkpoint(passive)"):
            with county.world.public() as db:
                db.execute("pragma busy_timeout=500")
                db.execute(statement)
        county.world.publish("after-the-vacuum")
        arrived(county)
    found = recovered(county)
    with county.world.public() as db:
        assert db.execute("select id from opportunity").fetchone()[0] == "after-the-vacuum"
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    copied = found.manifest.file("public.db")
    assert copied
    assert copied.bytes < 2_000_000


def arrived(county: County) -> None:
    settings = Settings.read(county.environ())
    before = states.now_stamp(settings)
    wait_for(lambda: (found := states.copying(settings)) and (found.copied_at or "") > before, "it has arrived")


@pytest.mark.slow
def test_replicate_says_since_when_the_target_cannot_be_reached_and_goes_on_by_itself(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("a file in the place of a folder")
    county = County(tmp_path / "county", f"file://{target}")
    with machine(REPLICATE, county.environ()) as program:
        assert program.line(r"^Copying 3 databases of .* to file:///.*target \(stop it with Ctrl-C\)")
        assert program.line(r"^Copies do not arrive; trying on\. .*(not a directory|mkdir)")
        configured = states.copying_folder(county.world.settings) / "litestream.json"
        assert configured.stat().st_mode & 0o077 == 0
        target.unlink()
        assert program.line(r"^Copies arrive again\.")
        assert program.end() < 10
        assert program.process.returncode == 0


def test_an_address_is_split_into_what_litestream_wants_and_shown_without_secrets() -> None:
    sftp = "sftp://bell:secret@host:22/copies?key=/etc/key&host-key=ssh-ed25519%20AAAA"
    assert place_of(sftp, "public.db") == {
        "url": "sftp://bell:secret@host:22/copies/public.db",
        "key-path": "/etc/key",
        "host-key": "ssh-ed25519 AAAA",
    }
    assert place_of("s3://bucket/county?region=eu", "private.db") == {"url": "s3://bucket/county/private.db?region=eu"}
    assert place_of("nats://host:4222/county", "archive.db") == {"url": "nats://host:4222/county-archive"}
    assert shown(sftp) == "sftp://host:22/copies"


@pytest.mark.parametrize(
    ("replica", "said"),
    [
        ("sftp://bell:secret@host:22/copies", "dial bell:secret@host"),
        ("sftp://bell:se%2Fcret@host/copies", "no login as bell with se/cret"),
        ("sftp://bell:se%2Fcret@host/copies", "dial sftp://bell:se%2Fcret@host"),
        ("s3://bucket/county?access-key-id=secret&region=eu", "GET /?access-key-id=secret: 403"),
        ("s3://bucket/county?secret-access-key=se%2Fcret", "signature of se/cret is wrong"),
    ],
)
def test_nothing_secret_of_an_address_is_left_in_what_litestream_says(replica: str, said: str) -> None:
    assert re.search(r"se(/|%2F)?cret\b(?!-)", without_secrets(said, replica)) is None


async def test_a_litestream_that_does_not_begin_is_noted(
    tmp_path: Path, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(litestream, "program", lambda: "/bin/false")
    monkeypatch.setattr(replicating, "CONFIRM_SECONDS", 0.5)
    settings = Settings.read(county.environ())
    task = asyncio.create_task(Replicating(settings, {}, lambda: False).run())
    async with asyncio.timeout(30):
        while (found := states.copying(settings)) is None or found.failing_since is None:
            await asyncio.sleep(0.02)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert found.words == "Litestream has not begun."


def test_an_archive_is_copied_by_the_next_edition_once_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    one = County(tmp_path / "one", f"file://{target / 'one'}")
    shared = {"TENDERBELL_ARCHIVE": str(one.world.settings.archive_path)}
    two = County(tmp_path / "two", f"file://{target / 'two'}")
    with machine(REPLICATE, one.environ(**shared)) as first:
        assert first.line(r"^Copying 3 databases")
        with machine(REPLICATE, two.environ(**shared)) as second:
            assert second.line(r"archive\.db is copied by another edition that shares it\.")
            assert second.line(r"^Copying 2 databases")
            first.end()
            assert second.line(r"archive\.db is copied here from now on\.")
            wait_for((target / "two" / "archive.db").exists, "the archive is there")


def test_commands_that_write_refuse_on_a_machine_that_follows(
    tmp_path: Path, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in county.follower("site").items():
        monkeypatch.setenv(name, value)
    for command in ("run", "schedule", "replicate", "recover"):
        answer = CliRunner().invoke(cli, [command])
        assert answer.exit_code == 1, command
        assert "TENDERBELL_WRITER" in answer.output, command
    status = CliRunner().invoke(cli, ["status", "--json"])
    assert status.exit_code == 1
    assert json.loads(status.output)["copy"]["writer"] == county.address
    with contextlib.suppress(FileNotFoundError):
        assert not list((county.folder / "site").glob("*.db"))


def test_without_a_target_the_commands_say_what_to_set(tmp_path: Path) -> None:
    settings = Settings.read({"TENDERBELL_DATA": str(tmp_path)})
    with pytest.raises(NoTarget, match="TENDERBELL_REPLICA"):
        recovering.recover(settings, restored.settle)


async def test_a_target_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    settings = Settings.read(
        {"TENDERBELL_DATA": str(tmp_path), "TENDERBELL_REPLICA": "sftp://bell:secret@127.0.0.1:9/copies"}
    )
    with pytest.raises(Unreachable, match=r"^sftp://127\.0\.0\.1:9/copies, public\.db: ") as refused:
        await litestream.bring(settings, "public.db", tmp_path / "public.db")
    assert "secret" not in str(refused.value)


def test_the_snapshot_has_nothing_of_litestream(county: County) -> None:
    from tenderbell.snapshot import take_snapshot

    copy_once(county, "public.db")
    with county.world.public() as db:
        assert db.execute("select 1 from sqlite_master where name = '_litestream_seq'").fetchone()
    taken = take_snapshot(county.world.settings)
    with closing(sqlite3.connect(taken.path)) as db:
        assert not db.execute("select name from sqlite_master where name like '%litestream%'").fetchall()
    assert IsReplica
