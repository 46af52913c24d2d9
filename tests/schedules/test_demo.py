import email
import json
import time
from collections import Counter
from contextlib import closing
from email import policy
from pathlib import Path

import pytest

from alerts.signup import confirm, request_alert
from alerts.tokens import Scope, make
from schedules.demo import WAIT_SECONDS
from tenderbell.criteria import Criteria
from tenderbell.database import connect
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency
from tests.schedules.programs import finished, page, running


@pytest.mark.slow
def test_the_demonstration_ends_in_an_alert_for_the_second_portion(tmp_path: Path) -> None:
    ended = finished(["schedules.demo", "--once"], {"TENDERBELL_DATA": str(tmp_path / "data")})
    assert ended.returncode == 0, ended.stderr
    letters = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted((tmp_path / "data" / "mail").glob("*.eml"))
    ]
    subjects = [str(letter["Subject"]) for letter in letters]
    assert subjects[0].startswith("[Sample] Please confirm")
    assert len(subjects) == 2
    assert letters[1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/opportunities/" in letters[1].get_body(("plain",)).get_content()


@pytest.mark.slow
def test_the_demonstration_shows_many_sources_joined_and_two_that_cannot_be_trusted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ended = finished(["schedules.demo", "--once"], {"TENDERBELL_DATA": str(data)})
    assert ended.returncode == 0, ended.stderr
    with closing(connect(data / "public.db", read_only=True)) as db:
        states = Counter(row[0] for row in db.execute("select state from source"))
        shown = {row[0] for row in db.execute("select distinct value from opportunity_tag where field = 'source'")}
        places = Counter(
            row[0] for row in db.execute("select distinct opportunity, source from notice order by opportunity")
        )
        records = [json.loads(row[0]) for row in db.execute("select record from opportunity")]
    assert len(shown) >= 8
    assert sum(count > 1 for count in places.values()) >= 5
    assert (states["degraded"], states["failing"]) == (1, 1)
    assert {said["field"] for record in records for said in record.get("statements", ())} == {"closes_at", "value"}
    assert any(record.get("rolling") for record in records)
    status = finished(
        ["tenderbell", "status"], {"TENDERBELL_DATA": str(data), "TENDERBELL_EDITION": str(data / "demo.toml")}
    )
    assert "look there yourself" in status.stdout.splitlines()[0]


@pytest.mark.slow
def test_the_demonstration_serves_the_sample_notices_with_a_banner(tmp_path: Path) -> None:
    environ = {"TENDERBELL_DATA": str(tmp_path / "data"), "TENDERBELL_PORT": "0"}
    with running(["schedules.demo", "--fast"], environ) as program:
        address = program.address
        program.line("Sample notices, no network")
        assert "sample" in page(address).text.lower()
        assert page(f"{address}/opportunities.json?stage=open").json()["total"] > 10
        program.line(r"The outbox now shows \d+ e-mails")
        assert page(f"{address}/outbox", holding="Please confirm").status_code == 200
        assert program.end() < 10


@pytest.mark.slow
def test_the_second_portion_waits_until_somebody_has_confirmed(tmp_path: Path) -> None:
    environ = {"TENDERBELL_DATA": str(tmp_path / "data"), "TENDERBELL_PORT": "0"}
    with running(["schedules.demo"], environ) as program:
        address = program.address
        program.line("Once you have confirmed, or else after a minute")
        began = time.monotonic()
        settings = Settings.read({**environ, "TENDERBELL_URL": address})
        with closing(open_private(settings.private_path)) as db:
            wanted, now = Criteria.parse("kind=grant"), settings.clock()
            request_alert(db, settings, "a@b.example", wanted, Frequency.INSTANT, network="127.0.0.1", now=now)
            request = db.execute("select max(id) from request").fetchone()[0]
            confirm(db, settings, make(db, Scope.CONFIRM, request), now)
        program.line(r"More notices were published")
        assert time.monotonic() - began < WAIT_SECONDS / 2
        assert program.end() < 10
        assert program.lines[-1].endswith("/outbox"), "the end says nothing"
        assert program.process.returncode == 0


def test_the_demonstration_refuses_a_folder_that_holds_notices(tmp_path: Path) -> None:
    (tmp_path / "archive.db").touch()
    ended = finished(["schedules.demo", "--once"], {"TENDERBELL_DATA": str(tmp_path)})
    assert ended.returncode == 1
    assert "needs an empty folder" in ended.stderr
