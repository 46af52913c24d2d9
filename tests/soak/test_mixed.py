"""A short time of mixed load, and the proof that its verdict sees what is wrong when something is."""

import asyncio
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.soak import __main__
from tests.soak.deliveries import Digest
from tests.soak.letterbox import Arrived
from tests.soak.mixed import Mixed, again
from tests.soak.mixed_verdict import Judgement, Verdict
from tests.soak.publisher import Advert, Publisher
from tests.soak.running import Kill
from tests.soak.visitors import Reader, Request

NOW = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)
ANN = Reader("ann@example.org", "babox", confirmed_at=NOW)
HALL = Advert(1, "babox", [NOW, NOW + timedelta(minutes=5)], ["000001-2026", "000002-2026"])
FUND = Advert(2, "dabox", [NOW], [], "http://127.0.0.1/fund/2")
PAGES: list[dict[str, object]] = [
    {"id": "a", "title": HALL.title, "notices": HALL.keys},
    {"id": "b", "title": FUND.title, "notices": ["x"]},
]
FIRST = Arrived(NOW, ANN.address, "<1@x>", Digest(ANN.address, "<1@x>", NOW, ((1, 1),), 0))
SECOND = Arrived(NOW, ANN.address, "<2@x>", Digest(ANN.address, "<2@x>", NOW, ((1, 2),), 0))
READ = Request(10.0, 10.1, "GET /", status=200)
BROKEN = Request(10.0, 10.1, "GET /", fault="ReadError: reset")


def verdict(
    *,
    reader: Reader = ANN,
    requests: tuple[Request, ...] = (READ,),
    kills: tuple[Kill, ...] = (),
    pages: list[dict[str, object]] | None = None,
    arrived: tuple[Arrived, ...] = (FIRST, SECOND),
    unknown: frozenset[tuple[str, int, int]] = frozenset(),
) -> Verdict:
    judgement = Judgement({1: HALL, 2: FUND}, {reader.address: reader}, kills)
    return judgement.judge(requests, PAGES if pages is None else pages, arrived, unknown)


def wrong(found: Verdict) -> dict[str, int]:
    return {name: getattr(found, name) for name in Verdict.MISTAKES if getattr(found, name)}


def test_a_run_without_mistakes_has_none() -> None:
    found = verdict()
    assert wrong(found) == {}
    assert (found.notices, found.readers, found.expected, found.told, found.emails) == (3, 1, 2, 2, 2)


def test_an_answer_of_5xx_is_a_mistake_also_beside_a_kill() -> None:
    died = (Kill("parent", 1, 9.0, 11.0),)
    assert wrong(verdict(requests=(replace(READ, status=503),), kills=died)) == {"errors": 1}


@pytest.mark.parametrize(
    ("kill", "mistakes"),
    [
        (None, {"failed": 1}),
        (Kill("worker", 1, 10.05, 10.05), {}),
        (Kill("worker", 1, 12.0, 12.0), {"failed": 1}),
        (Kill("worker", 1, 5.0, 5.0), {"failed": 1}),
        (Kill("parent", 1, 8.0, 12.0), {}),
        (Kill("parent", 1, 2.0, 6.0), {"failed": 1}),
        (Kill("compile", 1, 10.05, 10.05), {"failed": 1}),
    ],
)
def test_a_request_that_breaks_off_is_excused_only_by_the_death_of_who_could_have_answered_it(
    kill: Kill | None, mistakes: dict[str, int]
) -> None:
    assert wrong(verdict(requests=(BROKEN,), kills=(kill,) if kill else ())) == mistakes


def test_notices_without_a_page_with_two_and_pages_that_are_out_of_date_are_found_out() -> None:
    hall, fund = PAGES
    assert wrong(verdict(pages=[fund])) == {"lost_notices": 3}
    assert wrong(verdict(pages=[hall])) == {"lost_notices": 1}
    assert wrong(verdict(pages=[{**hall, "notices": HALL.keys[:1]}, fund])) == {"lost_notices": 1}
    assert wrong(verdict(pages=[hall, {**hall, "id": "c"}, fund])) == {"repeated_notices": 3}
    assert wrong(verdict(pages=[{**hall, "title": "Support with babox o1v1"}, fund])) == {"stale_pages": 1}


def test_a_reader_who_was_not_told_of_the_newest_version_has_lost_an_e_mail() -> None:
    assert wrong(verdict(arrived=())) == {"lost": 1}
    assert wrong(verdict(arrived=(FIRST,))) == {"lost": 1}
    assert wrong(verdict(arrived=(SECOND,))) == {}, "both versions may have been told as one"


