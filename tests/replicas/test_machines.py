"""The whole of it, with a real target: a writer, two machines that follow, the writer's loss, and the way back."""

import email
import re
import shutil
import sqlite3
import time
from contextlib import closing
from email.policy import default
from pathlib import Path

import httpx

from tenderbell.replicas import states
from tenderbell.settings import Settings
from tests.replicas.machines import REPLICATE, SERVE, County, fill_in, kill, machine, shows, wait_for
from tests.replicas.sftp import sftp_server
from tests.schedules.programs import finished

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def test_two_machines_follow_a_writer_pass_forms_on_outlive_its_loss_and_follow_the_one_that_is_recovered(
    tmp_path: Path,
) -> None:
    with sftp_server(tmp_path / "target") as target:
        county = County(tmp_path / "county", target.url)
        county.world.publish("young-carers")
        with (
            machine(REPLICATE, county.environ()) as copying,
            machine(SERVE, county.environ()) as writer,
            machine(SERVE, county.follower("a")) as a,
            machine(SERVE, county.follower("b")) as b,
        ):
            sites = [a.address, b.address]
            for site in sites:
                wait_for(
                    lambda site=site: shows(site, "/opportunities/young-carers", "young-carers"), f"{site} shows it"
                )
            manage = sign_up(county, *sites)
            seen_within_seconds(county, sites, "help-at-home")
            county.tell()
            assert len(county.mails("Grants for help-at-home")) == 1
            assert_only_public(county.folder / "a")
            arrived(county)

            kill(writer)
            kill(copying)
            shutil.rmtree(county.world.settings.data)
            lost = time.monotonic()
            for site in sites:
                assert shows(site, "/opportunities/help-at-home", "help-at-home")
                refused = httpx.get(f"{site}/alerts/new?q=carers")
                assert refused.status_code == 503
                assert refused.headers["retry-after"] == "60"
                assert "Everything can be read as usual" in refused.text
            left = httpx.post(f"{sites[0]}{unsubscribe_path(county)}", data=ONE_CLICK)
            assert (left.status_code, len(list((county.folder / "a" / "waiting").iterdir()))) == (200, 1)

            recovered = finished(["tenderbell", "recover"], county.environ())
            assert recovered.returncode == 0, recovered.stderr
            with machine(SERVE, county.environ()) as writer, machine(REPLICATE, county.environ()):
                wait_for(
                    lambda: shows(county.address, "/opportunities/help-at-home", "help-at-home"), "it serves again"
                )
                print(f"served again {time.monotonic() - lost:.1f} seconds after the loss")
                assert county.world.rows("select count(*) from subscriber")[0][0] == 1
                assert [row[0] for row in county.world.rows("select opportunity from match where state = 'claimed'")]
                assert httpx.get(f"{county.address}{manage}").status_code == 200
                county.tell()
                assert len(county.mails("Grants for help-at-home")) == 1
                wait_for(
                    lambda: county.world.rows("select 1 from profile where ended_at is not null"), "who left has left"
                )
                seen_within_seconds(county, sites, "after-the-fire")
                for site in sites:
                    assert httpx.get(f"{site}{manage}").status_code == 200
            del writer


def sign_up(county: County, first: str, second: str) -> str:
    """Ask for an alert through one machine and confirm through another; return the address of the manage page."""
    with httpx.Client() as client:
        asked = fill_in(client, f"{first}/alerts/new?kind=grant", email="ann@example.org", search="kind=grant",
                        frequency="instant")  # fmt: skip
    assert "Now look in your e-mail" in asked.text, asked.text
    assert not (county.folder / "a" / "private.db").exists()
    county.tell()
    link = re.search(r"http://tenders\.test(/confirm/\S+)", "".join(county.mails("/confirm/")).replace("=\n", ""))
    assert link
    with httpx.Client() as client:
        confirmed = fill_in(client, f"{second}{link[1]}")
    assert confirmed.status_code == 200
    manage = re.search(r'"(/manage/[^"/]+)"', confirmed.text)
    assert manage
    return manage[1]


def unsubscribe_path(county: County) -> str:
    mail = email.message_from_string(county.mails("help-at-home")[-1], policy=default)
    found = re.search(r"/unsubscribe/[\w-]+", str(mail["List-Unsubscribe"]))
    assert found
    return found[0]


def seen_within_seconds(county: County, sites: list[str], id: str) -> None:
    """Publish something at the writer and see it on every machine."""
    county.world.publish(id)
    began = time.monotonic()
    for site in sites:
        wait_for(lambda site=site: shows(site, "/opportunities.json", id), f"{site} shows {id}")
    took = time.monotonic() - began
    print(f"{id} was everywhere after {took:.1f} seconds")
    assert took < 20


def assert_only_public(data: Path) -> None:
    """A machine that follows has the public database, twice, and nothing personal."""
    names = sorted(path.name for path in data.rglob("*.db*"))
    assert names == ["public.db", "public.db", "public.db-txid"]
    with closing(sqlite3.connect(data / "public.db")) as db:
        assert not db.execute("select 1 from sqlite_master where name = 'subscriber'").fetchone()


def arrived(county: County) -> None:
    """Wait until `replicate` says that all that was written before now is at the target."""
    settings = Settings.read(county.environ())
    before = states.now_stamp(settings)
    time_at = lambda: (found := states.copying(settings)) and (found.copied_at or "") > before  # noqa: E731
    wait_for(time_at, "everything has arrived at the target")
