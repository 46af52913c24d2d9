"""Secrets stay where they belong: files for their owner alone, no password in what is printed, logged or inherited."""

import asyncio
import os
import re
import stat
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts.mailer import Envelope, FolderMailer
from schedules.children import READERS, Children, environ_of
from tenderbell.cli import cli
from tenderbell.private import open_private
from tenderbell.settings import PROJECT, SECRETS, Settings

PASSWORD = "zircon-hidden-81"
VALUES = {
    "TENDERBELL_MAIL": f"smtp://bell:{PASSWORD}@127.0.0.1:9",
    "TENDERBELL_BOUNCES": f"imaps://bell:{PASSWORD}@127.0.0.1:9/INBOX",
    "TENDERBELL_REPLICA": f"sftp://bell:{PASSWORD}@127.0.0.1:9/tenderbell",
    "TENDERBELL_METRICS": PASSWORD,
}


@contextmanager
def careless() -> Iterator[None]:
    """Give everybody everything, as some machines do."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def exposed(folder: Path) -> list[str]:
    """Return the files that somebody besides their owner may open, with their modes."""
    found = [(path, path.lstat().st_mode) for path in folder.rglob("*")]
    return [f"{path.name} {mode & 0o777:o}" for path, mode in found if stat.S_ISREG(mode) and mode & 0o077]


def test_private_db_and_the_files_beside_it_are_for_their_owner_from_the_moment_they_are_made(tmp_path: Path) -> None:
    with careless(), closing(open_private(tmp_path / "private.db")) as db:
        db.execute("insert into secret values ('x', x'00')")
        assert (tmp_path / "private.db-wal").stat().st_size
        assert exposed(tmp_path) == []


def test_a_private_db_that_was_opened_to_others_is_closed_again_with_the_files_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "private.db"
    with closing(open_private(path)) as db:
        db.execute("insert into secret values ('x', x'00')")
        for one in tmp_path.iterdir():
            one.chmod(0o644)
        open_private(path).close()
        assert exposed(tmp_path) == []


def test_e_mails_in_a_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    with careless():
        asyncio.run(FolderMailer(folder).deliver(Envelope("000001-abc", "bell@example.org", "ann@example.org", b"x")))
    assert [path.suffix for path in folder.iterdir()] == [".eml"]
    assert exposed(folder) == []
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("command", sorted(READERS))
def test_what_reads_strangers_answers_inherits_no_password(command: str) -> None:
    given = {**VALUES, **{f"{name}_FILE": "/etc/x" for name in SECRETS}, "TENDERBELL_DATA": "/x", "PATH": "/bin"}
    assert environ_of(command, given) == {"TENDERBELL_DATA": "/x", "PATH": "/bin"}
    assert environ_of("send", given) == given


def test_a_harvest_that_the_scheduler_starts_does_not_see_the_password() -> None:
    program = (sys.executable, "-c", "import os; print(sorted(os.environ.items()))")
    children = Children(lambda _: None, {**os.environ, **VALUES, "TENDERBELL_DATA": "/x"}, program=program)
    seen = asyncio.run(children.run(["harvest"])).output
    assert "TENDERBELL_DATA" in seen
    assert PASSWORD not in seen


def test_settings_that_are_printed_show_no_password() -> None:
    settings = Settings.read(VALUES)
    assert PASSWORD in settings.mail
    assert PASSWORD not in repr(settings)


@pytest.mark.parametrize("mail", [VALUES["TENDERBELL_MAIL"], f"smtp://bell:{PASSWORD}@127.0.0.1:9x"])
@pytest.mark.parametrize("command", ["status", "doctor", "send", "bounce --mailbox"])
def test_no_command_prints_a_password_whatever_fails(
    command: str, mail: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    environ = {**VALUES, "TENDERBELL_DATA": str(tmp_path), "TENDERBELL_MAIL": mail}
    ended = CliRunner(env=environ).invoke(cli, command.split())
    said = ended.output + ended.stderr + "".join(capfd.readouterr())
    assert said
    assert PASSWORD not in said
    assert PASSWORD not in "".join(traceback.format_exception(ended.exception)) if ended.exception else True


# The repository

_SECRETS = re.compile(
    r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bxox[bap]-[0-9A-Za-z-]{10,}|\bsk_live_[0-9A-Za-z]{10,}|\bAIza[0-9A-Za-z_-]{35}\b"
)
_LOGIN = re.compile(r"\b[a-z][a-z0-9+]{2,9}://[^\s/@:\"'{}<>]+:([^\s/@\"'{}<>]+)@([A-Za-z0-9.-]+)")
_INVENTED = re.compile(
    r"(?:^|\.)(?:example|test|invalid|localhost|example\.(?:org|com|net))$|^127\.|^host$|^[a-z]$", re.IGNORECASE
)


def kept() -> list[Path]:
    """Return the files that git keeps, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [PROJECT / name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()]


def leaks(text: str) -> list[str]:
    """Return what looks like a real secret: keys, and logins at hosts that are not invented."""
    logins = [found[0] for found in _LOGIN.finditer(text) if not _INVENTED.search(found[2])]
    return [found[0] for found in _SECRETS.finditer(text)] + logins


def test_the_scan_knows_a_secret_when_it_sees_one() -> None:
    assert leaks("-----BEGIN " + "RSA PRIVATE KEY-----")
    assert leaks("AKIA" + "ABCDEFGHIJKLMNOP")
    assert leaks("smtp://bell:" + "hunter2@mail.cheltenham.gov.uk:587")
    assert not leaks("smtp://user:pass@host:587 and sftp://bell:hidden@backup.example/x")


def test_no_secret_is_kept_in_the_repository() -> None:
    found = {str(path.relative_to(PROJECT)): leaks(path.read_text("utf-8", "replace")) for path in kept()}
    assert {name: what for name, what in found.items() if what} == {}
