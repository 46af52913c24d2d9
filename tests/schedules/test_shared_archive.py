"""Two editions on one machine share an archive: each publishes its own county's notices, a source is asked once, and
nobody is told of what was there already, or twice."""

import email
import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts import signup, tokens
from alerts.tokens import Scope
from schedules.ledger import TURN, Ledger, Turn
from schedules.service import prepare
from schedules.turns import ledger_of, turn_of
from spiders.harvest import Wanted, harvest, lock_path
from spiders.rehearsal.find_a_tender import Rehearsal
from tenderbell import decisions, direct
from tenderbell.advert import Advert
from tenderbell.archive import open_archive
from tenderbell.cli import cli
from tenderbell.compiling import compile_archive
from tenderbell.criteria import Criteria
from tenderbell.database import connect
from tenderbell.decisions import Verdict
from tenderbell.edition import Job
from tenderbell.lock import hold, is_held
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.sharing import editions, scope
from tenderbell.vocabulary import Frequency
from tests.schedules.counties import NOW, OURS, THEIRS, County, release
from tests.schedules.editions import job
from tests.schedules.programs import PATIENCE_SECONDS, running

FIRST = ((OURS, "ring-and-ride", 1), (THEIRS, "winter-lights", 2), (OURS, "youth-volunteering", 3))
LATER = ((OURS, "digital-buddies", 4), (THEIRS, "student-listening", 5))


@pytest.fixture
def ours(tmp_path: Path) -> County:
    """The county whose edition has been there from the beginning."""
    county = County(tmp_path, OURS)
    compile_archive(county.settings)
    return county


@pytest.fixture
def theirs(tmp_path: Path) -> County:
    return County(tmp_path, THEIRS)


def collect(county: County, folder: Path, found: Sequence[tuple[str, str, int]], source: str = "find-a-tender") -> None:
    """Let a county's edition read saved releases: no backfill, so that what is new alerts."""
    path = folder / f"{found[0][2]}.json"
    path.write_text(json.dumps({"releases": [release(*one) for one in found]}))
    harvest(county.settings, [source], Wanted(saved=path, backfill=False))


def shown(county: County) -> set[str]:
    with closing(connect(county.settings.public_path, read_only=True)) as db:
        return {row[0] for row in db.execute("select id from opportunity")}


def events(county: County, *, silent: bool) -> set[str]:
    with closing(connect(county.settings.public_path, read_only=True)) as db:
        return {row[0] for row in db.execute("select opportunity from event where silent = ?", (silent,))}


def ids(*numbers: int) -> set[str]:
    return {f"h6vhtk-{number:06x}" for number in numbers}


def test_each_edition_publishes_its_own_county_s_notices_and_joins_in_silence(
    ours: County, theirs: County, tmp_path: Path
) -> None:
    collect(ours, tmp_path, FIRST)
    compile_archive(ours.settings)
    assert shown(ours) == events(ours, silent=False) == ids(1, 3)
    compile_archive(theirs.settings)
    assert shown(theirs) == events(theirs, silent=True) == ids(2, 3), "what was there already tells nobody"
    collect(ours, tmp_path, LATER)
    compile_archive(ours.settings)
    compile_archive(theirs.settings)
    assert events(ours, silent=False) == ids(1, 3, 4)
    assert events(theirs, silent=False) == ids(5), "what the other edition brought afterwards is told"
    assert compile_archive(theirs.settings).events == 0


def test_a_lost_public_db_of_an_edition_is_made_again_as_ever(ours: County, theirs: County, tmp_path: Path) -> None:
    collect(ours, tmp_path, FIRST)
    compile_archive(ours.settings)
    compile_archive(theirs.settings)
    for path in theirs.settings.data.glob("public.db*"):
        path.unlink()
    compile_archive(theirs.settings)
    assert events(theirs, silent=True) == ids(2, 3)
    with closing(open_archive(ours.settings.archive_path)) as archive:
        assert editions(archive) == {OURS: 0, THEIRS: 1}


