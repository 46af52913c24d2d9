"""Sending: each message once, as near as SMTP allows, over a real mail server that misbehaves."""

import dataclasses
import socket
import sqlite3
import threading
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from alerts import sending, signup, subjects, suppression, unsubscribe
from alerts.digests import build
from alerts.errors import MailSettingError
from alerts.matching import match
from alerts.outbox import Sort
from alerts.sending import SendReport, send
from alerts.tokens import Scope
from tenderbell.criteria import Criteria
from tenderbell.private import open_private
from tenderbell.vocabulary import Frequency
from tests.alerts import postbox
from tests.alerts.postbox import Postbox, serving
from tests.alerts.queued import queue, send_to
from tests.alerts.world import World


@pytest.fixture
def digest_world(world: World) -> World:
    """One digest in the outbox, for ann@example.org."""
    world.subscribe("")
    world.publish("a", title="Support for carers")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    assert world.states() == ["pending"]
    return world


def test_a_message_arrives_with_the_bytes_that_were_stored(digest_world: World) -> None:
    stored = digest_world.rows("select content as message from body")[0]["message"]
    with serving(Postbox()) as box:
        assert send_to(digest_world, box).sent == 1
        assert send_to(digest_world, box).sent == 0
    sender, recipient, content = box.accepted[0]
    assert recipient == "ann@example.org"
    assert sender.startswith("b+")
    assert sender.endswith("@bell.example")
    assert content == stored
    assert digest_world.states() == ["sent"]


def test_lines_that_begin_with_a_dot_arrive_whole(world: World) -> None:
    queue(world)
    with serving(Postbox()) as box:
        send_to(world, box)
    assert b"\r\n.hidden dot\r\n" in box.accepted[0][2]


def test_many_messages_share_a_few_sessions(world: World) -> None:
    queue(world, 100)
    with serving(Postbox()) as box:
        assert send_to(world, box).sent == 100
    assert box.sessions == 4
    assert len({recipient for _, recipient, _ in box.accepted}) == 100


def test_a_run_ends_with_a_commit_that_waits_for_the_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def traced(path: Path) -> sqlite3.Connection:
        db = open_private(path)
        db.set_trace_callback(said.append)
        return db

    queue(world, 3)
    monkeypatch.setattr(sending, "open_private", traced)
    send(world.settings)
    assert "pragma synchronous=normal" in said
    ended = len(said) - said[::-1].index("pragma synchronous=full")
    assert not any("outbox set" in words for words in said[ended:])
    assert [words.split()[0].lower() for words in said[ended:]] == ["begin", "insert", "commit"]


def test_no_more_than_the_limit_is_sent(world: World) -> None:
    queue(world, 5)
    with serving(Postbox()) as box:
        assert send_to(world, box, limit=2).sent == 2
    assert world.states() == ["sent", "sent", "pending", "pending", "pending"]


@pytest.mark.parametrize("fault", [postbox.LATER_AT_RECIPIENT, postbox.LATER_AT_DATA, postbox.DROP_BEFORE_DATA])
def test_what_was_not_taken_waits_and_is_sent_later(world: World, fault: str) -> None:
    queue(world)
    with serving(Postbox(fault)) as box:
        assert send_to(world, box).later == 1
        assert world.states() == ["pending"]
        assert send_to(world, box) == SendReport()
        world.wait(minutes=10)
        assert send_to(world, box).sent == 1
    assert len(box.accepted) == 1


def test_one_refused_address_does_not_hold_up_the_others(world: World) -> None:
    queue(world, 3)
    with serving(Postbox(postbox.REFUSE_RECIPIENT, postbox.REFUSE_DATA)) as box:
        report = send_to(world, box)
    assert (report.failed, report.sent) == (2, 1)
    assert world.states() == ["failed", "failed", "sent"]
    assert world.rows("select reply from outbox")[0]["reply"].startswith("550 5.1.1")


def test_who_does_not_exist_is_not_written_to_again(world: World) -> None:
    queue(world)
    with serving(Postbox(postbox.REFUSE_RECIPIENT)) as box:
        assert send_to(world, box).failed == 1
        with world.private() as db:
            assert suppression.reason(db, "person0@example.org") is not None
        assert [row["kind"] for row in world.rows("select kind from bounce")] == ["hard"]
        world.wait(days=1)
        queue(world, sort=Sort.RECEIPT)
        assert send_to(world, box).withdrawn == 1
    assert box.accepted == []