def test_what_the_product_itself_calls_unknown_is_not_lost() -> None:
    found = verdict(arrived=(FIRST,), unknown=frozenset({(ANN.address, 1, 2)}))
    assert (wrong(found), found.unknown) == ({}, 1)


def test_a_version_that_is_told_in_two_messages_is_repeated_and_one_message_may_come_once_more() -> None:
    again = replace(SECOND, message_id="<3@x>")
    assert wrong(verdict(arrived=(FIRST, SECOND, again))) == {"repeated": 1}
    assert wrong(verdict(arrived=(FIRST, SECOND, SECOND))) == {}
    assert wrong(verdict(arrived=(FIRST, SECOND, SECOND, SECOND))) == {"repeated": 1}


def test_an_e_mail_about_something_else_or_after_leaving_is_wrong() -> None:
    assert FIRST.digest
    other = replace(FIRST, digest=replace(FIRST.digest, told=((2, 1),)))
    assert wrong(verdict(arrived=(FIRST, SECOND, other))) == {"unexpected": 1}
    gone = replace(ANN, leaving_at=NOW - timedelta(minutes=3), left_at=NOW - timedelta(minutes=2))
    assert wrong(verdict(reader=gone, arrived=(FIRST,))) == {"after_leaving": 1}
    assert wrong(verdict(reader=gone, arrived=())) == {}


@pytest.mark.slow
@pytest.mark.kill
def test_three_minutes_of_mixed_load_with_kills_fail_lose_and_repeat_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert __main__.main(["mixed", "--minutes", "3", "--kill-every", "20", "--seed", "7"]) == 0
    said = capsys.readouterr().out
    numbers = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in said.splitlines()[1:12]}
    assert numbers["requests"] > 300
    assert numbers["notices"] > 15
    assert numbers["expected"] > 0
    assert numbers["killed"] >= 5
    assert re.search(r"killed .*(parent|worker)", said)


FORGET = "delete from match where state = 'waiting';"
AGAIN = """
    insert into outbox (sort, subscriber, email, address, subject, message_id, state, not_before, created_at)
    select sort, subscriber, email, address, subject, '<again' || substr(message_id, 2), 'pending', not_before,
    created_at from outbox as first where sort = 'digest' and state = 'sent' and message_id not like '<again%'
    and not exists (select 1 from outbox where message_id = '<again' || substr(first.message_id, 2));
    insert into body
    select outbox.id, cast(replace(cast(content as text), 'Message-ID: <', 'Message-ID: <again') as blob)
    from outbox join outbox as first on outbox.message_id = '<again' || substr(first.message_id, 2)
    join body on body.outbox = first.id where outbox.id not in (select outbox from body);
    update match set outbox = (select again.id from outbox as again join outbox as first
    on again.message_id = '<again' || substr(first.message_id, 2) where first.id = match.outbox)
    where outbox in (select first.id from outbox as first join outbox as again
    on again.message_id = '<again' || substr(first.message_id, 2));
"""
"""What the saboteurs do: forget whom something concerns; send every digest once more, as another message."""


class Sabotaged(Mixed):
    """Mixed load without kills, in which somebody changes `private.db` behind the program's back again and again."""

    sql = ""

    async def _live(self, publisher: Publisher, mail: int) -> tuple[Verdict, Mapping[str, int]]:
        spoiling = asyncio.create_task(again(0.3, self._spoil))
        try:
            return await super()._live(publisher, mail)
        finally:
            spoiling.cancel()

    def _spoil(self) -> None:
        with (
            suppress(sqlite3.OperationalError),  # the file is not there yet, or busy: the next time will do
            closing(sqlite3.connect((self.data / "private.db").as_uri() + "?mode=rw", uri=True, timeout=5)) as db,
        ):
            db.executescript(f"begin immediate; {self.sql} commit;")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sql", "mistake"),
    [(FORGET, "lost"), (AGAIN, "repeated")],
    ids=["forgetting", "repeating"],
)
def test_what_is_changed_behind_its_back_in_the_real_program_is_found_out(
    sql: str, mistake: str, tmp_path: Path
) -> None:
    sabotaged = Sabotaged(tmp_path, 1, 3, lambda _: None, kill_every=999)
    sabotaged.sql = sql
    found, died = sabotaged.run()
    assert getattr(found, mistake) > 0, found.report(died)
    assert found.stale_pages + found.lost_notices + found.failed + found.errors == 0, found.report(died)
