"""Who was told of one advert was told of the other, once they turn out to be one (ruling 20)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts import digests, matching
from tenderbell.archive import open_archive
from tenderbell.compiling import compile_archive
from tenderbell.compiling.joining.choices import choose
from tenderbell.notice import Notice
from tenderbell.vocabulary import Effect
from tests.alerts.world import START, Mail, World
from tests.tenderbell.notices import keep, notice

CLOSES = START + timedelta(days=40)
REFERENCE = ("DN704134",)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.subscribe("stage=open")
    return world


def fts(number: int, **facts: object) -> Notice:
    given = {"published_at": START, "closes_at": CLOSES, "references": REFERENCE} | facts
    return notice(number, given.pop("effect", Effect.OPEN), **given)  # type: ignore[arg-type]


def cf(number: int, **facts: object) -> Notice:
    return fts(number, **({"source": "contracts-finder", "process": "ocds-b5fd17-0001"} | facts))


def arrive(world: World, *notices: Notice) -> None:
    """Archive, compile, match and write digests, two hours later."""
    world.wait(hours=2)
    keep(world.settings, *notices)
    compile_archive(world.settings)
    matching.match(world.settings)
    world.wait(hours=1)
    digests.build(world.settings)


def subjects(world: World) -> list[str]:
    return [str(mail.message["subject"]) for mail in world.outbox()]


def last(world: World) -> Mail:
    return world.outbox()[-1]


def test_a_copy_on_another_site_is_not_told_again(world: World) -> None:
    arrive(world, fts(1))
    assert len(subjects(world)) == 1
    arrive(world, cf(2))
    assert len(subjects(world)) == 1


def test_two_pages_that_become_one_are_told_of_as_one_from_then_on(world: World) -> None:
    arrive(world, fts(1), cf(2, references=(), title="Breaks for families", closes_at=CLOSES + timedelta(days=3)))
    (mail,) = world.outbox()
    assert "Breaks for families" in mail.text
    arrive(world, cf(2, description="Now with its reference.", closes_at=CLOSES + timedelta(days=3)))
    later = CLOSES + timedelta(days=9)
    arrive(world, fts(3, closes_at=later, update=True, published_at=world.now))
    assert "deadline" in last(world).text.lower()
    assert last(world).text.count("Support for young carers") >= 1
    told = len(subjects(world))
    arrive(world, cf(2, description="Said once more.", closes_at=later, published_at=world.now))
    assert len(subjects(world)) == told


def test_taking_two_apart_writes_to_nobody(world: World) -> None:
    arrive(world, fts(1), cf(2))
    told = len(subjects(world))
    choose(
        open_archive(world.settings.archive_path),
        [("ocds-h6vhtk-0abcde", "ocds-b5fd17-0001")],
        datetime.now(UTC),
        is_one=False,
    )
    arrive(world)
    assert len(subjects(world)) == told
    with world.public() as db:
        assert db.execute("select count(*) from opportunity").fetchone()[0] == 2
