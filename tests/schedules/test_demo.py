import email
import time
from contextlib import closing
from email import policy
from pathlib import Path

from alerts.signup import confirm, request_alert
from alerts.tokens import Scope, make
from schedules.demo import WAIT_SECONDS
from tenderbell.criteria import Criteria
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency
from tests.schedules.programs import finished, page, running


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