def test_a_refusal_of_what_we_wrote_is_no_bounce_of_the_address(world: World) -> None:
    queue(world)
    with serving(Postbox(postbox.REFUSE_DATA)) as box:
        assert send_to(world, box).failed == 1
    with world.private() as db:
        assert suppression.reason(db, "person0@example.org") is None


@pytest.mark.parametrize("fault", [postbox.BUSY, postbox.REFUSE_SENDER])
def test_a_server_that_turns_us_away_fails_no_message_and_is_left_alone(world: World, fault: str) -> None:
    queue(world, 3)
    with serving(Postbox(fault)) as box:
        report = send_to(world, box)
    assert report.problem is not None
    assert (report.later, report.sent, report.failed) == (1, 0, 0)
    assert world.states() == ["pending"] * 3


def test_a_connection_lost_after_data_is_unknown_and_resent_once_after_its_lease(digest_world: World) -> None:
    with serving(Postbox(postbox.DROP_AFTER_DATA)) as box:
        assert send_to(digest_world, box).unknown == 1
        assert digest_world.states() == ["unknown"]
        assert send_to(digest_world, box) == SendReport()
        digest_world.wait(minutes=16)
        assert send_to(digest_world, box).sent == 1
    ids = {message_from_bytes(content)["message-id"] for _, _, content in box.accepted}
    assert (len(box.accepted), len(ids)) == (2, 1)


def test_what_is_unknown_twice_is_left_to_the_operator(digest_world: World) -> None:
    with serving(Postbox(*[postbox.DROP_AFTER_DATA] * 9)) as box:
        for _ in range(5):
            send_to(digest_world, box)
            digest_world.wait(days=1)
    assert len(box.accepted) == 2
    assert digest_world.states() == ["unknown"]


def test_an_edition_may_leave_what_is_unknown_to_the_operator(digest_world: World) -> None:
    edition = digest_world.folder / "edition.toml"
    edition.write_text(edition.read_text().replace("[mail]", "[mail]\nresend_unknown = false"))
    digest_world.settings = dataclasses.replace(digest_world.settings)
    with serving(Postbox(postbox.DROP_AFTER_DATA)) as box:
        for _ in range(3):
            send_to(digest_world, box)
            digest_world.wait(days=1)
    assert len(box.accepted) == 1
    assert digest_world.states() == ["unknown"]


def test_an_unknown_message_that_then_waits_has_not_used_its_second_chance(digest_world: World) -> None:
    plan = (postbox.DROP_AFTER_DATA, postbox.LATER_AT_RECIPIENT, postbox.ACCEPT)
    with serving(Postbox(*plan)) as box:
        for _ in range(3):
            send_to(digest_world, box)
            digest_world.wait(hours=5)
    assert digest_world.states() == ["sent"]
    assert len(box.accepted) == 2


def test_what_a_dead_sender_left_behind_is_unknown_after_its_lease(digest_world: World) -> None:
    with digest_world.private() as db:
        db.execute("update outbox set state = 'sending', attempts = 1, lease_until = '2026-11-04T09:15:00Z'")
    with serving(Postbox()) as box:
        assert send_to(digest_world, box) == SendReport()
        digest_world.wait(minutes=15)
        assert send_to(digest_world, box).sent == 1
    assert digest_world.rows("select resends from outbox")[0]["resends"] == 1


def test_a_server_that_cannot_be_reached_is_tried_again_and_nothing_is_lost(world: World) -> None:
    queue(world, 50)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"smtp://127.0.0.1:{unused.getsockname()[1]}"
        report = send(dataclasses.replace(world.settings, mail=nowhere))
    assert report.problem is not None
    assert "could not be reached" in report.problem
    assert set(world.states()) == {"pending"}


def test_a_message_that_nobody_takes_for_three_days_has_failed(world: World) -> None:
    queue(world)
    with serving(Postbox(*[postbox.LATER_AT_DATA] * 99)) as box:
        for _ in range(20):
            send_to(world, box)
            world.wait(hours=5)
    assert world.states() == ["failed"]


