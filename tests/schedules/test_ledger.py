from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schedules.ledger import Ledger
from tenderbell.archive import Sort, end_run, open_archive, start_run
from tenderbell.edition import Job

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HARVEST = Job(id="harvest", command=("harvest", "find-a-tender"), cron="5 * * * *")
REWALK = Job(id="rewalk", command=("harvest", "find-a-tender", "--since", "14d"), cron="10 3 * * sun")
RECONCILE = Job(id="reconcile", command=("reconcile", "find-a-tender"), cron="20 5 * * *")
PROBE = Job(id="probe", command=("probe",), cron="30 22 * * sun")
DIGEST = Job(id="digest", command=("digest",), every_minutes=5)


def harvested(path: Path, at: datetime, *, complete: bool) -> None:
    with closing(open_archive(path)) as db:
        run = start_run(db, "find-a-tender", at)
        end_run(db, run, at, complete=complete, reason="")


def test_a_job_that_never_ran_has_no_last_run(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "archive.db")
    assert ledger.last(HARVEST, NOW) is None
    assert ledger.last(DIGEST, NOW) is None


def test_a_finished_job_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    Ledger(tmp_path / "archive.db").finish(DIGEST, NOW)
    assert Ledger(tmp_path / "archive.db").last(DIGEST, NOW + timedelta(days=1)) == NOW


def test_a_harvest_by_hand_counts_as_the_plain_harvest_but_not_as_a_rewalk(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "archive.db")
    ledger.last(REWALK, NOW - timedelta(days=30))
    harvested(tmp_path / "archive.db", NOW, complete=True)
    assert ledger.last(HARVEST, NOW) == NOW
    assert ledger.last(REWALK, NOW) == NOW - timedelta(days=30)


def test_a_harvest_that_did_not_finish_does_not_count(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "archive.db")
    harvested(tmp_path / "archive.db", NOW, complete=False)
    assert ledger.last(HARVEST, NOW) is None
    assert not ledger.has_harvested("find-a-tender")


def test_a_rewalk_that_never_ran_counts_from_when_it_was_first_planned(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "archive.db")
    assert ledger.last(REWALK, NOW) == NOW
    assert ledger.last(REWALK, NOW + timedelta(days=8)) == NOW


def test_what_looks_again_at_what_was_collected_waits_for_its_time(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "archive.db")
    for job in (RECONCILE, PROBE):
        assert ledger.last(job, NOW) == NOW
        assert ledger.last(job, NOW + timedelta(days=8)) == NOW


def test_a_reconciliation_is_no_harvest(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "archive.db")
    with closing(open_archive(tmp_path / "archive.db")) as db:
        run = start_run(db, "find-a-tender", NOW, sort=Sort.RECONCILIATION)
        end_run(db, run, NOW, complete=True, reason="")
    assert ledger.last(HARVEST, NOW) is None
    assert not ledger.has_harvested("find-a-tender")
