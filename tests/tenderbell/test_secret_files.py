"""A secret stands in the environment, or in a file that nobody but its owner may open."""

from pathlib import Path

import pytest

from tenderbell.errors import SettingError
from tenderbell.settings import SECRETS, Settings

VALUES = {
    "TENDERBELL_MAIL": "smtps://bell:hidden@mail.example",
    "TENDERBELL_BOUNCES": "imaps://bell:hidden@mail.example/INBOX",
    "TENDERBELL_REPLICA": "sftp://bell:hidden@backup.example/tenderbell",
    "TENDERBELL_METRICS": "hidden",
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_read_from_the_first_line_of_its_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{VALUES[name]}\nand a note\n", "utf-8")
    path.chmod(0o400)
    from_file = Settings.read({f"{name}_FILE": str(path)})
    assert from_file == Settings.read({name: VALUES[name]})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o444])
def test_a_file_that_others_may_open_is_refused_and_its_content_is_not_said(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("smtp://bell:hidden@mail.example", "utf-8")
    path.chmod(mode)
    with pytest.raises(SettingError, match=f"chmod 600 {path}") as caught:
        Settings.read({"TENDERBELL_MAIL_FILE": str(path)})
    assert "hidden" not in str(caught.value)


def test_a_file_that_is_missing_empty_or_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with pytest.raises(SettingError, match=r"TENDERBELL_METRICS_FILE: .* cannot be read: No such file"):
        Settings.read({"TENDERBELL_METRICS_FILE": str(path)})
    path.touch(0o600)
    with pytest.raises(SettingError, match="is empty"):
        Settings.read({"TENDERBELL_METRICS_FILE": str(path)})
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingError, match="it is not text"):
        Settings.read({"TENDERBELL_METRICS_FILE": str(path)})


def test_two_values_for_one_secret_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch(0o600)
    with pytest.raises(SettingError, match="keep one of them"):
        Settings.read({"TENDERBELL_METRICS": "a", "TENDERBELL_METRICS_FILE": str(path)})
