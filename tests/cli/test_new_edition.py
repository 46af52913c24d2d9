from pathlib import Path

import msgspec

from tests.cli.shell import Shell


def test_a_county_is_written_and_what_is_left_to_do_is_said(shell: Shell, tmp_path: Path) -> None:
    into = tmp_path / "counties"
    result = shell.type("new-edition", "somerset", "--gss", "E10000027", "--into", str(into))
    assert result.exit_code == 0
    assert "E10000027 was replaced by E06000066" in result.stdout
    assert "What a human must still fill in" in result.stdout
    assert str(into / "areas" / "somerset.toml") in result.stdout
    assert f"TENDERBELL_EDITION={into / 'somerset.toml'} tenderbell run" in result.stdout
    begun = shell.type("status", TENDERBELL_EDITION=str(into / "somerset.toml"))
    assert begun.exit_code == 0, begun.output
    assert "find-a-tender: never run" in begun.stdout


def test_programs_read_the_same_as_json(shell: Shell, tmp_path: Path) -> None:
    result = shell.type("new-edition", "devon", "--gss", "e10000008", "--into", str(tmp_path), "--json")
    found = msgspec.json.decode(result.stdout)
    assert found["gss"] == "E10000008"
    assert Path(found["area"]).exists()
    assert Path(found["edition"]).exists()
    assert found["fill_in"]["area"]
    assert found["fill_in"]["edition"]


def test_a_wrong_name_a_wrong_code_and_a_file_that_is_there_are_wrong_use(shell: Shell, tmp_path: Path) -> None:
    for name, gss in (("Somerset!", "E06000066"), ("somerset", "E99999999"), ("somerset", "E07000078")):
        result = shell.type("new-edition", name, "--gss", gss, "--into", str(tmp_path))
        assert result.exit_code == 2
        assert "Error: " in result.stderr
    assert not list(tmp_path.glob("**/somerset.toml"))
    shell.type("new-edition", "somerset", "--gss", "E06000066", "--into", str(tmp_path))
    again = shell.type("new-edition", "somerset", "--gss", "E06000066", "--into", str(tmp_path))
    assert again.exit_code == 2
    assert "nothing is overwritten" in again.stderr
