"""What comes back: only what proves which of our messages it is about changes anything, once, as the policy says."""

import base64
import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import bounces as policy
from alerts import signup, suppression, tokens, verp
from alerts.digests import build
from alerts.incoming_mail import LONGEST
from alerts.matching import match
from alerts.returns import Handled
from alerts.sending import send
from alerts.tokens import Scope
from alerts.unsubscribe import describe
from tenderbell.criteria import Criteria
from tenderbell.vocabulary import Frequency
from tests.alerts.coming_back import (
    READER,
    bounces,
    handle,
    last_message,
    nothing_changes,
    report,
    sent,
    state,
    subscribed,
)
from tests.alerts.postbox import REFUSE_RECIPIENT, Postbox, serving
from tests.alerts.world import World


@pytest.fixture
def told(world: World) -> World:
    """A world in which one reader was sent one e-mail."""
    return subscribed(world)


@pytest.mark.parametrize(
    ("name", "kind", "status", "suppressed"),
    [
        ("postfix", "hard", "5.1.1", True),
        ("exchange", "hard", "5.1.10", True),
        ("qmail", "hard", "5.1.1", True),
        ("exim", "hard", "5.0.0", False),
        ("gmail-full", "full", "5.2.2", False),
        ("sendmail-refused", "ours", "5.7.26", False),
        ("postfix-expired", "soft", "4.4.7", False),
        ("without-verp", "hard", "5.1.1", True),
        ("attached", "hard", "5.1.1", True),
        ("unfinished", "hard", "5.1.1", True),
        ("forwarded-on", "hard", "5.1.1", False),
    ],
)
def test_every_dialect_is_read_as_what_it_says(
    told: World, name: str, kind: str, status: str, suppressed: bool
) -> None:
    assert handle(told, report(told, name)) is Handled.BOUNCE
    assert bounces(told) == [(kind, status)]
    assert state(told) == (("suppressed", status) if suppressed else ("working", None))


@pytest.mark.parametrize("name", ["postfix-delayed", "holiday", "not-spam"])
def test_what_is_no_failure_changes_nothing(told: World, name: str) -> None:
    with nothing_changes(told):
        assert handle(told, report(told, name)) is Handled.IGNORED


@pytest.mark.parametrize("name", ["forged", "forged-complaint", "forged-qmail", "nested"])
def test_a_report_that_proves_nothing_changes_nothing(told: World, name: str) -> None:
    with nothing_changes(told):
        assert handle(told, report(told, name)) is Handled.IGNORED


def test_who_forges_with_their_own_message_silences_only_themselves(told: World) -> None:
    told.subscribe("", address="bob@example.org")
    assert handle(told, report(told, "postfix", address="bob@example.org")) is Handled.BOUNCE
    assert state(told, "bob@example.org") == ("working", None)
    assert state(told) == ("working", None)


def test_the_same_report_twice_by_two_ways_counts_once(told: World) -> None:
    content = report(told, "exim")
    assert handle(told, content) is Handled.BOUNCE
    told.wait(days=3)
    assert handle(told, b"Delivered-To: elsewhere@bell.example\r\n" + content) is Handled.KNOWN
    assert bounces(told) == [("hard", "5.0.0")]
    assert state(told) == ("working", None)


def test_two_failures_a_day_apart_suppress(told: World) -> None:
    handle(told, report(told, "exim"))
    told.wait(days=1)
    handle(sent(told, "b"), report(told, "exim"))
    assert state(told) == ("suppressed", "5.0.0")


def test_two_failures_on_one_day_do_not(told: World) -> None:
    handle(told, report(told, "exim"))
    told.wait(hours=22)
    handle(sent(told, "b"), report(told, "exim"))
    assert state(told) == ("working", None)
    assert bounces(told) == [("hard", "5.0.0")] * 2


def test_two_old_messages_a_day_apart_count_though_they_are_read_together(told: World) -> None:
    first = report(told, "exim")
    told.wait(days=7)
    second = report(sent(told, "b"), "exim")
    handle(told, second)
    handle(told, first)
    assert state(told) == ("suppressed", "5.0.0")


def test_a_failure_of_last_year_is_forgotten(told: World) -> None:
    handle(told, report(told, "exim"))
    told.wait(days=200)
    handle(sent(told, "b"), report(told, "exim"))
    assert state(told) == ("working", None)


