"""Reading a mailbox of bounces: a Maildir, and an IMAP server over TLS. Noted first, marked as seen afterwards."""

import dataclasses
import datetime
import ipaddress
import json
import mailbox
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from alerts.errors import BouncesSettingError, MailboxUnusable
from alerts.mailboxes import MailboxReport, read_mailbox
from tests.alerts import imap_place
from tests.alerts.coming_back import READER, bounces, report, state, subscribed
from tests.alerts.dying import dies
from tests.alerts.world import World

PROJECT = Path(__file__).parent.parent.parent


@pytest.fixture
def told(world: World) -> World:
    return subscribed(world)


@pytest.fixture
def maildir(told: World) -> mailbox.Maildir:
    """A Maildir that the world reads, as a mail server fills it."""
    folder = told.folder / "Maildir"
    told.settings = dataclasses.replace(told.settings, bounces=f"maildir:{folder}")
    return mailbox.Maildir(folder)


def test_a_maildir_is_read_once_and_its_messages_are_seen(told: World, maildir: mailbox.Maildir) -> None:
    for name in ("postfix", "forged", "complaint", "leaving", "holiday"):
        maildir.add(report(told, name))
    assert read_mailbox(told.settings) == MailboxReport(bounce=1, complaint=1, left=1, ignored=2)
    assert state(told) == ("suppressed", "complaint")
    assert [message.get_subdir() + message.get_flags() for message in maildir] == ["curS"] * 5
    assert read_mailbox(told.settings) == MailboxReport()


def test_what_another_program_moved_but_nobody_saw_is_read(told: World, maildir: mailbox.Maildir) -> None:
    message = mailbox.MaildirMessage(report(told, "postfix"))
    message.set_subdir("cur")
    message.set_flags("F")
    maildir.add(message)
    assert read_mailbox(told.settings) == MailboxReport(bounce=1)
    assert [message.get_flags() for message in maildir] == ["FS"]


@pytest.mark.kill
def test_a_reader_killed_anywhere_notes_everything_once_when_started_again(
    told: World, maildir: mailbox.Maildir
) -> None:
    for name in ("exim", "postfix", "leaving"):
        maildir.add(report(told, name))
    deaths = [at for at in range(1, 12) if dies(lambda: read_mailbox(told.settings), at)]
    assert len(deaths) > 3, "there was hardly a point to die at"
    read_mailbox(told.settings)
    assert sorted(bounces(told)) == [("hard", "5.0.0"), ("hard", "5.1.1")]
    assert state(told) == ("suppressed", "5.1.1")
    assert {message.get_flags() for message in maildir} == {"S"}


@pytest.mark.parametrize(
    "setting", ["pop3://x", "imaps://host/INBOX", "imaps://a:b@host:port/x", "imaps://a:b@/x", "x"]
)
def test_a_setting_that_means_nothing_is_said_without_its_password(told: World, setting: str) -> None:
    with pytest.raises(BouncesSettingError) as caught:
        read_mailbox(dataclasses.replace(told.settings, bounces=setting))
    assert "a:b" not in str(caught.value)