def test_an_edition_that_moves_to_a_shared_archive_keeps_its_pages_and_tells_nobody(
    ours: County, tmp_path: Path
) -> None:
    alone = County(tmp_path, THEIRS, archive=tmp_path / "alone.db")
    compile_archive(alone.settings)
    collect(alone, tmp_path, [(THEIRS, "repair-cafes", 9)])
    compile_archive(alone.settings)
    collect(ours, tmp_path, FIRST)
    compile_archive(ours.settings)
    moved = County(tmp_path, THEIRS)
    compile_archive(moved.settings)
    assert shown(moved) == ids(9, 2, 3)
    assert events(moved, silent=False) == ids(9), "only what it had told before"
    collect(ours, tmp_path, LATER)
    compile_archive(moved.settings)
    assert events(moved, silent=False) == ids(9, 5)


def test_an_edition_that_moves_back_tells_nobody_of_what_came_meanwhile(ours: County, tmp_path: Path) -> None:
    alone = County(tmp_path, THEIRS, archive=tmp_path / "alone.db")
    compile_archive(alone.settings)
    collect(alone, tmp_path, [(THEIRS, "repair-cafes", 9)])
    compile_archive(alone.settings)
    collect(alone, tmp_path, FIRST)
    moved = County(tmp_path, THEIRS)
    compile_archive(moved.settings)
    back = County(tmp_path, THEIRS, archive=tmp_path / "alone.db")
    compile_archive(back.settings)
    assert shown(back) == ids(9, 2, 3)
    assert events(back, silent=False) == ids(9), "cursors began again, and nothing says what was told"


def test_who_comes_to_an_archive_that_was_there_is_not_its_first(tmp_path: Path) -> None:
    """The edition that made it may run an older program, which notes nothing of itself."""
    ours, theirs = County(tmp_path, OURS), County(tmp_path, THEIRS)
    collect(ours, tmp_path, FIRST)
    compile_archive(theirs.settings)
    with closing(open_archive(ours.settings.archive_path)) as archive:
        assert (scope(ours.settings.edition, archive), scope(theirs.settings.edition, archive)) == ("", THEIRS)
    own = County(tmp_path, OURS)
    del own.environ["TENDERBELL_ARCHIVE"]
    with closing(open_archive(own.settings.archive_path)) as archive:
        assert scope(own.settings.edition, archive) == ""


def test_an_edition_with_an_archive_of_its_own_is_not_held_to_be_a_newcomer(tmp_path: Path) -> None:
    alone = County(tmp_path, THEIRS)
    del alone.environ["TENDERBELL_ARCHIVE"]
    collect(alone, tmp_path, FIRST)
    compile_archive(alone.settings)
    assert events(alone, silent=False) == ids(2, 3)


def test_the_first_edition_keeps_what_it_had_when_it_lets_others_in(tmp_path: Path) -> None:
    county = County(tmp_path, OURS)
    del county.environ["TENDERBELL_ARCHIVE"]
    collect(county, tmp_path, FIRST)
    compile_archive(county.settings)
    collect(county, tmp_path, LATER)
    county.environ["TENDERBELL_ARCHIVE"] = str(county.settings.archive_path)
    compile_archive(county.settings)
    assert events(county, silent=False) == ids(1, 3, 4), "what waited to be compiled is told"


def test_what_only_one_edition_asks_for_is_not_the_other_s(tmp_path: Path) -> None:
    row = '\n[[source]]\nid = "{0}-releases"\ntitle = "Releases"\nspider = "ocds-file"\nurl = "https://x.example/{0}"\n'
    ours, theirs = (County(tmp_path, name, more=row.format(name)) for name in (OURS, THEIRS))
    collect(ours, tmp_path, [(OURS, "youth-volunteering", 7)], f"{OURS}-releases")
    for county in (ours, theirs):
        compile_archive(county.settings)
    assert len(shown(ours)) == 1
    assert shown(theirs) == set()


