from collections.abc import Iterator
from contextlib import closing

import click
import pytest

from tenderbell.archive import end_run, open_archive, start_run
from tenderbell.cli import cli
from tenderbell.edition import SCHEDULES
from tests.cli.shell import Shell


def commands(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*before, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)


ALL = list(commands(cli))


@pytest.mark.parametrize(("words", "command"), ALL, ids=[" ".join(words) for words, _ in ALL])
def test_every_command_has_help_that_needs_no_settings(
    words: tuple[str, ...], command: click.Command, shell: Shell
) -> None:
    assert command.help
    result = shell.type(*words, "--help", TENDERBELL_PORT="nonsense")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: tenderbell {' '.join(words)}")
    for option in command.params:
        assert isinstance(option, click.Argument) or option.help, option.name  # type: ignore[attr-defined]


DESIGNED = (
    "run harvest compile rebuild match digest send serve schedule search check status report subscriber review doctor"
)


@pytest.mark.parametrize("name", DESIGNED.split())
def test_the_commands_of_the_design_exist(name: str) -> None:
    assert name in cli.commands


@pytest.mark.parametrize("name", ["backup", "restore"])
def test_a_command_that_does_not_exist_yet_has_no_stub(name: str, shell: Shell) -> None:
    assert shell.type(name).exit_code == 2


def test_without_a_command_a_newcomer_is_told_how_to_begin(shell: Shell) -> None:
    result = shell.type()
    assert result.exit_code == 0
    assert "tenderbell run" in result.output
    assert "make demo" in result.output


def test_without_a_command_a_running_site_says_what_it_holds(stocked: Shell) -> None:
    result = stocked.type()
    assert result.exit_code == 0
    assert "opportunities for Gloucestershire" in result.output


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (("harvest", "no-such-source"), {}, "Known: find-a-tender"),
        (("status",), {"TENDERBELL_PORT": "http"}, "TENDERBELL_PORT='http'"),
        (("status",), {"TENDERBELL_NOW": "2026-11-22T09:00:00"}, "has no offset"),
        (("status",), {"TENDERBELL_EDITION": "atlantis"}, "no edition 'atlantis'"),
        (("match",), {"TENDERBELL_MAIL": "carrier-pigeon"}, "TENDERBELL_MAIL"),
    ],
)
def test_wrong_use_is_one_line_on_standard_error_and_exit_code_2(
    words: tuple[str, ...], environ: dict[str, str], said: str, shell: Shell
) -> None:
    result = shell.type(*words, **environ)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("harvest", "--from", "."),
        ("harvest", "find-a-tender", "ukri", "--from", "."),
        ("harvest", "find-a-tender", "--from", "/no/such/file"),
        ("harvest", "--since", "yesterday"),
        ("harvest", "--since", "2026-08-10", "--until", "2026-08-10"),
        ("harvest", "--since", "24h", "--until", "48h"),
        ("digest", "hourly"),
        ("search", "--full"),
        ("check",),
        ("review", "accept"),
    ],
)
def test_arguments_that_do_not_fit_are_exit_code_2_and_touch_nothing(words: tuple[str, ...], shell: Shell) -> None:
    result = shell.type(*words)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Usage:")
    assert not (shell.folder / "data").exists()


@pytest.mark.parametrize(
    "words",
    [(), ("run",), ("harvest",), ("compile",), ("rebuild",), ("match",), ("digest",), ("send",), ("serve",),
     ("schedule",), ("search",), ("check", "x"), ("status",), ("subscriber", "show", "a@b.example"), ("review", "list"),
     ("tidy",)],
)  # fmt: skip
def test_every_command_finds_a_mistake_in_the_edition_before_it_begins(words: tuple[str, ...], shell: Shell) -> None:
    path = shell.folder / "county.toml"
    right = (SCHEDULES / "gloucestershire.toml").read_text("utf-8")
    path.write_text(right.replace('reach = "national"', 'reech = "national"'), "utf-8")
    result = shell.type(*words, TENDERBELL_EDITION=str(path))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{path}: source ukri: there is no key 'reech'")
    assert result.stderr.count("\n") == 1
    assert not (shell.folder / "data").exists()


def test_without_a_command_it_is_said_why_nothing_was_collected_when_no_source_answers(shell: Shell) -> None:
    now = shell.settings.clock()
    sources = [source.id for source in shell.settings.edition.sources if source.enabled]
    with closing(open_archive(shell.settings.archive_path)) as archive:
        for source in sources[1:]:
            run = start_run(archive, source, now)
            end_run(archive, run, now, complete=False, reason=f"Could not reach {source}.example.")
        assert "Could not reach" not in shell.type().stdout, "another source has not been tried yet"
        end_run(archive, start_run(archive, sources[0], now), now, complete=False, reason="It answered 503.")
    said = shell.type().stdout
    lines = "".join(f"  {source}: Could not reach {source}.example.\n" for source in sources[1:])
    assert f"because no source could be read:\n  {sources[0]}: It answered 503.\n{lines}" in said


def test_every_mistake_in_the_edition_is_one_line_on_standard_error(shell: Shell) -> None:
    path = shell.folder / "county.toml"
    right = (SCHEDULES / "gloucestershire.toml").read_text("utf-8")
    wrong = right.replace('brand = "', 'brnd = "').replace('"tewkesbury-borough-council"', '"tewksbury-council"')
    path.write_text(wrong, "utf-8")
    result = shell.type("status", TENDERBELL_EDITION=str(path))
    assert result.exit_code == 2
    assert [line.removeprefix(f"{path}: source ").partition(":")[0] for line in result.stderr.splitlines()] == [
        "in-tend-tewkesbury", "eu-supply-blue-light",
    ]  # fmt: skip
    assert not (shell.folder / "data").exists()


def test_a_data_folder_that_cannot_be_made_is_one_line_and_exit_code_1(shell: Shell) -> None:
    (shell.folder / "data").write_text("a file is in the way")
    result = shell.type("search", "anything")
    assert result.exit_code == 1
    assert str(shell.folder / "data") in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_no_database_is_one_line_and_exit_code_1(shell: Shell) -> None:
    (shell.folder / "data").mkdir()
    (shell.folder / "data" / "public.db").write_text("This is no database, " * 100)
    result = shell.type("search", "anything")
    assert result.exit_code == 1
    assert "cannot be used" in result.stderr


def test_a_database_of_a_newer_program_is_refused(shell: Shell) -> None:
    from tenderbell.archive import open_archive

    shell.type("status")
    db = open_archive(shell.settings.archive_path)
    db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('archive', 'm999_future', '')")
    db.close()
    result = shell.type("compile")
    assert result.exit_code == 1
    assert "newer Tenderbell" in result.stderr
