"""Asking the site, writing it down, and telling it honestly."""

import asyncio
import os
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from schedules.asking import Asking
from tenderbell.archive import open_archive
from tenderbell.clock import still_clock, uk
from tenderbell.compiling.health import write_health
from tenderbell.database import transaction
from tenderbell.pages.uptime import Uptime, uptime
from tenderbell.public import open_public, read_public
from tenderbell.seeing import uptime as kept
from tenderbell.seeing.promptness import middle
from tenderbell.seeing.uptime import Asked
from tenderbell.settings import Settings
from tests.site.conftest import Visitor, serving
from tests.site.world import settings_in

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def minutes(begin: datetime, count: int, seconds: float | None = 0.02) -> list[Asked]:
    return [Asked(begin + timedelta(minutes=number), seconds) for number in range(count)]


def seen(folder: Path, questions: list[Asked], now: datetime | None = None) -> Uptime:
    settings = replace(settings_in(folder), clock=still_clock(now or questions[-1].at))
    folder.mkdir(exist_ok=True)
    with closing(open_archive(settings.archive_path)) as archive, closing(open_public(settings.public_path)) as public:
        kept.prepare(archive)
        kept.record(archive, settings.edition.id, questions)
        write_health(settings, archive, public)
        return uptime(public, settings, settings.clock())


def test_a_day_of_answers_is_all_up(tmp_path: Path) -> None:
    found = seen(tmp_path, minutes(NOON, 300))
    assert (found.asked, found.answered, found.unknown, found.share) == (300, 300, 0, 1.0)
    assert (found.incidents, found.told, found.p95) == ((), (), 0.025)
    assert [(part.sort, part.x, part.y, part.height) for part in found.parts] == [("up", 356, 0, 60)], (
        "and no other day"
    )


def test_minutes_without_an_answer_are_down_and_told(tmp_path: Path) -> None:
    found = seen(tmp_path, [*minutes(NOON, 100), *minutes(NOON + timedelta(minutes=100), 5, None),
                            *minutes(NOON + timedelta(minutes=105), 95)])  # fmt: skip
    assert (found.asked, found.answered) == (200, 195)
    (incident,) = found.incidents
    assert incident.words.startswith("The site did not answer for 5 minutes, from 2:40pm")
    assert found.told[0].words.endswith(": 5 minutes without an answer")
    assert [part.sort for part in found.parts] == ["up", "down"]


def test_time_without_a_question_is_not_known_and_never_up(tmp_path: Path) -> None:
    later = NOON + timedelta(days=3)
    found = seen(tmp_path, [*minutes(NOON, 60), *minutes(later, 60)])
    assert (found.asked, found.answered) == (120, 120)
    assert found.unknown > 2 * 1440
    (incident,) = found.incidents
    assert not incident.is_down
    assert incident.words.startswith("Nobody asked, so it is not known whether the site was there for 3 days")
    assert [day.words.partition(": ")[2] for day in found.told][1:3] == ["not known", "not known"]
    assert [part.sort for part in found.parts if part.x in (348, 352)] == ["unknown", "unknown"]


def test_a_restart_within_two_minutes_is_no_gap(tmp_path: Path) -> None:
    found = seen(tmp_path, [*minutes(NOON, 60), *minutes(NOON + timedelta(minutes=61, seconds=20), 60)])
    assert found.incidents == ()


def test_a_site_that_is_down_now_has_no_end_yet(tmp_path: Path) -> None:
    found = seen(tmp_path, [*minutes(NOON, 3), *minutes(NOON + timedelta(minutes=3), 4, None)])
    assert found.incidents[0].ended_at is None
    assert found.incidents[0].words.startswith("The site did not answer since ")


def test_without_a_site_that_ever_answered_nothing_is_counted(tmp_path: Path) -> None:
    found = seen(tmp_path, minutes(NOON, 50, None))
    assert (found.asked, found.share, found.incidents) == (0, None, ())


def test_what_is_older_than_ninety_days_is_forgotten(tmp_path: Path) -> None:
    found = seen(tmp_path, [*minutes(NOON - timedelta(days=200), 3), *minutes(NOON, 3)])
    assert found.asked == 3
    with closing(open_archive(settings_in(tmp_path).archive_path)) as archive:
        assert archive.execute("select count(*) from asked").fetchone()[0] == 1