def test_an_advert_written_on_one_site_is_on_the_other_only_when_its_body_serves_both(
    ours: County, theirs: County
) -> None:
    for county in (ours, theirs):
        compile_archive(county.settings)
    for key, body in (("W-1", "herefordshire-council"), ("W-2", "west-mercia-pcc")):
        wanted = Advert(title="Warm rooms fund", kind="grant", purpose="Soup and company.", rolling=True)
        document = direct.Document(key, wanted, body, "A body", "2026-11-20T09:00:00Z")
        with closing(open_archive(theirs.settings.archive_path)) as archive:
            direct.publish(archive, theirs.settings.area, document, NOW)
    for county in (ours, theirs):
        compile_archive(county.settings)
    assert len(shown(theirs)) == 2
    assert shown(ours) == set()


def test_a_decision_about_one_area_is_none_about_the_other(ours: County, theirs: County, tmp_path: Path) -> None:
    collect(ours, tmp_path, FIRST)
    for county in (ours, theirs):
        compile_archive(county.settings)
    with closing(open_archive(ours.settings.archive_path)) as archive:
        one, other = (scope(county.settings.edition, archive) for county in (ours, theirs))
        assert (one, other) == ("", THEIRS), "the first edition's rows stay as they were"
        decisions.decide(archive, "x", Verdict.REJECT, NOW, other)
        assert decisions.verdict(archive, "x", one) is None
        assert decisions.verdict(archive, "x", other) is Verdict.REJECT
        assert decisions.decisions_after(archive, 0, one) == []


def test_a_source_is_locked_for_both_editions_while_one_asks_it(ours: County, theirs: County) -> None:
    assert lock_path(ours.settings, "find-a-tender") == lock_path(theirs.settings, "find-a-tender")
    with hold(lock_path(ours.settings, "find-a-tender"), "no"):
        assert is_held(lock_path(theirs.settings, "find-a-tender"))
        (report,) = harvest(theirs.settings, ["find-a-tender"])
    assert not report.finished
    assert "Another harvest of find-a-tender" in report.reason
    assert not is_held(lock_path(ours.settings, "find-a-tender"))


HARVEST = job("tenders", "harvest find-a-tender", cron="5 7-20 * * *")
FUND = job("funds", "harvest {0}-fund", cron="5 7-20 * * *")
DIGEST = job("digest", "digest", every_minutes=5)


def ledgers(tmp_path: Path) -> tuple[tuple[Settings, Ledger], tuple[Settings, Ledger]]:
    found = []
    for name in (OURS, THEIRS):
        settings = County(tmp_path, name, jobs=[HARVEST, FUND.format(name), DIGEST]).settings
        found.append((settings, ledger_of(settings, settings.edition.jobs)))
    return found[0], found[1]


def jobs_of(settings: Settings) -> dict[str, Job]:
    return {job.id: job for job in settings.edition.jobs}


def test_jobs_of_their_own_do_not_collide_and_a_common_harvest_is_one_job(tmp_path: Path) -> None:
    (ours, mine), (theirs, yours) = ledgers(tmp_path)
    for id in ("tenders", "funds", "digest"):
        mine.finish(jobs_of(ours)[id], NOW)
    assert yours.last(jobs_of(theirs)["tenders"], NOW) == NOW
    assert yours.last(jobs_of(theirs)["digest"], NOW) is None
    assert yours.last(jobs_of(theirs)["funds"], NOW) is None


def test_one_edition_asks_and_the_other_waits_until_it_has_or_has_given_up(tmp_path: Path) -> None:
    (ours, mine), (theirs, yours) = ledgers(tmp_path)
    common = jobs_of(ours)["tenders"]

    def turn(ledger: Ledger, minutes: float = 0, *, going: bool = False) -> Turn:
        return ledger.take(common, NOW, NOW + timedelta(minutes=minutes), is_going=going)

    assert turn(mine) is Turn.OURS
    assert turn(yours) is Turn.ANOTHERS
    assert turn(mine, 15) is Turn.OURS, "it tries again after a failure"
    late = 15 + TURN.total_seconds() / 60
    assert turn(yours, late, going=True) is Turn.ANOTHERS, "a long harvest is still going"
    assert turn(yours, late) is Turn.OURS, "the other has ended in the middle"
    assert turn(mine, late + 1) is Turn.ANOTHERS
    yours.finish(common, NOW + timedelta(minutes=late + 2))
    assert turn(mine, late + 3) is Turn.DONE
    tomorrow = NOW + timedelta(days=1)
    assert mine.take(common, tomorrow, tomorrow, is_going=False) is Turn.OURS
    assert turn_of(theirs, yours, jobs_of(theirs)["digest"], NOW) is Turn.OURS