@pytest.mark.parametrize("name", ["gmail-full", "postfix-expired", "sendmail-refused"])
def test_what_may_pass_or_is_our_fault_never_suppresses(told: World, name: str) -> None:
    for id in ("b", "c", "d"):
        handle(told, report(told, name))
        told.wait(days=7)
        sent(told, id)
    assert len(bounces(told)) == 3
    assert state(told) == ("working", None)


def test_a_failure_of_our_own_is_an_alarm_until_a_week_has_passed_without_one(told: World) -> None:
    handle(told, report(told, "sendmail-refused"))
    [alarm] = told.rows("select * from alarm")
    assert alarm["subject"] == policy.ALARM
    assert "5.7.26" in alarm["words"]
    assert "@" not in alarm["words"]
    told.wait(days=8)
    handle(sent(told, "b"), report(told, "gmail-full"))
    assert told.rows("select * from alarm") == []


def test_one_former_member_does_not_silence_a_group_at_once_but_twice_does(told: World) -> None:
    handle(told, report(told, "forwarded-on"))
    assert state(told) == ("working", None)
    told.wait(days=7)
    handle(sent(told, "b"), report(told, "forwarded-on"))
    assert state(told) == ("suppressed", "5.1.1")


def test_a_complaint_that_only_a_link_to_leave_proves_does_what_the_link_does(told: World) -> None:
    assert handle(told, report(told, "complaint-redacted")) is Handled.LEFT
    assert state(told)[0] == "working", "whoever was forwarded the e-mail can forge as much"
    assert told.rows("select * from profile where ended_at is null") == []


def test_a_complaint_stops_the_e_mails_at_once_and_for_good(told: World) -> None:
    assert handle(told, report(told, "complaint")) is Handled.COMPLAINT
    assert handle(told, report(told, "complaint")) is Handled.KNOWN
    assert state(told) == ("suppressed", "complaint")
    assert bounces(told) == [("complaint", None)]
    told.subscribe("q=more", address="other@example.org")
    with told.private() as db:
        suppression.lift(db, READER)
    assert state(told) == ("suppressed", "complaint")


def test_a_suppressed_reader_keeps_the_alerts_and_gets_no_e_mail(told: World) -> None:
    handle(told, report(told, "postfix"))
    told.publish("b")
    match(told.settings)
    assert build(told.settings).digests == 0
    assert send(told.settings).sent == 0
    assert told.rows("select * from profile where ended_at is null") != []
    assert told.waiting() == [("b", "new")]


def test_who_confirms_again_starts_with_a_clean_sheet(told: World) -> None:
    old = report(told, "exim")
    handle(told, report(told, "postfix"))
    told.wait(days=2)
    told.subscribe("q=more", address=READER)
    assert state(told) == ("working", None)
    handle(told, old)
    handle(sent(told, "b"), report(told, "exim"))
    assert state(told) == ("working", None)


def test_a_report_about_a_message_that_is_no_longer_kept_changes_nothing(told: World) -> None:
    content = report(told, "postfix")
    with told.private() as db:
        db.execute("delete from digest")
        db.execute("update match set outbox = null")
        db.execute("delete from outbox")
    with nothing_changes(told):
        assert handle(told, content) is Handled.IGNORED


def test_the_mail_servers_word_of_the_recipient_is_enough(told: World) -> None:
    with told.private() as db:
        recipient = verp.make(db, told.settings, last_message(told)["id"])
    content = report(told, "postfix").replace(recipient.encode(), b"bounces@bell.example")
    content = content.replace(last_message(told)["message_id"].encode(), b"<gone@bell.example>")
    assert handle(told, content) is Handled.IGNORED
    assert handle(told, content, recipient.upper()) is Handled.BOUNCE


def test_what_is_kept_of_a_report_names_nobody(told: World) -> None:
    handle(told, report(told, "postfix"))
    with told.private() as db:
        [row] = db.execute("select * from bounce").fetchall()
    assert READER not in str(tuple(row))
    assert row["diagnostic"].startswith("smtp; 550 5.1.1 [address] Recipient address rejected:")
    assert row["address_hash"] != READER


def test_a_mail_to_the_address_of_list_unsubscribe_leaves(told: World) -> None:
    content = report(told, "leaving")
    assert handle(told, content) is Handled.LEFT
    assert handle(told, content) is Handled.LEFT
    assert [row["ended_by"] for row in told.rows("select ended_by from profile")] == ["link"]


