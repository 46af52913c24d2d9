"""A short soak in the suite, and the proof that the soak sees what is wrong when something is."""

import random
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts import matching, recording
from alerts.digests import build
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tests.soak import __main__, month, steps
from tests.soak.deliveries import Attempt, Digest
from tests.soak.month import Soak
from tests.soak.oracle import Facts, Oracle, Wish
from tests.soak.verdict import Judge, Verdict

NOW = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)
OPEN = Facts(frozenset({"carers"}), "grant", "open", 4_000, NOW + timedelta(days=30))

pytestmark = pytest.mark.kill


def test_three_days_with_kills_and_faults_lose_and_repeat_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--days", "3", "--subscribers", "60", "--seed", "1"]) == 0
    said = capsys.readouterr().out
    assert "--seed 1" in said
    numbers = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in said.splitlines()[1:11]}
    assert numbers["sent"] > 30
    assert numbers["told"] > 80
    assert numbers["killed"] > 3
    assert (numbers["lost"], numbers["repeated"], numbers["wrong"]) == (0, 0, 0)


def test_the_night_on_which_the_clock_goes_back_is_lived_twice_from_one_to_two() -> None:
    hours = [moment.astimezone(UTC).hour for moment in sorted(month.all_at(date(2026, 10, 25), time(1, 30)))]
    assert hours == [0, 1]
    assert len(month.all_at(date(2026, 10, 26), time(1, 30))) == 1
    last = month.FIRST_DAY + timedelta(days=29)
    assert month.FIRST_DAY <= date(2026, 10, 25) <= last


def _soak(folder: Path, days: int = 2, subscribers: int = 25) -> Verdict:
    return Soak(folder, days, subscribers, seed=4).run()[0]


@pytest.mark.slow
def test_a_matcher_that_forgets_one_match_in_twenty_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = recording.record_news
    dice = random.Random(1)

    def forgetful(db: sqlite3.Connection, now: datetime) -> int:
        written = record(db, now)
        rows = db.execute("select id from match where type = 'new' and state = 'waiting'").fetchall()
        for row in rows:
            if dice.random() < 0.05:
                db.execute("delete from match where id = ?", (row["id"],))
        return written

    monkeypatch.setattr(matching, "record_news", forgetful)
    verdict = _soak(tmp_path)
    assert verdict.lost > 0
    assert any(words.startswith("lost: person") for words in verdict.words)


@pytest.mark.slow
def test_a_digester_that_tells_again_what_it_told_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(settings: Settings) -> None:
        build(settings)
        with closing(open_private(settings.private_path)) as db:
            db.execute("update match set state = 'waiting', outbox = null where state = 'claimed' and id % 3 = 0")
            db.execute("delete from digest")

    monkeypatch.setitem(steps.STEPS, "digest", forgetful)
    assert _soak(tmp_path, days=3, subscribers=60).repeated > 0


@pytest.mark.slow
def test_a_digester_that_tells_what_somebody_hid_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.hidden.listed", lambda *_: ())
    monkeypatch.setattr("alerts.hidden.hides", lambda *_: False)
    assert _soak(tmp_path, days=3, subscribers=60).mistakes > 0


def _judged(*attempts: Attempt, unknown: tuple[Digest, ...] = ()) -> Verdict:
    """Return the verdict on a person who is to be told of one opportunity, once."""
    oracle = Oracle()
    oracle.join("ann", Wish(either=("carers",)), "instant", NOW)
    oracle.publish(1, OPEN, ["new"])
    oracle.match(NOW)
    oracle.build(NOW + timedelta(minutes=15))
    return Judge(oracle, {1: [NOW]}, {}).judge(attempts, unknown)


_MAIL = Digest("ann", "<1@bell.example>", NOW + timedelta(minutes=15), ((1, 1),), 0)


def _attempt(fault: str | None = None, **changes: Any) -> Attempt:
    digest = replace(_MAIL, **changes)
    return Attempt(fault, "ann", digest, digest.message_id)


def test_what_arrived_is_told_and_what_did_not_is_lost() -> None:
    assert (_judged(_attempt()).told, _judged(_attempt()).mistakes) == (1, 0)
    assert _judged().lost == 1
    assert _judged(_attempt("lost, then dropped")).lost == 1
    assert _judged(_attempt("lost, then dropped"), unknown=(_MAIL,)).unknown == 1
    assert _judged(_attempt("554 after DATA")).refused == 1


def test_a_second_copy_is_a_resend_and_a_third_a_repetition() -> None:
    twice = _judged(_attempt("taken, then dropped"), _attempt())
    assert (twice.told, twice.resent, twice.mistakes) == (1, 1, 0)
    assert _judged(_attempt(), _attempt(), _attempt()).repeated == 1


def test_the_same_news_in_another_message_is_a_repetition() -> None:
    assert _judged(_attempt(), _attempt(message_id="<2@bell.example>")).repeated == 1
    later = _attempt(message_id="<2@bell.example>", written_at=NOW + timedelta(days=1))
    assert _judged(_attempt(), later).repeated == 1


def test_what_nobody_was_to_be_told_is_unexpected_and_an_old_version_out_of_date() -> None:
    assert _judged(_attempt(told=((1, 1), (2, 0)))).unexpected == 1
    assert _judged(_attempt(told=((1, 7),))).stale == 1


def test_what_is_only_counted_is_told_if_the_number_is_right() -> None:
    assert _judged(_attempt(told=(), more=1)).told == 1
    assert _judged(_attempt(told=(), more=2)).lost == 1


def test_the_oracle_tells_of_a_cancellation_although_it_fits_no_longer() -> None:
    oracle = Oracle()
    oracle.join("ann", Wish(stages=("open",)), "instant", NOW)
    oracle.publish(1, OPEN, ["new"])
    oracle.match(NOW)
    oracle.build(NOW + timedelta(hours=1))
    oracle.publish(1, replace(OPEN, stage="cancelled"), ["cancelled"])
    oracle.match(NOW + timedelta(hours=1))
    oracle.build(NOW + timedelta(hours=2))
    assert oracle.tellings == {
        ("ann", 1, NOW + timedelta(hours=1)): {1},
        ("ann", 1, NOW + timedelta(hours=2)): {2},
    }


def test_the_report_says_every_number() -> None:
    said = __main__.report(Verdict(sent=1_234, told=5, lost=2, words=["lost: ann o1"]), Counter(match=3))
    assert "sent          1,234 e-mails" in said
    assert "lost              2" in said
    assert "killed            3 times (match 3)" in said
    assert said.endswith("lost: ann o1")