def test_an_edition_alone_is_always_at_its_turn(tmp_path: Path) -> None:
    county = County(tmp_path, OURS, jobs=[HARVEST])
    del county.environ["TENDERBELL_ARCHIVE"]
    ledger = ledger_of(county.settings, county.settings.edition.jobs)
    job = jobs_of(county.settings)["tenders"]
    with hold(lock_path(county.settings, "find-a-tender"), "no"):
        assert turn_of(county.settings, ledger, job, NOW) is Turn.OURS
    ledger.finish(job, NOW)
    assert Ledger(county.settings.archive_path).last(job, NOW) == NOW, "its jobs are called as ever"


def subscribe(settings: Settings) -> None:
    with closing(open_private(settings.private_path)) as db:
        now = settings.clock()
        wanted = Criteria.parse("stage=open")
        signup.request_alert(db, settings, "a@b.example", wanted, Frequency.INSTANT, network="127.0.0.1", now=now)
        request = db.execute("select max(id) from request").fetchone()[0]
        signup.confirm(db, settings, tokens.make(db, Scope.CONFIRM, request), now)


def told(settings: Settings) -> Counter[str]:
    """Return of which opportunities e-mails were sent, and how often each."""
    found: Counter[str] = Counter()
    for path in (settings.data / "mail").glob("*.eml"):
        body = email.message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",))
        assert body
        found.update(set(re.findall(r"/opportunities/(h6vhtk-[0-9a-f]{6})", str(body.get_content()))))
    return found


def harvests(settings: Settings) -> int:
    with closing(connect(settings.archive_path, read_only=True)) as db:
        return int(db.execute("select count(*) from run where source = 'find-a-tender'").fetchone()[0])


def follow(counties: Sequence[County], wanted: Sequence[set[str]]) -> None:
    """Run the scheduler of each county until each shows what it should."""
    with ExitStack() as stack:
        programs = [stack.enter_context(running(["tenderbell", "schedule"], county.environ)) for county in counties]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while [shown(county) for county in counties] != list(wanted):
            assert time.monotonic() < deadline, [shown(county) for county in counties]
            time.sleep(0.1)
        for program in programs:
            assert program.end() < 10


@pytest.mark.slow
def test_two_schedulers_ask_a_source_once_and_tell_each_county_s_people_of_their_own(tmp_path: Path) -> None:
    with Rehearsal([release(*one) for one in FIRST]) as server:
        counties = [County(tmp_path, name, jobs=[HARVEST], url=server.url) for name in (OURS, THEIRS)]
        for county in counties:
            prepare(county.settings)
        follow(counties, [ids(1, 3), ids(2, 3)])
        assert harvests(counties[0].settings) == 1
        server.add_releases([release(*one, NOW + timedelta(minutes=30)) for one in LATER])
        for county in counties:
            subscribe(county.settings)
            county.environ["TENDERBELL_NOW"] = (NOW + timedelta(hours=1)).isoformat()
        follow(counties, [ids(1, 3, 4), ids(2, 3, 5)])
        assert harvests(counties[0].settings) == 2
    for county in counties:
        for words in 2 * (["match"], ["digest", "instant"], ["send"]):
            assert CliRunner(env=county.environ).invoke(cli, words).exit_code == 0
    first, later = (told(county.settings) for county in counties)
    assert (first[f"h6vhtk-{4:06x}"], first[f"h6vhtk-{5:06x}"]) == (1, 0)
    assert (later[f"h6vhtk-{5:06x}"], later[f"h6vhtk-{4:06x}"]) == (1, 0)
