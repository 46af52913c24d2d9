"""The mailer against servers that are slow, that lie, and that leave: what is certain stays certain."""

import asyncio

import pytest

from alerts.mail_server import read_server
from alerts.mailer import DEADLINE, TAKING, End, Envelope, Outcome, SmtpMailer
from alerts.pace import LEASE
from tests.alerts.rough_server import RoughServer, Session, Talk

SMALL = b"Subject: x\r\n\r\n" + b".a line\r\n" * 10
HUGE = b"Subject: x\r\n\r\n" + b"a line\r\n" * 2_000_000
TEN_MEGABYTES = b"x" * 10_000_000


def deliver(
    *talks: Talk, messages: int = 1, content: bytes = SMALL, **waits: float
) -> tuple[list[Outcome], RoughServer]:
    """Deliver messages over one mailer to a server that talks so; return how they ended, and the server."""

    async def run() -> list[Outcome]:
        async with server.serving():
            mailer = SmtpMailer(read_server(server.url), **(_SHORT | waits))
            envelopes = [Envelope(f"{n}", "b+1.a@bell.example", "ann@example.org", content) for n in range(messages)]
            outcomes = [await mailer.deliver(envelope) for envelope in envelopes]
            await mailer.close()
            return outcomes

    server = RoughServer(*talks)
    return asyncio.run(run()), server


_SHORT = {"timeout": 5.0, "taking": 5.0, "deadline": 20.0}


async def good(session: Session) -> None:
    await session.greet()
    while True:
        await session.until(b"DATA")
        await session.content()
        await session.say(b"250 2.0.0 taken")


def answering(word: bytes, *reply: bytes) -> Talk:
    """A server that gives this reply to a command, then all is well."""

    async def talk(session: Session) -> None:
        await session.greet()
        await session.until(word)
        await session.say(*reply)
        await session.hang()

    return talk


def after_content(*reply: bytes) -> Talk:
    async def talk(session: Session) -> None:
        await session.greet()
        await session.until(b"DATA")
        await session.content()
        await session.say(*reply)
        await session.hang()

    return talk


async def one_byte_a_time(session: Session) -> None:
    """Reads so slowly that what is on its way never ends."""
    await session.greet()
    await session.until(b"DATA")
    session.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await session.say(b"354 go on")
    await asyncio.Event().wait()


async def silent_after_content(session: Session) -> None:
    await session.greet()
    await session.until(b"DATA")
    await session.content()
    await session.hang()


async def silent_at_data(session: Session) -> None:
    await session.greet()
    await session.until(b"DATA")
    await session.hang()


async def dripping(session: Session) -> None:
    """Answers each command a byte at a time, without end."""
    await session.greet()
    await session.hear()
    while not session.writer.is_closing():
        session.writer.write(b"250-yes\r\n")
        await asyncio.sleep(0.01)


async def leaving_after_each(session: Session) -> None:
    await session.greet()
    await session.until(b"DATA")
    await session.content()
    await session.say(b"250 2.0.0 taken")
    session.writer.close()


async def full_after_two(session: Session) -> None:
    await session.greet()
    for _ in range(2):
        await session.until(b"DATA")
        await session.content()
        await session.say(b"250 taken")
    await session.hear()
    await session.say(b"421 4.4.2 Enough for one connection")


async def put_off_after_two(session: Session) -> None:
    await session.greet()
    for _ in range(2):
        await session.until(b"DATA")
        await session.content()
        await session.say(b"250 taken")
    while True:
        await session.hear()
        await session.say(b"452 4.5.3 Too many messages in this session")


def test_a_server_so_slow_that_the_content_never_left_did_not_get_the_message() -> None:
    [outcome], _ = deliver(one_byte_a_time, content=HUGE, taking=0.5)
    assert outcome.end is End.LATER
    assert "before the end of DATA" in outcome.reply


def test_all_of_a_delivery_has_one_deadline() -> None:
    [outcome], _ = deliver(one_byte_a_time, content=HUGE, deadline=0.5)
    assert outcome.end is End.LATER
    assert "0.5 seconds" in outcome.reply


@pytest.mark.parametrize(("taking", "deadline"), [(0.3, 20.0), (20.0, 0.3)])
def test_a_server_that_has_the_content_and_says_nothing_leaves_a_doubt(taking: float, deadline: float) -> None:
    [outcome], _ = deliver(silent_after_content, taking=taking, deadline=deadline)
    assert outcome.end is End.LOST


