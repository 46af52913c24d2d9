"""The whole journey with a real mail server: sign up, confirm, be told, leave; and a mailbox that does not exist."""

import dataclasses
import json
import os
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from alerts.digests import build
from alerts.mailboxes import MailboxReport, read_mailbox
from alerts.matching import match
from alerts.sending import send
from alerts.subjects import show
from tenderbell.settings import PROJECT
from tests.alerts.world import Mail, World
from tests.journeys import postfix
from tests.journeys.postfix import Postfix
from tests.site.conftest import serving

pytestmark = pytest.mark.postfix

SITE = "http://tenderbell.test"
READER, NOBODY = "ann@village.example", "gone@village.example"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user of this machine may enter, as Postfix's programs must; pytest's own are root's alone."""
    postfix.skip_unless_possible()
    folder = Path(tempfile.mkdtemp(prefix="tenderbell-postfix-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def a_world(place: Path, bounce_domain: str) -> World:
    """A world that sends from bell.example, in a folder of `place` that the pipe's user may write to."""
    folder = place / "world"
    folder.mkdir()
    world = World(folder)
    edition = folder / "edition.toml"
    text = edition.read_text("utf-8").replace("[mail]\n", f'[mail]\nbounce_domain = "{bounce_domain}"\n')
    edition.write_text(text, "utf-8")
    world.settings = dataclasses.replace(world.settings, public_url=SITE)
    world.settings.data.mkdir()
    return world


def told_of(world: World, id: str) -> int:
    """Publish an opportunity, send what follows from it, and return how many e-mails the mail server took."""
    world.publish(id)
    match(world.settings)
    build(world.settings)
    world.wait(minutes=15)
    build(world.settings)
    report = send(world.settings)
    assert (report.failed, report.problem) == (0, None)
    return report.sent


def link_in(text: str, kind: str) -> str:
    found = re.search(rf"{SITE}(/{kind}/[\w-]+)", text)
    assert found, text
    return found[1]


def form_token(page: str) -> str:
    found = re.search(r'name="csrftoken" value="([^"]+)"', page)
    assert found, page
    return found[1]


def sign_up(world: World, server: Postfix, browser: httpx.Client) -> None:
    """Sign up and confirm as a person does, with the link in the e-mail that arrived in their mailbox."""
    page = browser.get("/alerts/new?q=grants&stage=open").text
    fields = {"csrftoken": form_token(page), "email": READER, "search": "q=grants&stage=open", "frequency": "instant"}
    assert browser.post("/alerts/new", data=fields).status_code == 200
    assert send(world.settings).sent == 1
    [letter] = server.wait_for(lambda: server.letters("ann"))
    confirm = link_in(Mail(letter).text, "confirm")
    page = browser.get(confirm).text
    assert browser.post(confirm, data={"csrftoken": form_token(page)}).status_code == 200


def test_sign_up_confirm_be_told_and_leave_by_one_click(place: Path) -> None:
    with postfix.running(place) as server:
        world = a_world(place, "returned.bell.example")
        world.settings = dataclasses.replace(world.settings, mail=server.url)
        world.publish("before")
        with serving(world.settings) as address, httpx.Client(base_url=address) as browser:
            sign_up(world, server, browser)
            assert told_of(world, "after") == 1
            digest = server.wait_for(lambda: server.letters("ann")[1:])[0]
            mail = Mail(digest)
            assert "Grants for after" in mail.text
            assert mail.message["Return-Path"].startswith("<b+")
            leave = link_in(str(mail.message["List-Unsubscribe"]), "unsubscribe")
            answer = httpx.post(f"{address}{leave}", data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        assert told_of(world, "too-late") == 0
        assert len(server.letters("ann")) == 2
        assert server.letters("returned") == []


def test_a_mailbox_that_does_not_exist_is_written_to_once(place: Path) -> None:
    with postfix.running(place) as server:
        world = a_world(place, "returned.bell.example")
        returned = server.maildir("returned")
        world.settings = dataclasses.replace(world.settings, mail=server.url, bounces=f"maildir:{returned}")
        world.subscribe("", address=NOBODY)
        world.subscribe("", address=READER)
        assert told_of(world, "first") == 2
        server.wait_for(lambda: server.letters("returned"))
        assert read_mailbox(world.settings) == MailboxReport(bounce=1)
        with world.private() as db:
            gone, reader = show(db, NOBODY), show(db, READER)
        assert gone is not None
        assert reader is not None
        assert (gone["address_state"], gone["reason"]) == ("suppressed", "5.1.1")
        assert reader["address_state"] == "working"
        assert told_of(world, "second") == 1
        leave_by_mail(server)
        server.wait_for(lambda: server.letters("returned")[1:])
        assert read_mailbox(world.settings) == MailboxReport(left=1)
        assert told_of(world, "third") == 0


def leave_by_mail(server: Postfix) -> None:
    """Write to the address of List-Unsubscribe in the reader's first letter, as old mail programs do."""
    header = message_from_bytes(server.wait_for(lambda: server.letters("ann"))[0])["List-Unsubscribe"]
    found = re.search(r"mailto:([^>]+)>", header)
    assert found
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = READER, found[1], "unsubscribe"
    with smtplib.SMTP("127.0.0.1", server.port) as connection:
        connection.send_message(letter)


def test_postfix_pipes_what_comes_back_into_the_command(place: Path) -> None:
    program = postfix.program_of_anybody()
    if program is None:
        reason = f"the user {postfix.PIPES_AS} may not run this program"
        warnings.warn(f"Postfix's pipe is not tried: {reason}.", stacklevel=1)
        pytest.skip(reason)
    world = a_world(place, "piped.bell.example")
    world.subscribe("", address=NOBODY)
    environ = {
        "TENDERBELL_DATA": str(world.settings.data),
        "TENDERBELL_EDITION": world.settings.edition_name,
        "TENDERBELL_NOW": world.now.isoformat(),
    }
    for path in (world.settings.data, *world.settings.data.iterdir()):
        shutil.chown(path, postfix.PIPES_AS)
    words = [f"{name}={value}" for name, value in environ.items()]
    with postfix.running(place, "/usr/bin/env", *words, *program) as server:
        world.settings = dataclasses.replace(world.settings, mail=server.url)
        assert told_of(world, "first") == 1
        server.wait_for(lambda: world.rows("select * from suppression"))
        server.wait_for(lambda: "status=sent (delivered via bell service" in server.log())
    shown = subprocess.run(
        [sys.executable, "-m", "tenderbell", "subscriber", "show", NOBODY, "--json"],
        capture_output=True, check=True, cwd=PROJECT, env={**os.environ, **environ},
    )  # fmt: skip
    state = json.loads(shown.stdout)
    assert (state["address_state"], state["reason"]) == ("suppressed", "5.1.1")
