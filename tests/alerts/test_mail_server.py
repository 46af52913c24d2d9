"""TLS and passwords: nothing is said to a server that is not the one we mean, or that others can overhear."""

import asyncio
import base64
import dataclasses
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from alerts.errors import MailSettingError
from alerts.mail_server import read_server
from alerts.sending import SendReport, send
from tests.alerts.authority import Authority
from tests.alerts.postbox import Postbox, serving
from tests.alerts.queued import queue
from tests.alerts.rough_server import RoughServer
from tests.alerts.rough_server import Session as RoughSession
from tests.alerts.rough_server import serving as serving_roughly
from tests.alerts.world import World

PASSWORD = "p@ss:word/?"
QUOTED = "p%40ss%3Aword%2F%3F"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def send_by(world: World, mail: str) -> SendReport:
    return send(dataclasses.replace(world.settings, mail=mail))


class Guard:
    """Lets in who knows the password, and notes who asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.asked.append((mechanism, session.ssl is not None))
        good = (data.login, data.password) == (b"us@er", PASSWORD.encode())
        return AuthResult(success=good, handled=True, auth_data=data.login)


@pytest.fixture
def starttls(authority: Authority) -> Iterator[tuple[Postbox, Guard]]:
    guard = Guard()
    options = {"tls_context": authority.context(), "authenticator": guard, "auth_required": True}
    with serving(Postbox(), **options) as box:
        yield box, guard


def test_a_password_goes_only_over_tls_to_a_server_that_the_authority_vouches_for(
    world: World, starttls: tuple[Postbox, Guard], authority: Authority
) -> None:
    box, guard = starttls
    queue(world)
    report = send_by(world, f"smtp://us%40er:{QUOTED}@127.0.0.1:{box.port}?starttls&ca={authority.certificate}")
    assert report.sent == 1
    assert [tls for _, tls in guard.asked] == [True]


def test_smtps_speaks_tls_from_the_first_byte(world: World, authority: Authority) -> None:
    queue(world)
    guard = Guard()
    options = {"authenticator": guard, "auth_require_tls": False}
    with serving(Postbox(), ssl_context=authority.context(), **options) as box:
        mail = f"smtps://us%40er:{QUOTED}@127.0.0.1:{box.port}?ca={authority.certificate}"
        assert send_by(world, mail).sent == 1
    assert len(guard.asked) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("believed", ["the system's", "another's"])
def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    world: World, authority: Authority, scheme: str, believed: str
) -> None:
    queue(world)
    guard = Guard()
    other = f"ca={Authority(world.folder, 'other').certificate}" if believed == "another's" else ""
    how = {"tls_context": authority.context()} if scheme == "smtp" else {"ssl_context": authority.context()}
    query = "&".join(part for part in ("starttls" if scheme == "smtp" else "", other) if part)
    with serving(Postbox(), authenticator=guard, **how) as box:
        report = send_by(world, f"{scheme}://us%40er:{QUOTED}@127.0.0.1:{box.port}?{query}")
        assert (report.sent, box.accepted, guard.asked) == (0, [], [])
    assert report.problem is not None
    assert "certificate" in report.problem.lower()
    assert world.states() == ["pending"]


def test_a_certificate_of_another_host_gets_nothing(world: World, authority: Authority) -> None:
    queue(world)
    with serving(Postbox(), ssl_context=authority.context("127.0.0.2")) as box:
        assert send_by(world, f"smtps://127.0.0.1:{box.port}?ca={authority.certificate}").sent == 0
        assert box.accepted == []


async def _without_starttls(session: RoughSession) -> None:
    await session.greet(b"AUTH PLAIN LOGIN")
    await session.hang()


async def _refusing_starttls(session: RoughSession) -> None:
    await session.greet(b"STARTTLS", b"AUTH PLAIN LOGIN")
    await session.hear()
    await session.say(b"454 4.7.0 not now")
    await session.hang()


async def _injecting(session: RoughSession) -> None:
    """What stands between us and the server puts words of its own into the plain part."""
    await session.greet(b"STARTTLS")
    await session.hear()
    await session.say(b"220 go on", b"250-rough", b"250 AUTH PLAIN")
    with suppress(TimeoutError):  # the client waits for a handshake; what it says meanwhile is heard
        async with asyncio.timeout(2):
            await session.hang()


@pytest.mark.parametrize("talk", [_without_starttls, _refusing_starttls, _injecting])
def test_a_server_without_starttls_hears_neither_password_nor_message(world: World, talk: object) -> None:
    queue(world)
    with serving_roughly(RoughServer(talk)) as server:  # type: ignore[arg-type]
        report = send_by(world, f"smtp://us%40er:{QUOTED}@127.0.0.1:{server.port}?starttls")
    heard = b"\n".join(server.heard)
    assert report.sent == 0
    assert world.states() == ["pending"]
    for secret in (b"us@er", PASSWORD.encode(), base64.b64encode(b"us@er"), b"AUTH", b"MAIL", b"person0"):
        assert secret not in heard
    assert heard.startswith(b"EHLO")


async def _repeating_the_password(session: RoughSession) -> None:
    await session.greet(b"AUTH PLAIN")
    line = await session.hear()
    given = base64.b64decode(line.split()[-1]).split(b"\0")
    await session.say(b"535 5.7.8 wrong: " + b" ".join(given[1:]))
    await session.hang()


def test_a_server_that_repeats_the_password_does_not_bring_it_into_the_report(world: World) -> None:
    queue(world)
    with serving_roughly(RoughServer(_repeating_the_password)) as server:
        report = send_by(world, f"smtp://us%40er:{QUOTED}@127.0.0.1:{server.port}")
    assert report.problem == "The mail server refused our user name or password (535)."
    assert PASSWORD not in str([tuple(row) for row in world.rows("select reply from outbox")])


@pytest.mark.parametrize(
    "setting",
    [
        "smtp://us:secret@mail.example",
        "smtp://us:secret@mail.example:587",
        "smtp://us:secret@mail.example:587?startls",
        "smtp://us:secret@mail.example:587?starttls=no",
        "smtp://us:secret@mail.example:587/starttls",
        "smtp://us:secret@mail.example:587#starttls",
        "smtps://us:secret@mail.example?starttls",
        "smtps://us:secret@mail.example?ca=",
        "smtp://127.0.0.1?ca=/etc/ca.pem",
        "smtp://us:sec/secret@mail.example?starttls",
        "smtp://us:secret@:587?starttls",
        "smtp://us:secret@mail.example:99999?starttls",
    ],
)
def test_a_setting_that_would_be_unsafe_or_means_nothing_is_said_without_its_password(setting: str) -> None:
    with pytest.raises(MailSettingError) as raised:
        read_server(setting)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_certificates_that_cannot_be_read_are_said_before_a_message_is_begun(world: World, content: str | None) -> None:
    path = world.folder / "ca.pem"
    if content is not None:
        path.write_text(content)
    queue(world)
    with pytest.raises(MailSettingError, match=r"ca="):
        send_by(world, f"smtps://127.0.0.1:1?ca={path}")
    assert world.rows("select attempts from outbox")[0]["attempts"] == 0


def test_a_certificate_is_verified_unless_nobody_said_otherwise() -> None:
    context = read_server("smtps://mail.example").context
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