def test_a_server_that_hangs_before_it_asks_for_the_content_has_not_got_it() -> None:
    [outcome], _ = deliver(silent_at_data, timeout=0.3)
    assert outcome.end is End.LATER


def test_an_answer_that_never_ends_is_given_up() -> None:
    [outcome], _ = deliver(dripping, timeout=0.3)
    assert outcome.end is End.LATER


@pytest.mark.parametrize("word", [b"MAIL", b"RCPT", b"DATA"])
@pytest.mark.parametrize(
    "garbage",
    [b"\xff\xfe\x00\x01", b"what?", b"", b"999 odd", b"100 wait", TEN_MEGABYTES, b"250 " + TEN_MEGABYTES],
)
def test_what_is_no_answer_before_the_content_means_later(word: bytes, garbage: bytes) -> None:
    [outcome], _ = deliver(answering(word, garbage), timeout=0.5)
    assert outcome.end is End.LATER
    assert len(outcome.reply) <= 600


@pytest.mark.parametrize("garbage", [b"\xff\xfe", b"what?", b"354 go on", b"999 odd", TEN_MEGABYTES])
def test_what_is_no_answer_after_the_content_leaves_a_doubt(garbage: bytes) -> None:
    [outcome], _ = deliver(after_content(garbage), taking=0.5)
    assert outcome.end is End.LOST


@pytest.mark.parametrize(
    ("reply", "end"),
    [
        (b"250 2.0.0 taken", End.SENT),
        (b"251 will forward", End.SENT),
        (b"451 4.3.0 later", End.LATER),
        (b"421 4.3.2 closing", End.LATER),
        (b"554 5.6.0 not that", End.REFUSED),
    ],
)
def test_the_first_digit_of_the_answer_decides(reply: bytes, end: End) -> None:
    [outcome], _ = deliver(after_content(reply))
    assert outcome.end is end
    assert outcome.stop == reply.startswith(b"421")


@pytest.mark.parametrize("talk", [leaving_after_each, full_after_two, put_off_after_two])
def test_a_server_that_takes_few_messages_a_connection_gets_them_over_several(talk: Talk) -> None:
    outcomes, server = deliver(talk, messages=6)
    assert [outcome.end for outcome in outcomes] == [End.SENT] * 6
    assert server.sessions > 1


def test_a_server_that_turns_away_a_new_connection_too_is_left_alone() -> None:
    outcomes, server = deliver(full_after_two, answering(b"MAIL", b"421 4.3.2 Busy"), messages=3)
    assert [outcome.end for outcome in outcomes] == [End.SENT, End.SENT, End.LATER]
    assert outcomes[-1].stop
    assert server.sessions == 2


def test_addresses_that_a_server_repeats_are_not_kept() -> None:
    [outcome], _ = deliver(
        answering(b"RCPT", b"550-5.1.1 <ann@example.org>: no", b"550 5.1.1 ask jo.o'hara@x.example,")
    )
    assert outcome.end is End.REFUSED
    assert outcome.reply.startswith("550 5.1.1 <[address]>: no")
    assert "ann" not in outcome.reply
    [outcome], _ = deliver(answering(b"RCPT", b"550 5.1.1 User Ann unknown to this announcement server"))
    assert outcome.reply == "550 5.1.1 User [address] unknown to this announcement server"
    assert "hara@" not in outcome.reply


@pytest.mark.parametrize("recipient", ["ann@x.org>\r\nRCPT TO:<bob@x.org", "ann\u00e9@x.org", "ann\x00@x.org"])
def test_no_recipient_ends_its_command_or_the_run(recipient: str) -> None:
    async def run() -> Outcome:
        async with server.serving():
            mailer = SmtpMailer(read_server(server.url), **_SHORT)
            outcome = await mailer.deliver(Envelope("1", "b@x.example", recipient, SMALL))
            await mailer.close()
            return outcome

    server = RoughServer(good)
    assert isinstance(asyncio.run(run()), Outcome)
    assert not any(b"bob" in line or b"\x00" in line for line in server.heard)


def test_a_yes_where_the_content_should_be_asked_for_means_later() -> None:
    [outcome], _ = deliver(answering(b"DATA", b"250 yes"))
    assert outcome.end is End.LATER


def test_a_delivery_is_given_up_before_the_lease_of_its_message_ends() -> None:
    assert LEASE.total_seconds() >= DEADLINE + TAKING