def test_the_address_to_leave_by_does_nothing_when_it_only_stands_in_a_text(told: World) -> None:
    token = told.token(Scope.END_ALL, 1)
    content = f"From: a@example.org\nTo: alerts@bell.example\n\nunsubscribe+{token}@bell.example\n".encode()
    with nothing_changes(told):
        assert handle(told, content) is Handled.IGNORED
        assert handle(told, content.replace(token.encode(), b"a1-" + b"A" * 22)) is Handled.IGNORED


def test_a_manage_token_does_not_leave(told: World) -> None:
    with told.private() as db:
        token = tokens.make(db, Scope.MANAGE, 1, 1)
        assert describe(db, token) is None
    with nothing_changes(told):
        assert handle(told, f"To: unsubscribe+{token}@bell.example\n\n".encode()) is Handled.IGNORED


@pytest.mark.parametrize(
    ("reply", "kind", "status", "suppressed"),
    [
        ("550 5.1.1 No such person", "hard", "5.1.1", True),
        ("550 No such person", "hard", "5.0.0", False),
        ("552 Too much", "full", "5.2.2", False),
        ("554 5.7.1 Refused by policy", "ours", "5.7.1", False),
        ("554 5.6.0 Not that", "hard", "5.6.0", False),
    ],
)
def test_a_refusal_while_sending_follows_the_same_policy(
    told: World, reply: str, kind: str, status: str, suppressed: bool
) -> None:
    with told.private() as db:
        policy.refused(db, last_message(told), reply, told.now)
    assert bounces(told) == [(kind, status)]
    assert state(told)[0] == ("suppressed" if suppressed else "working")


def test_a_mail_server_that_knows_no_such_person_is_asked_once(world: World) -> None:
    world.subscribe("", address=READER)
    with serving(Postbox(REFUSE_RECIPIENT)) as box:
        world.settings = dataclasses.replace(world.settings, mail=box.url)
        for id in ("a", "b"):
            world.publish(id)
            match(world.settings)
            build(world.settings)
            world.wait(minutes=15)
            build(world.settings)
            send(world.settings)
            world.wait(days=7)
    assert (box.accepted, state(world), bounces(world)) == ([], ("suppressed", "5.1.1"), [("hard", "5.1.1")])


@given(st.from_regex(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True))
@settings(max_examples=200)
def test_the_policy_knows_every_status(status: str) -> None:
    rule = policy.rule_for(status)
    assert rule.messages is None or status.startswith("5.")
    assert rule.messages != 1 or status in ("5.1.1", "5.1.10")
    assert rule.kind is policy.Kind.OURS or not status.startswith("5.7.")


def test_ten_megabytes_are_read_as_far_as_they_matter(told: World) -> None:
    content = report(told, "postfix")
    big = content.replace(
        b"\nOne new opportunity", b"\n" + base64.b64encode(b"0" * 57) * 130_000 + b"\nOne new opportunity"
    )
    assert len(big) > 9_000_000
    assert handle(told, big) is Handled.BOUNCE


@pytest.mark.parametrize("depth", [10, 100, 20_000])
@pytest.mark.parametrize(
    "layer", ["Content-Type: multipart/mixed; boundary={n}\n\n--{n}\n", "Content-Type: message/rfc822\n\n"]
)
def test_a_message_within_a_message_a_thousand_deep_is_survived(told: World, depth: int, layer: str) -> None:
    bomb = "".join(layer.format(n=f"b{n}") for n in range(depth)).encode() + b"\n" * LONGEST
    with nothing_changes(told):
        assert handle(told, b"To: bounces@bell.example\n" + bomb) is Handled.IGNORED


def test_one_endless_line_is_survived(told: World) -> None:
    content = report(told, "qmail")
    with nothing_changes(told):
        assert handle(told, content.replace(b"<ann@example.org>:", b"<" + b"a@" * 200_000)) is Handled.IGNORED


def test_a_confirmation_that_bounced_may_be_asked_for_again(world: World) -> None:
    with world.private() as db:
        for _ in range(2):
            signup.request_alert(db, world.settings, READER, Criteria(), Frequency.DAILY, network="a", now=world.now)
            send(world.settings)
            handle(world, report(world, "postfix"))
    assert state(world) == ("suppressed", "5.1.1")
    assert world.states() == ["sent", "sent"]
