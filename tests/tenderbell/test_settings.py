"""No setting is needed to start; a wrong one is named with what to write instead."""

import re
from pathlib import Path

import pytest

from tenderbell.area import load_area
from tenderbell.database import connect, migrate, transaction
from tenderbell.edition import SCHEDULES, load_edition
from tenderbell.errors import SchemaTooNew, SettingError, UnknownSource
from tenderbell.public import migrations, open_public
from tenderbell.settings import SETTINGS, Settings


def test_an_empty_environment_is_enough() -> None:
    settings = Settings.read({})
    assert settings.edition.id == "gloucestershire"
    assert (settings.host, settings.port) == ("127.0.0.1", 8001)
    assert settings.mail == f"folder:{settings.data / 'mail'}"
    assert settings.url == "http://127.0.0.1:8001"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"TENDERBELL_PORT": "9000"}, "http://127.0.0.1:9000"),
        ({"TENDERBELL_PORT": "9000", "TENDERBELL_HOST": "0.0.0.0"}, "http://127.0.0.1:9000"),
        ({"TENDERBELL_PORT": "9000", "TENDERBELL_HOST": "::1"}, "http://[::1]:9000"),
        ({"TENDERBELL_PORT": "9000", "TENDERBELL_HOST": "192.0.2.7"}, "http://192.0.2.7:9000"),
        ({"TENDERBELL_PORT": "0"}, "http://127.0.0.1:8001"),
        ({"TENDERBELL_PORT": "9000", "TENDERBELL_URL": "https://tenders.example/"}, "https://tenders.example"),
        ({"TENDERBELL_PORT": "9000", "TENDERBELL_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
    ],
)
def test_links_follow_host_and_port_while_the_edition_names_no_public_address(
    environ: dict[str, str], url: str
) -> None:
    assert Settings.read(environ).url == url


def test_an_editions_public_address_stays_whatever_the_port(tmp_path: Path) -> None:
    path = tmp_path / "public.toml"
    local = (SCHEDULES / "gloucestershire.toml").read_text("utf-8")
    path.write_text(local.replace('url = "http://127.0.0.1:8001"', 'url = "https://tenders.example"'), "utf-8")
    environ = {"TENDERBELL_EDITION": str(path), "TENDERBELL_PORT": "9000"}
    assert Settings.read(environ).url == "https://tenders.example"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TENDERBELL_PORT", "eighty", "is no port"),
        ("TENDERBELL_PORT", "70000", "is no port"),
        ("TENDERBELL_NOW", "yesterday", "no ISO 8601 instant"),
        ("TENDERBELL_NOW", "2026-04-01T09:00:00", "has no offset"),
        ("TENDERBELL_MAIL", "carrier pigeon", "must start with"),
        ("TENDERBELL_WRITER", "tenders.example", "no address of a site"),
        ("TENDERBELL_URL", "tenders.example", "TENDERBELL_URL.* no address of a site"),
        ("TENDERBELL_URL", "https://tenders.example:http", "no address of a site"),
        ("TENDERBELL_PROXIES", "127.0.0.1, proxy", "'proxy' does not appear to be .* Give IP addresses"),
        ("TENDERBELL_REPLICA", "backup.example:/srv", "must start with file://"),
        ("TENDERBELL_WORKERS", "0", "no number of processes"),
        ("TENDERBELL_WORKERS", "many", "no number of processes"),
        ("TENDERBELL_LOG", "loud", "neither text nor json"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Settings.read({name: value})


def test_a_fixed_clock_stands_still() -> None:
    clock = Settings.read({"TENDERBELL_NOW": "2026-04-01T10:00:00+01:00"}).clock
    assert clock().isoformat() == clock().isoformat() == "2026-04-01T09:00:00+00:00"


def test_every_setting_that_the_code_reads_is_described() -> None:
    source = Path(Settings.read.__func__.__code__.co_filename).read_text("utf-8")
    read = set(re.findall(r'(?:environ\.get\(|secret\(environ, )"(\w+)"', source))
    assert read == set(SETTINGS)


@pytest.mark.parametrize("path", sorted(SCHEDULES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_edition_that_ships_loads_with_its_area(path: Path) -> None:
    edition = load_edition(str(path))
    assert load_area(edition.area).id == edition.area


def test_an_edition_may_be_a_path_and_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"nowhere.toml does not exist"):
        load_edition(str(tmp_path / "nowhere.toml"))
    broken = tmp_path / "broken.toml"
    broken.write_text('id = 5\ntitle = "x"')
    with pytest.raises(SettingError, match=r"broken.toml: id must be text, not a whole number"):
        load_edition(str(broken))
    broken.write_text("id = ")
    with pytest.raises(SettingError, match=r"broken.toml cannot be used, it is not TOML"):
        load_edition(str(broken))


def test_an_unknown_source_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownSource, match="find-a-tender"):
        load_edition("gloucestershire").source("find-a-tendre")


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    db = open_public(tmp_path / "public.db")
    db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('public', 'm999_future', '')")
    with pytest.raises(SchemaTooNew, match="m999_future"):
        open_public(tmp_path / "public.db")


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    db = connect(tmp_path / "x.db")
    db.execute("create table t (a)")

    def work() -> None:
        with transaction(db):
            db.execute("insert into t values (1)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert db.execute("select count(*) from t").fetchone()[0] == 0


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    db = open_public(tmp_path / "public.db")
    before = db.execute("select * from _sqlite_migrations").fetchall()
    migrate(db, migrations)
    assert [tuple(row) for row in db.execute("select * from _sqlite_migrations")] == [tuple(row) for row in before]
