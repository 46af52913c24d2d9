"""What a target asserts, and the error for a promise that was broken."""

import signal
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

import msgspec

from tenderbell.text import safe_link

PATIENCE_SECONDS = 20
"""No reader takes so long for one input; on a slow machine with other work to do, neither."""


class Broken(AssertionError):
    """A promise that an input broke."""


def promise(holds: object, sentence: str) -> None:
    """Raise Broken with the sentence unless it holds."""
    if not holds:
        raise Broken(sentence)


@contextmanager
def within(seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Raise Broken where the block is when the time is over. For the main thread."""

    def too_slow(_number: int, _frame: FrameType | None) -> None:
        raise Broken(f"It took longer than {seconds} seconds.")

    before = signal.signal(signal.SIGALRM, too_slow)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


LINES = ("title", "name", "key", "process", "ocid", "region", "postcode", "form_name", "label")
LINKS = ("link", "website")


def is_clean(record: msgspec.Struct, where: str = "") -> None:
    """Assert of a notice and everything in it: texts hold no control character but the line break and can be stored,
    links are http(s), instants are aware and can be shown in any zone, numbers are finite."""
    for name in record.__struct_fields__:
        for value in _each(getattr(record, name)):
            _check(value, name, f"{where}.{name}")


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | list):
        yield from value
    else:
        yield value


def _check(value: Any, name: str, where: str) -> None:
    if isinstance(value, msgspec.Struct):
        is_clean(value, where)
    elif isinstance(value, str):
        _check_text(value, name, where)
    elif isinstance(value, datetime):
        promise(value.tzinfo is not None and value.utcoffset() == timedelta(0), f"{where} is not UTC: {value!r}")
        promise(1900 <= value.year <= 2200, f"{where} is out of range: {value!r}")
    elif isinstance(value, float):
        promise(abs(value) < float("inf"), f"{where} is not finite")


def _check_text(value: str, name: str, where: str) -> None:
    for char in value:
        unwanted = char != "\n" and unicodedata.category(char) in ("Cc", "Cs")
        promise(not unwanted, f"{where} holds the character {char!r}: {value[:200]!r}")
    if name in LINKS:
        promise(safe_link(value) == value, f"{where} is no http(s) link: {value[:200]!r}")
    if name in LINES:
        promise("\n" not in value, f"{where} is more than a line: {value[:200]!r}")
