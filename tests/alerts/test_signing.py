"""Signing: dkimpy, which others verify with, finds the signature of the bytes that arrived good."""

import dataclasses
import os
from base64 import b64encode
from email import message_from_bytes
from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from alerts import outbox
from alerts.addresses import Address
from alerts.errors import (
    SigningKeyError,
    SigningKeyExposed,
    SigningKeyMissing,
    SigningKeyUnnamed,
    SigningKeyUnreadable,
    SigningKeyUnusable,
)
from alerts.outbox import Message, Sort
from alerts.sending import SendReport, send
from alerts.signing import Signer, open_signer
from tenderbell.database import transaction
from tests.alerts import postbox
from tests.alerts.postbox import Postbox, serving
from tests.alerts.queued import letter, queue
from tests.alerts.world import World

Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
RSA = rsa.generate_private_key(65537, 2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()


def keep(path: Path, key: Key | dsa.DSAPrivateKey, mode: int = 0o600) -> Path:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(mode)
    return path


def published(key: Key) -> bytes:
    """Return the record that the operator puts into the DNS."""
    if isinstance(key, rsa.RSAPrivateKey):
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + b64encode(public)
    return b"v=DKIM1; k=ed25519; p=" + b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def verifies(content: bytes, key: Key) -> bool:
    records = {b"bell1._domainkey.bell.example.": published(key)}
    return bool(dkim.verify(content, dnsfunc=lambda name, timeout=5: records.get(name)))


def signing(world: World, key: Key = RSA) -> World:
    path = keep(world.folder / "dkim.pem", key)
    world.settings = dataclasses.replace(world.settings, dkim=f"bell1:{path}")
    return world


def signer(world: World, key: Key = RSA) -> Signer:
    made = open_signer(signing(world, key).settings)
    assert made is not None
    return made


def put(world: World, content: bytes) -> None:
    with world.private() as db, transaction(db):
        to = Address("ann@example.org", "ann@example.org")
        made = Message(sort=Sort.ALARM, to=to, subject="x", message_id="<one@bell.example>", content=content)
        outbox.put(db, made, world.now)


def send_signed(world: World, box: Postbox) -> SendReport:
    return send(dataclasses.replace(world.settings, mail=box.url))


@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
def test_the_bytes_that_arrived_verify(world: World, key: Key) -> None:
    put(signing(world, key), letter())
    with serving(Postbox()) as box:
        assert send_signed(world, box).sent == 1
    [(_, _, content)] = box.accepted
    assert content.endswith(letter()[-200:])
    assert verifies(content, key)
    assert not verifies(content.replace(b"a line", b"a lime", 1), key)


def test_the_headers_of_one_click_leaving_are_covered_and_from_once_more(world: World) -> None:
    signature = message_from_bytes(signer(world).signed(letter()))["dkim-signature"]
    [covered] = [tag[2:] for tag in "".join(signature.split()).split(";") if tag.startswith("h=")]
    names = covered.split(":")
    assert names.count("from") == 2
    assert {
        "to", "subject", "date", "message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post",
        "mime-version", "content-type",
    } <= set(names)  # fmt: skip
    assert max(map(len, signer(world).signed(letter()).split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "added", [b"From: mallory@elsewhere.example\r\n", b"Subject: another\r\n", b"List-Unsubscribe-Post: no\r\n"]
)
def test_a_header_that_somebody_puts_on_or_over_breaks_the_signature(world: World, added: bytes) -> None:
    signed = signer(world).signed(letter())
    name = added.partition(b":")[0]
    without = b"\r\n".join(line for line in signed.split(b"\r\n") if not line.startswith(name + b":"))
    assert verifies(signed, RSA)
    assert not verifies(added + without, RSA)
    if name == b"From":
        assert not verifies(added + signed, RSA)


def test_a_message_sent_again_has_the_same_signature(world: World) -> None:
    put(signing(world), letter())
    with serving(Postbox(postbox.DROP_AFTER_DATA)) as box:
        assert send_signed(world, box).unknown == 1
        world.wait(minutes=16)
        assert send_signed(world, box).sent == 1
    first, second = (content for _, _, content in box.accepted)
    assert first == second
    assert verifies(first, RSA)


def test_what_is_stored_is_unsigned_so_that_a_new_key_signs_it_too(world: World) -> None:
    put(signing(world), letter())
    assert world.rows("select content from body")[0]["content"] == letter()
    signing(world, ED25519)
    with serving(Postbox()) as box:
        send_signed(world, box)
    assert verifies(box.accepted[0][2], ED25519)


_BODIES = st.text(st.sampled_from("a \t.=é\r\n"), max_size=60).map(lambda text: text.encode())
_SIGNER: dict[str, Signer] = {}


@given(body=_BODIES)
def test_bodies_of_every_white_space_verify(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    if not _SIGNER:
        _SIGNER["one"] = signer(World(tmp_path_factory.mktemp("signer")))
    lines = b"\r\n".join(body.replace(b"\r", b"").split(b"\n"))
    head = b"From: a@bell.example\r\nSubject:  two \t words\r\n\tfolded \r\nMessage-ID: <1@bell.example>\r\n\r\n"
    assert verifies(_SIGNER["one"].signed(head + lines), RSA)


def _exposed(path: Path) -> None:
    keep(path, RSA, 0o640)


def _folder(path: Path) -> None:
    path.mkdir(mode=0o700)


def _nonsense(path: Path) -> None:
    path.touch(0o600)
    path.write_text("nonsense")


def _public(path: Path) -> None:
    path.touch(0o600)
    path.write_bytes(RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _wrong_sort(path: Path) -> None:
    keep(path, dsa.generate_private_key(1024))


@pytest.mark.parametrize(
    ("prepare", "error"),
    [
        (lambda path: None, SigningKeyMissing),
        (_exposed, SigningKeyExposed),
        (_folder, SigningKeyUnreadable),
        (_nonsense, SigningKeyUnusable),
        (_public, SigningKeyUnusable),
        (_wrong_sort, SigningKeyUnusable),
    ],
    ids=["missing", "exposed", "folder", "nonsense", "public", "dsa"],
)
def test_a_key_that_cannot_be_used_is_said_before_the_first_message_is_begun(
    world: World, prepare: object, error: type[SigningKeyError]
) -> None:
    path = world.folder / "dkim.pem"
    prepare(path)  # type: ignore[operator]
    queue(world)
    with pytest.raises(error, match=r"chmod|chown|openssl|Correct") as raised:
        send(dataclasses.replace(world.settings, dkim=f"bell1:{path}"))
    assert str(path) in str(raised.value)
    assert [tuple(row) for row in world.rows("select state, attempts from outbox")] == [("pending", 0)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_this_user_may_not_read_is_said(world: World) -> None:
    path = keep(world.folder / "dkim.pem", RSA, 0)
    with pytest.raises(SigningKeyUnreadable):
        open_signer(dataclasses.replace(world.settings, dkim=f"bell1:{path}"))


@pytest.mark.parametrize("setting", ["bell1", "bell1:", ":/key.pem", "be;ll:/key.pem", "bé:/key.pem"])
def test_a_setting_without_selector_or_file_is_said(world: World, setting: str) -> None:
    with pytest.raises(SigningKeyUnnamed, match="SELECTOR:PATH"):
        open_signer(dataclasses.replace(world.settings, dkim=setting))


def test_a_message_whose_headers_cannot_be_read_fails_alone(world: World) -> None:
    put(signing(world), b"no header at all\r\n\r\nbody")
    queue(world)
    with serving(Postbox()) as box:
        report = send_signed(world, box)
    assert (report.failed, report.sent) == (1, 1)
