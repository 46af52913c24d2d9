import pytest

from tests.cli.shell import Shell


@pytest.mark.parametrize(("command", "counted"), [("match", "matches"), ("digest", "digests"), ("send", "sent")])
def test_with_nobody_to_tell_each_step_says_so_and_is_done(command: str, counted: str, stocked: Shell) -> None:
    result = stocked.type(command)
    assert result.exit_code == 0
    assert result.stdout.startswith("0 ")
    assert stocked.json(command)[counted] == 0


def test_tidy_folds_the_logs_back(stocked: Shell) -> None:
    assert stocked.type("tidy").exit_code == 0
    for name in ("archive", "public", "private"):
        log = stocked.settings.data / f"{name}.db-wal"
        assert not log.exists() or log.stat().st_size == 0


def test_letters_are_written_once_and_counted_by_what_they_are(stocked: Shell) -> None:
    result = stocked.type("letters")
    assert result.exit_code == 0
    assert result.stdout.startswith("0 receipts, 0 warnings, 0 outcomes, ")
    again = stocked.json("letters")
    counts = ("receipts", "warnings", "outcomes", "still_here", "questions", "alarms")
    assert again == {**dict.fromkeys(counts, 0), "problems": []}
