"""The envelope sender names its message, and nobody else can make one."""

import dataclasses
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import verp
from tests.alerts.world import World


@pytest.fixture
def file(world: World) -> Iterator[sqlite3.Connection]:
    with world.private() as db:
        yield db


def test_what_was_made_is_read_again_in_whatever_form_it_comes_back(world: World) -> None:
    with world.private() as db:
        made = verp.make(db, world.settings, 42)
        for form in (made, made.upper(), made.lower(), f"<{made}>", f" {made}\r\n", made.partition("@")[0]):
            assert verp.read(db, form) == 42
        assert verp.read(db, made.replace("bell.example", "relay.example")) == 42


def test_a_local_part_is_short_enough_for_every_server(world: World) -> None:
    with world.private() as db:
        assert len(verp.make(db, world.settings, 10**17).partition("@")[0]) <= 64


def test_bounces_go_to_the_domain_that_the_edition_names(world: World) -> None:
    with world.private() as db:
        assert verp.make(db, world.settings, 1).endswith("@bell.example")
    edition = Path(world.settings.edition_name)
    edition.write_text(edition.read_text().replace("[mail]", '[mail]\nbounce_domain = "bounces.bell.example"'))
    with world.private() as db:
        assert verp.make(db, dataclasses.replace(world.settings), 1).endswith("@bounces.bell.example")


@pytest.mark.parametrize(
    "change", [("b+42", "b+43"), ("b+42.", "b+042."), ("b+", "c+"), (".", "-"), ("b+42", "b+４２")]
)
def test_what_was_changed_is_not_ours(world: World, change: tuple[str, str]) -> None:
    with world.private() as db:
        made = verp.make(db, world.settings, 42)
        assert verp.read(db, made.replace(*change, 1)) is None


def test_another_files_seal_is_not_ours(world: World, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with World(tmp_path / "other").private() as other, world.private() as db:
        assert verp.read(db, verp.make(other, world.settings, 42)) is None


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=80), st.from_regex(r"b\+[0-9]{1,20}\.[0-9a-fA-F]{14,18}@x\.org")))
def test_nothing_that_somebody_makes_up_is_ours_or_breaks_it(file: sqlite3.Connection, text: str) -> None:
    assert verp.read(file, text) is None
