"""What people send in, as the scheduler meets it: a missing advert is looked for within seconds, and what enters the
archive by another way than a harvest becomes a page."""

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts import reports
from schedules.children import Children
from schedules.missed import Missed
from schedules.newcomers import Newcomers
from schedules.scheduler import Scheduler
from schedules.service import prepare
from spiders.rehearsal.find_a_tender import API, Rehearsal
from tenderbell import decisions
from tenderbell.archive import end_run, open_archive, start_run
from tenderbell.decisions import Verdict
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tests.alerts.world import Mail
from tests.schedules.editions import environment, settings
from tests.schedules.test_scheduler import ELSEWHERE, Recorder
from tests.spiders.releases import tender
from tests.tenderbell.notices import keep, notice

NOW = datetime(2026, 8, 11, 8, tzinfo=UTC)
OFFICIAL = "https://www.find-tender.service.gov.uk/Notice"


def report(found: Settings, link: str, email: str = "") -> int:
    with closing(open_private(found.private_path)) as db:
        return reports.report_missing(db, link, "", email, network="n", now=found.clock())


async def test_a_missing_advert_is_fetched_at_once_and_its_reporter_told_where_it_is(tmp_path: Path) -> None:
    """The form's report, the real scheduler, the real commands, a real server: only the clock stands still."""
    with Rehearsal([tender(1, NOW - timedelta(days=90))]) as server:
        environ = environment(tmp_path, url=server.url, TENDERBELL_NOW=NOW.isoformat())
        found, lines = settings(environ), []
        prepare(found)
        report(found, f"{OFFICIAL}/000001-2026", "officer@example.org")
        running = Scheduler(found, Children(lines.append, environ), lines.append, pulse=3600)
        for host, ids in running.missed.take().items():
            await running._seek(host, ids)
        assert running.wanted.is_set(), "what was found is matched and the outcome sent"
        await running._follow()
        await running.stop()
        assert [asked.path for asked in server.requests] == [f"{API}/000001-2026"]
    assert lines == []
    (letter,) = [Mail(path.read_bytes()) for path in sorted((found.data / "mail").glob("*.eml"))]
    assert letter.message["To"] == "officer@example.org"
    assert f"{found.url}/opportunities/h6vhtk-000001" in letter.text_links
    assert not re.search("find-tender", letter.text), "nothing that the reporter typed"


async def test_a_report_reaches_a_running_scheduler_without_any_job(tmp_path: Path) -> None:
    children = Recorder()
    found = settings(environment(tmp_path, fund=ELSEWHERE))
    prepare(found)
    running = Scheduler(found, children, children.hear, pulse=3600)
    running.start()
    id = report(found, f"{OFFICIAL}/000001-2026")
    await children.until(("seek", str(id), "--json"))
    await running.stop()


def test_a_report_that_could_not_be_answered_is_taken_again_after_a_while_and_not_before(tmp_path: Path) -> None:
    now = [NOW]
    found = Settings.read(environment(tmp_path, fund=ELSEWHERE))
    object.__setattr__(found, "clock", lambda: now[0])
    prepare(found)
    tenders, fund, nowhere = (
        report(found, link) for link in (f"{OFFICIAL}/000001-2026", f"{ELSEWHERE}/x", "https://x.example/")
    )
    missed = Missed(found)
    assert sorted(map(tuple, missed.take().values())) == [(tenders,), (fund,), (nowhere,)]
    now[0] += timedelta(minutes=14)
    assert missed.take() == {}
    now[0] += timedelta(minutes=2)
    with closing(open_private(found.private_path)) as db:
        reports.queue(db, nowhere, "Nobody watches it.", NOW)
    assert sorted(map(tuple, missed.take().values())) == [(tenders,), (fund,)]


async def test_no_report_is_looked_for_at_a_host_that_is_being_harvested(tmp_path: Path) -> None:
    children = Recorder()
    found = settings(environment(tmp_path, fund=ELSEWHERE))
    prepare(found)
    running = Scheduler(found, children, children.hear, pulse=3600)
    report(found, f"{OFFICIAL}/000001-2026")
    (host,) = running.missed.take()
    async with running.hosts[host]:
        task = running._spawn(running._seek(host, [1]))
        await children.until()
        assert children.commands == []
    await task
    assert children.commands == [("seek", "1", "--json")]
    await running.stop()


def test_what_enters_the_archive_is_noticed_once_and_a_run_that_brings_nothing_is_not(tmp_path: Path) -> None:
    found = settings(environment(tmp_path))
    prepare(found)
    newcomers = Newcomers(found.archive_path)
    newcomers.have_come()
    assert not newcomers.have_come()
    with closing(open_archive(found.archive_path)) as archive:
        end_run(archive, start_run(archive, "county-fund", NOW), NOW, complete=True, reason="")
        assert not newcomers.have_come()
        keep(found, notice(1))
        assert newcomers.have_come()
        assert not newcomers.have_come()
        decisions.decide(archive, "h6vhtk-0abcde", Verdict.ACCEPT, NOW)
        assert newcomers.have_come()
        assert not newcomers.have_come()


def test_an_archive_that_was_replaced_is_watched_all_the_same(tmp_path: Path) -> None:
    found = settings(environment(tmp_path))
    prepare(found)
    newcomers = Newcomers(found.archive_path)
    newcomers.have_come()
    other = settings(environment(tmp_path, TENDERBELL_DATA=str(tmp_path / "other")))
    keep(other, notice(1))
    for name in ("archive.db-wal", "archive.db-shm"):
        (found.data / name).unlink(missing_ok=True)
    other.archive_path.replace(found.archive_path)
    assert newcomers.have_come()


async def test_an_advert_that_was_written_here_becomes_a_page_at_the_next_beat(tmp_path: Path) -> None:
    children = Recorder()
    found = settings(environment(tmp_path, fund=ELSEWHERE))
    prepare(found)
    running = Scheduler(found, children, children.hear, pulse=0.05)
    running.start()
    await children.until(("compile", "--json"), ("send",))
    keep(found, notice(1))
    await children.until(("compile", "--json"), ("compile", "--json"))
    await running.stop()


def test_a_question_and_an_outcome_are_noticed_once_each(tmp_path: Path) -> None:
    found = settings(environment(tmp_path, fund=ELSEWHERE))
    prepare(found)
    missed, id = Missed(found), report(found, "https://x.example/")
    assert not missed.are_letters_new()
    with closing(open_private(found.private_path)) as db:
        reports.queue(db, id, "Nobody watches it.", NOW)
        assert [missed.are_letters_new(), missed.are_letters_new()] == [True, False]
        reports.settle(db, id, reports.Outcome.REJECT, NOW)
        assert [missed.are_letters_new(), missed.are_letters_new()] == [True, False]