def test_a_folder_that_is_no_maildir_is_said(told: World) -> None:
    with pytest.raises(MailboxUnusable, match="no Maildir"):
        read_mailbox(dataclasses.replace(told.settings, bounces=f"maildir:{told.folder}"))


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for 127.0.0.1 that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bounces.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "imap.pem"
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.fixture
def imap(told: World, certificate: Path) -> Iterator[Path]:
    """The folder of a running IMAP server that the world reads."""
    folder = told.folder / "imap"
    folder.mkdir()
    command = [sys.executable, str(Path(imap_place.__file__)), str(folder), str(certificate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        user, password, name = (
            quote(text, safe="") for text in (imap_place.USER, imap_place.PASSWORD, imap_place.FOLDER)
        )
        told.settings = dataclasses.replace(told.settings, bounces=f"imaps://{user}:{password}@127.0.0.1:{port}/{name}")
        yield folder
        server.terminate()


def test_an_imap_folder_is_read_once_and_its_messages_are_seen(told: World, imap: Path) -> None:
    for name in ("postfix", "unfinished", "holiday", "leaving"):
        (imap / f"{name}.eml").write_bytes(report(told, name))
    (imap / "big.eml").write_bytes(report(told, "exim") + b"0" * 3_000_000)
    assert read_mailbox(told.settings) == MailboxReport(bounce=2, known=1, left=1, ignored=1)
    assert state(told) == ("suppressed", "5.1.1")
    assert len(list(imap.glob("*.seen"))) == 5
    assert read_mailbox(told.settings) == MailboxReport()


def test_what_was_noted_but_not_marked_is_known_the_next_time(told: World, imap: Path) -> None:
    (imap / "postfix.eml").write_bytes(report(told, "postfix"))
    read_mailbox(told.settings)
    (imap / "postfix.seen").unlink()
    assert read_mailbox(told.settings) == MailboxReport(known=1)


def test_an_imap_server_that_cannot_be_used_is_said_without_the_password(
    told: World, imap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = told.settings.bounces or ""
    wrong = [good.replace("word", "WORD"), good.replace("Came", "Gone"), good.replace("127.0.0.1", "127.0.0.2")]
    for setting in wrong:
        with pytest.raises(MailboxUnusable, match="cannot be used") as caught:
            read_mailbox(dataclasses.replace(told.settings, bounces=setting))
        assert "pass" not in str(caught.value).replace("password", "")
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(MailboxUnusable, match="certificate"):
        read_mailbox(told.settings)


def bell(world: World, *words: str, content: bytes = b"", **environ: str) -> "subprocess.CompletedProcess[bytes]":
    """Type `tenderbell bounce WORDS` as a mail server does, with a message on standard input."""
    settings = {
        "TENDERBELL_DATA": str(world.settings.data),
        "TENDERBELL_EDITION": world.settings.edition_name,
        "TENDERBELL_NOW": world.now.isoformat(),
    }
    command = [sys.executable, "-m", "tenderbell", "bounce", *words]
    return subprocess.run(
        command, input=content, capture_output=True, check=False, cwd=PROJECT, env={**os.environ, **settings, **environ}
    )


def test_a_mail_server_pipes_a_bounce_and_hears_yes(told: World) -> None:
    ended = bell(told, content=report(told, "postfix") + b"0" * 3_000_000)
    assert (ended.returncode, ended.stdout) == (0, b"Bounce.\n")
    assert state(told) == ("suppressed", "5.1.1")


@pytest.mark.parametrize("content", [b"", b"\xff\x00\r\n\r\n", b"Subject: buy now\n\nCheap."])
def test_a_mail_server_hears_yes_for_what_is_none_of_ours(told: World, content: bytes) -> None:
    ended = bell(told, "--json", content=content)
    assert (ended.returncode, json.loads(ended.stdout)) == (0, {"handled": "ignored"})


def test_a_mail_server_keeps_what_could_not_be_noted(told: World) -> None:
    content = report(told, "postfix")
    (told.folder / "file").write_text("in the way")
    for trouble in (
        {"TENDERBELL_DATA": str(told.folder / "file" / "live")},
        {"TENDERBELL_EDITION": "nowhere.toml"},
        {"TENDERBELL_NOW": "tomorrow"},
    ):
        ended = bell(told, content=content, **trouble)
        assert (ended.returncode, ended.stdout) == (75, b"")
        assert ended.stderr.startswith(b"Not noted, try again: ")
    told.settings.private_path.write_bytes(b"no database" * 1000)
    assert bell(told, content=content).returncode == 75


def test_the_mailbox_is_read_by_the_same_command(told: World, maildir: mailbox.Maildir) -> None:
    maildir.add(report(told, "postfix"))
    ended = bell(told, "--mailbox", "--json", TENDERBELL_BOUNCES=told.settings.bounces or "")
    assert json.loads(ended.stdout) == {"bounce": 1, "complaint": 0, "left": 0, "known": 0, "ignored": 0}
    assert READER.encode() not in ended.stdout + ended.stderr


def test_a_mailbox_that_is_not_set_is_no_trouble_and_a_wrong_one_is(told: World) -> None:
    assert bell(told, "--mailbox").returncode == 0
    assert bell(told, "--mailbox", TENDERBELL_BOUNCES="pop3://x").returncode == 2
    assert bell(told, "--mailbox", TENDERBELL_BOUNCES=f"maildir:{told.folder}").returncode == 1
