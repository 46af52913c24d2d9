"""doctor and preview, as they are typed."""

from pathlib import Path

from tests.cli.shell import Shell


def test_a_fresh_install_has_nothing_wrong_and_says_what_it_could_not_check(shell: Shell) -> None:
    result = shell.type("doctor")
    assert result.exit_code == 0, result.output
    assert "not checked" in result.stdout
    assert "TENDERBELL_MAIL" in result.stdout


def test_what_is_wrong_is_said_with_what_to_do_and_exits_1(shell: Shell) -> None:
    found = shell_json(shell)
    assert found["wrong"] is True
    (server,) = [one for one in found["findings"] if one["name"] == "Mail server"]
    assert server["verdict"] == "wrong"
    assert server["todo"]


def shell_json(shell: Shell) -> dict[str, object]:
    shell.environ["TENDERBELL_MAIL"] = "smtp://127.0.0.1:9"
    found: dict[str, object] = shell.json("doctor", code=1)
    return found


def test_a_preview_of_a_search_is_shown_in_text_or_html(stocked: Shell, tmp_path: Path) -> None:
    text = stocked.type("preview", "--criteria", "kind=grant")
    assert text.exit_code == 0
    assert "Subject: " in text.stdout
    assert "Nothing waits" in text.stdout
    html = stocked.type("preview", "--criteria", "kind=grant", "--html")
    assert html.stdout.startswith("<!doctype html>")
    assert stocked.json("preview", "--criteria", "kind=grant")["subject"] in text.stdout


def test_a_preview_needs_a_profile_or_a_search(stocked: Shell) -> None:
    assert stocked.type("preview").exit_code == 2
    assert stocked.type("preview", "1", "--criteria", "kind=grant").exit_code == 2
    unknown = stocked.type("preview", "99")
    assert unknown.exit_code == 1
    assert "no profile 99" in unknown.stderr
