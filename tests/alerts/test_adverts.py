"""An advert passes from one database to the next; a crash loses none and doubles none."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from alerts import adverts, answers, deciding, publishing, written
from alerts.desk import Matter
from alerts.errors import AdvertRefused, AlreadyDecided
from spiders.registry import reader_of
from tenderbell.archive import open_archive
from tenderbell.compiling.following import compile_archive, rebuild
from tenderbell.decisions import Verdict
from tenderbell.opportunity import Opportunity, find
from tenderbell.public import read_public
from tests.alerts.adverts_written import FUND, contact_of, matter, sent
from tests.alerts.dying import dies
from tests.alerts.world import World

DIRECT = """
[[source]]
id = "direct"
title = "Adverts written here"
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world whose edition takes adverts written here."""
    made = World(tmp_path)
    edition = tmp_path / "edition.toml"
    edition.write_text(edition.read_text("utf-8") + DIRECT, "utf-8")
    return made


def page_of(world: World, db: sqlite3.Connection, id: int) -> Opportunity | None:
    one = written.find(db, id)
    assert one
    with closing(read_public(world.settings.public_path)) as public:
        return find(public, one.page)


def events(world: World) -> list[tuple[str, int]]:
    with closing(read_public(world.settings.public_path)) as public:
        return [(row[0], row[1]) for row in public.execute("select type, silent from event order by number")]


def versions(world: World) -> list[str]:
    with closing(open_archive(world.settings.archive_path)) as archive:
        return [row[0] for row in archive.execute("select key from notice where source = 'direct' order by number")]


def outcomes(world: World) -> int:
    return len(world.rows("select 1 from outbox where sort = 'outcome'"))


def killed_everywhere(world: World, act: Callable[[], object], check: Callable[[], None]) -> int:
    """Kill `act` before each statement that writes, in turn, from the same beginning; then go on, and check."""
    beginning = world.folder / "beginning"
    shutil.copytree(world.settings.data, beginning)
    at = 0
    while True:
        at += 1
        shutil.rmtree(world.settings.data)
        shutil.copytree(beginning, world.settings.data)
        died = dies(act, at)
        check()
        if not died:
            return at


def test_a_crash_anywhere_in_an_approval_loses_nothing_and_doubles_nothing(world: World) -> None:
    with world.private() as db:
        id = sent(world, db)
        number = matter(db, Matter.ADVERT).id

    def approve() -> None:
        with world.private() as db:
            deciding.decide(db, world.settings, number, Verdict.ACCEPT, world.now)

    def check() -> None:
        with world.private() as db:
            publishing.write_outcomes(db, world.settings, world.now)
            assert (written.find(db, id).state == "published") == bool(versions(world))  # type: ignore[union-attr]
        with suppress(AlreadyDecided):
            approve()
        compile_archive(world.settings)
        assert len(versions(world)) == 1
        assert outcomes(world) == 1
        assert events(world) == [("new", 0)]

    assert killed_everywhere(world, approve, check) > 8


def test_a_crash_anywhere_in_a_withdrawal_withdraws_it_once_or_not_yet(world: World) -> None:
    with world.private() as db:
        id = sent(world, db)
        deciding.decide(db, world.settings, matter(db, Matter.ADVERT).id, Verdict.ACCEPT, world.now)
        contact = contact_of(world, db)
    compile_archive(world.settings)
    world.wait(hours=1)

    def withdraw() -> None:
        with world.private() as db:
            adverts.withdraw(db, world.settings, contact, id, world.now)

    def check() -> None:
        with world.private() as db:
            publishing.write_outcomes(db, world.settings, world.now)
        withdraw()
        compile_archive(world.settings)
        assert events(world) == [("new", 0), ("cancelled", 0)]
        assert len(versions(world)) == 2

    assert killed_everywhere(world, withdraw, check) > 5


def test_a_rebuild_gives_an_advert_the_same_page_and_tells_nobody(world: World) -> None:
    with world.private() as db:
        id = sent(world, db)
        deciding.decide(db, world.settings, matter(db, Matter.ADVERT).id, Verdict.ACCEPT, world.now)
        compile_archive(world.settings)
        before = page_of(world, db, id)
        rebuild(world.settings, lambda source: reader_of(source, world.settings.area))
        assert page_of(world, db, id) == before
    assert before
    assert events(world) == [("new", 0)]
    assert before.buyer_id == "stroud-district-council"
    assert before.notices == (f"20261104-{id}",)
    assert before.findings


def test_several_edits_are_one_page_whose_deadline_moved(world: World) -> None:
    with world.private() as db:
        id = sent(world, db)
        deciding.decide(db, world.settings, matter(db, Matter.ADVERT).id, Verdict.ACCEPT, world.now)
        compile_archive(world.settings)
        first = page_of(world, db, id)
        for closes in ("12 noon, 31 May 2027", "12 noon, 30 April 2027", "12 noon, 30 June 2027"):
            world.wait(days=1)
            one = written.find(db, id)
            assert one
            edited = msgspec.structs.replace(FUND, closes=closes)
            adverts.save(db, world.settings, contact_of(world, db), id, edited, one.updated_at, world.now)
            publishing.follow(db, world.settings, world.now)
            compile_archive(world.settings)
        last = page_of(world, db, id)
    assert first
    assert last
    assert (first.id, first.published_at) == (last.id, last.published_at)
    assert events(world) == [("new", 0)] + [("deadline", 0)] * 3


def test_an_approval_lets_out_that_advert_only(world: World) -> None:
    with world.private() as db:
        first = sent(world, db)
        other = sent(world, db, msgspec.structs.replace(FUND, title="Second fund"), "bo@mail.stroud.gov.uk")
        asked = db.execute("select id from matter where subject = ?", (f"{first}-1",)).fetchone()[0]
        deciding.decide(db, world.settings, asked, Verdict.ACCEPT, world.now)
        assert [written.find(db, id).state for id in (first, other)] == ["published", "waiting"]  # type: ignore[union-attr]
        assert matter(db, Matter.ADVERT).subject == f"{other}-1"
    assert len(versions(world)) == 1


def test_what_is_edited_while_it_waits_is_asked_anew_and_the_old_question_decides_nothing(world: World) -> None:
    with world.private() as db:
        id = sent(world, db)
        before = matter(db, Matter.ADVERT)
        for title in ("Warm rooms fund, changed", "Warm rooms fund, changed again"):
            world.wait(minutes=5)
            one = written.find(db, id)
            assert one
            edited = msgspec.structs.replace(one.advert, title=title)
            adverts.save(db, world.settings, contact_of(world, db), id, edited, one.updated_at, world.now)
        now_asked = matter(db, Matter.ADVERT)
        assert (now_asked.subject, "changed again”" in now_asked.question) == (f"{id}-3", True)
        with pytest.raises(AlreadyDecided):
            deciding.decide(db, world.settings, before.id, Verdict.ACCEPT, world.now)
        assert written.find(db, id).state == "waiting"  # type: ignore[union-attr]
        deciding.decide(db, world.settings, now_asked.id, Verdict.ACCEPT, world.now)
        assert written.find(db, id).state == "published"  # type: ignore[union-attr]


def test_what_the_operator_takes_down_is_withdrawn_and_its_body_is_asked_about_again(world: World) -> None:
    with world.private() as db:
        id = sent(world, db)
        deciding.decide(db, world.settings, matter(db, Matter.ADVERT).id, Verdict.ACCEPT, world.now)
        world.wait(hours=1)
        assert publishing.withdraw(db, world.settings, id, world.now)
        assert not publishing.withdraw(db, world.settings, id, world.now), "twice is as once"
        assert len(versions(world)) == 2
        next_one = sent(world, db, msgspec.structs.replace(FUND, title="Next fund"))
        assert written.find(db, next_one).state == "waiting"  # type: ignore[union-attr]


def test_a_contact_has_a_limit_of_adverts_that_are_not_over(world: World) -> None:
    with world.private() as db:
        contact = contact_of(world, db)
        for number in range(adverts.MOST_OPEN):
            adverts.save(
                db, world.settings, contact, 0, msgspec.structs.replace(FUND, title=f"Fund {number}"), "", world.now
            )
        with pytest.raises(AdvertRefused, match="20 adverts"):
            adverts.save(db, world.settings, contact, 0, FUND, "", world.now)
        adverts.withdraw(db, world.settings, contact, 1, world.now)
        assert adverts.save(db, world.settings, contact, 0, FUND, "", world.now)


def test_a_refused_reply_is_never_published_and_a_crash_in_an_approval_publishes_once(world: World) -> None:
    with world.private() as db:
        contact = contact_of(world, db)
        refused = answers.write(db, world.settings.area, contact, "stroud-district-council", "No.", world.now)
        deciding.decide(db, world.settings, matter(db, Matter.REPLY).id, Verdict.REJECT, world.now)
        answers.write(db, world.settings.area, contact, "stroud-district-council", "We asked for more time.", world.now)
        number = matter(db, Matter.REPLY).id
        assert answers.find(db, refused).state == "refused"  # type: ignore[union-attr]

    def approve() -> None:
        with world.private() as db:
            deciding.decide(db, world.settings, number, Verdict.ACCEPT, world.now)

    def check() -> None:
        try:
            approve()
        except AlreadyDecided:
            with world.private() as db:
                answers.write_outcomes(db, world.settings, world.now + timedelta(minutes=5))
        compile_archive(world.settings)
        with closing(read_public(world.settings.public_path)) as public:
            rows = public.execute("select buyer, words from reply").fetchall()
        assert [tuple(row) for row in rows] == [("stroud-district-council", "We asked for more time.")]
        assert outcomes(world) == 2

    assert killed_everywhere(world, approve, check) > 5


def test_two_adverts_that_lead_to_one_page_of_the_body_stay_two(world: World) -> None:
    link = "https://www.stroud.gov.uk/grants"
    with world.private() as db:
        ids = [
            sent(world, db, msgspec.structs.replace(FUND, title=title, link=link, closes=closes))
            for title, closes in (("Warm rooms fund", "30 April 2027"), ("Cool sheds fund", "31 August 2027"))
        ]
        for id in ids:
            asked = db.execute("select id from matter where subject = ?", (f"{id}-1",)).fetchone()[0]
            deciding.decide(db, world.settings, asked, Verdict.ACCEPT, world.now)
        compile_archive(world.settings)
        titles = {page.title for id in ids if (page := page_of(world, db, id))}
    assert titles == {"Warm rooms fund", "Cool sheds fund"}