def test_two_senders_at_once_send_each_message_once(world: World) -> None:
    queue(world, 60)
    with serving(Postbox()) as box:
        senders = [threading.Thread(target=send_to, args=(world, box)) for _ in range(2)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    assert sorted(recipient for _, recipient, _ in box.accepted) == sorted(f"person{n}@example.org" for n in range(60))


def test_who_leaves_between_digest_and_sending_gets_nothing(digest_world: World) -> None:
    with digest_world.private() as db:
        db.execute("update profile set ended_at = '2026-11-04T09:00:00Z'")
    with serving(Postbox()) as box:
        assert send_to(digest_world, box).withdrawn == 1
    assert box.accepted == []


def test_leaving_withdraws_the_digest_that_waits(digest_world: World) -> None:
    token = digest_world.token(Scope.END_ONE, 1)
    with digest_world.private() as db:
        unsubscribe.unsubscribe(db, token, digest_world.now)
    assert digest_world.states() == ["withdrawn"]


@pytest.mark.parametrize(("reason", "confirmations"), [("bounce", 1), (suppression.COMPLAINT, 0)])
def test_a_suppressed_address_gets_no_digest(digest_world: World, reason: str, confirmations: int) -> None:
    with digest_world.private() as db:
        suppression.suppress(db, "ann@example.org", reason, digest_world.now)
        signup.request_alert(
            db,
            digest_world.settings,
            "ann@example.org",
            Criteria(q="more"),
            Frequency.DAILY,
            network="x",
            now=digest_world.now,
        )
    with serving(Postbox()) as box:
        report = send_to(digest_world, box)
    assert (report.sent, report.withdrawn) == (confirmations, 2 - confirmations)


def test_a_folder_holds_each_message_once_with_its_envelope(digest_world: World) -> None:
    assert send(digest_world.settings).sent == 1
    with digest_world.private() as db:
        db.execute("update outbox set state = 'pending'")
    assert send(digest_world.settings).sent == 1
    [content] = digest_world.delivered()
    first, second, rest = content.split(b"\r\n", 2)
    assert first.startswith(b"Return-Path: <b+")
    assert second == b"Delivered-To: ann@example.org"
    assert rest == digest_world.rows("select content as message from body")[0]["message"]


def test_a_folder_that_cannot_be_written_keeps_the_message(digest_world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    report = send(dataclasses.replace(digest_world.settings, mail=f"folder:{tmp_path / 'file' / 'mail'}"))
    assert report.problem is not None
    assert digest_world.states() == ["pending"]


def test_links_to_act_with_are_forgotten_once_sent(world: World) -> None:
    queue(world)
    send(world.settings)
    assert world.rows("select * from body") == []


@pytest.mark.parametrize("setting", ["smtp://", "smtp://host:notaport", "smtps://:25"])
def test_a_mail_setting_that_means_nothing_is_said(world: World, setting: str) -> None:
    queue(world)
    with pytest.raises(MailSettingError):
        send(dataclasses.replace(world.settings, mail=setting))


def test_a_report_of_nothing_is_empty(world: World) -> None:
    assert send(world.settings) == SendReport()


@pytest.mark.parametrize("ending", [postbox.ACCEPT, postbox.REFUSE_RECIPIENT, postbox.DROP_AFTER_DATA, postbox.BUSY])
def test_who_is_erased_while_their_message_goes_out_disturbs_nobody_elses(world: World, ending: str) -> None:
    queue(world, 2)

    class Eraser(Postbox):
        async def handle_MAIL(self, *arguments: Any) -> str:  # noqa: N802
            with world.private() as db:
                subjects.erase(db, "person0@example.org")
            return await super().handle_MAIL(*arguments)

    with serving(Eraser(ending)) as box:
        send_to(world, box)
        world.wait(hours=5)
        send_to(world, box)
    assert [row["email"] for row in world.rows("select email from outbox where state = 'sent'")] == [
        "person1@example.org"
    ]
    assert [recipient for _, recipient, _ in box.accepted].count("person1@example.org") == 1
