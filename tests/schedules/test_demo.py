import email
from email import policy
from pathlib import Path

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


def test_the_demonstration_refuses_a_folder_that_holds_notices(tmp_path: Path) -> None:
    (tmp_path / "archive.db").touch()
    ended = finished(["schedules.demo", "--once"], {"TENDERBELL_DATA": str(tmp_path)})
    assert ended.returncode == 1
    assert "needs an empty folder" in ended.stderr
