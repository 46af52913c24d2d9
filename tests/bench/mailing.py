"""(e) Digests: built into the outbox, and sent into a mail server on this machine, beside bare aiosmtplib loops.

The loops send the same bytes: one connection with `send_message`, and four with `sendmail` of finished bytes. Ours has
four connections too, marks each message before and after it in the outbox, and signs it in one of its two figures.
"""

import asyncio
import dataclasses
import sqlite3
from collections.abc import Coroutine
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from alerts.digests import build
from alerts.matching import match
from alerts.sending import send
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency
from tests.bench.compiling import settings_in
from tests.bench.matching import publish, subscribe
from tests.bench.measuring import Figure, Sizes, at_least, at_most, in_turn, median, say, seconds, serving, wall_and_cpu

SENDER = "bench@tenderbell.example"
Letter = tuple[str, bytes]


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (e)."""
    with serving("tests.bench.mail_sink") as sink:
        mail = f"smtp://127.0.0.1:{sink['port']}"
        settings = settings_in(folder / "data", "gloucestershire", mail)
        say(f"(e) about {sizes.messages:,} digests")
        publish(settings, sizes.new)
        subscribe(settings, sizes.messages * 5)  # most of them match nothing, or are written to daily
        match(settings)
        spent, cpu = wall_and_cpu(lambda: build(settings, frequency=Frequency.WEEKLY))
        letters = _letters(settings)
        rates = _send_in_turn(sizes, settings, letters, sink["port"])
    size = sum(len(content) for _, content in letters) / len(letters) / 1024
    note = f"{len(letters):,} of {size:.1f} KB, {len(letters) / cpu:,.0f} per second of processor time"
    best = max(rates["one"], rates["four"])
    signed = "RSA of 2,048 bits"
    return [
        Figure("e", "digests built", len(letters) / spent, "digests/s", note=note),
        at_most("e", "5,500 digests built and queued", 5_500 * spent / len(letters), 10, "s", f"from {len(letters):,}"),
        Figure("e", "digests sent", rates["ours"], "messages/s", note="into aiosmtpd"),
        Figure("e", "bare loop, 1 connection, send_message", rates["one"], "messages/s"),
        Figure("e", "bare loop, 4 connections, finished bytes", rates["four"], "messages/s"),
        Figure("e", "digests signed and sent", rates["signed"], "messages/s", note=signed),
        at_least("e", "sent / best bare loop", rates["ours"] / best, 0.8),
        at_least("e", "signed and sent / best bare loop", rates["signed"] / best, 0.8, note=signed),
    ]


def _letters(settings: Settings) -> list[Letter]:
    with closing(sqlite3.connect(settings.private_path)) as db:
        return list(
            db.execute(
                "select email, body.content from outbox join body on body.outbox = outbox.id where state = 'pending'"
            )
        )


def _send_in_turn(sizes: Sizes, settings: Settings, letters: list[Letter], port: int) -> dict[str, float]:
    parsed = [message_from_bytes(content, _class=EmailMessage, policy=policy.SMTP) for _, content in letters]
    signing = dataclasses.replace(settings, dkim=f"bench:{_key(settings.data)}")
    found = in_turn(
        sizes.rounds,
        {
            "ours": lambda: _ours(settings, len(letters)),
            "signed": lambda: _ours(signing, len(letters)),
            "one": lambda: seconds(lambda: asyncio.run(_one(port, parsed))),
            "four": lambda: seconds(lambda: asyncio.run(_four(port, letters))),
        },
    )
    return {name: len(letters) / median(times) for name, times in found.items()}


def _ours(settings: Settings, expected: int) -> float:
    """Send the whole outbox, once more if it was sent before, and return the seconds."""
    with closing(sqlite3.connect(settings.private_path)) as db, db:
        db.execute("update outbox set state = 'pending', attempts = 0, reply = null, done_at = null")
    sent = []
    spent = seconds(lambda: sent.append(send(settings).sent))
    if sent != [expected]:
        raise RuntimeError(f"{sent[0]:,} of {expected:,} digests were sent: the measurement means nothing.")
    return spent


def _key(folder: Path) -> Path:
    """Make a key as operators have them and return its file."""
    path = folder / "dkim.pem"
    key = rsa.generate_private_key(65537, 2048)
    path.touch(0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def _smtp(port: int) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)


async def _one(port: int, messages: list[EmailMessage]) -> None:
    async with _smtp(port) as smtp:
        for message in messages:
            await smtp.send_message(message, sender=SENDER)


async def _four(port: int, letters: list[Letter]) -> None:
    waiting = iter(letters)

    async def worker() -> None:
        async with _smtp(port) as smtp:
            for recipient, content in waiting:
                await smtp.sendmail(SENDER, [recipient], content)

    workers: list[Coroutine[Any, Any, None]] = [worker() for _ in range(4)]
    await asyncio.gather(*workers)