@pytest.mark.parametrize(("day", "passed"), [("2026-03-29", 1380), ("2026-10-25", 1500), ("2026-07-01", 1440)])
def test_a_day_on_which_the_clocks_change_has_its_own_number_of_minutes(tmp_path: Path, day: str, passed: int) -> None:
    begin = datetime.fromisoformat(f"{day}T12:00:00+00:00") - timedelta(days=1)
    found = seen(tmp_path, [*minutes(begin, 1), *minutes(begin + timedelta(days=2), 1)])
    assert [one.minutes for one in found.days if one.day.isoformat() == day] == [passed]


def test_the_site_is_asked_over_http_and_what_it_says_is_written_down(settings: Settings) -> None:
    open_archive(settings.archive_path).close()

    async def ask(site: str) -> Asking:
        asking = Asking(settings, site)
        async with httpx.AsyncClient(trust_env=False) as client:
            await asking.ask(client)
        return asking

    with serving(settings) as address:
        assert asyncio.run(ask(address)).waiting == []
    asyncio.run(ask(address))
    with closing(open_archive(settings.archive_path)) as archive:
        assert tuple(archive.execute("select asked, answered from asked").fetchone()) == (2, 1)


def test_what_cannot_be_written_down_waits(settings: Settings, tmp_path: Path) -> None:
    blocked = replace(settings, archive=tmp_path / "archive.db")
    (tmp_path / "archive.db").write_bytes(b"no database" * 100)

    async def ask() -> Asking:
        asking = Asking(blocked, "http://127.0.0.1:9")
        async with httpx.AsyncClient(trust_env=False) as client:
            await asking.ask(client)
            await asking.ask(client)
        return asking

    assert len(asyncio.run(ask()).waiting) == 2


def test_a_median_says_of_how_many_it_is() -> None:
    found = middle([1.0, None, 3.0, 8.0])
    assert found is not None
    assert (found.hours, found.of) == (3.0, 3)
    assert middle([None]) is None


@pytest.fixture
def lived(settings: Settings) -> Settings:
    """A site that was asked for seventy days, down on one of them, and not asked on two."""
    today = uk(settings.clock()).date()
    within = msgspec.json.encode([1400, 40, *[0] * (len(kept.BUCKETS) - 1)]).decode()
    days = [today - timedelta(days=back) for back in range(1, 71) if back not in (33, 34)]
    rows = [(day.isoformat(), 1440, 1440 - 90 * (day.day == 7), 0.21, within, f"{day}T22:59:30Z") for day in days]
    incidents = [
        (f"{today - timedelta(days=20)}T09:00:00Z", "down", f"{today - timedelta(days=20)}T10:30:00Z"),
        (f"{today - timedelta(days=35)}T22:59:30Z", "unknown", f"{today - timedelta(days=33)}T23:00:30Z"),
    ]
    with closing(open_public(settings.public_path)) as public, transaction(public):
        public.executemany("insert into uptime_day values (?, ?, ?, ?, ?, ?)", rows)
        public.executemany("insert into uptime_incident values (?, ?, ?)", incidents)
    return settings


def test_the_page_says_it_in_words_and_the_other_form_in_numbers(lived: Settings) -> None:
    visitor = Visitor(lived)
    page = visitor.get("/uptime").text
    assert "did not answer for 90 minutes" in page
    assert [page.count(f'class="{sort}"') for sort in ("up", "unknown", "down")] == [68, 3, 2]
    numbers = visitor.get("/uptime.json").json()
    with closing(read_public(lived.public_path)) as public:
        assert numbers["asked"] == uptime(public, lived, lived.clock()).asked
    assert 0.99 < numbers["share"] < 1


@pytest.mark.slow
def test_the_page_is_readable_on_a_telephone_by_everybody(lived: Settings, chromium: Browser) -> None:
    with serving(lived) as address, chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto(f"{address}/uptime")
        page.locator("details.told summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert Axe().run(page).violations_count == 0
        if folder := os.environ.get("TEST_ARTEFACTS"):
            page.screenshot(path=f"{folder}/uptime-390.png", full_page=True)
            page.set_viewport_size({"width": 1200, "height": 800})
            page.screenshot(path=f"{folder}/uptime-1200.png", full_page=True)


def test_a_page_before_the_first_question_says_so(visitor: Visitor) -> None:
    assert "Nobody has asked yet" in visitor.get("/uptime").text
    assert visitor.get("/uptime.json").json()["share"] is None
