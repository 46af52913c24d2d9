"""Changing examples: bytes, words that parsers trip over, and for JSON the structure itself."""

# ruff: noqa: E501 - an example stands on one line

import json
from collections.abc import Sequence
from random import Random
from typing import Any

LONGEST = 64 * 1024

HOSTILE = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", "\u202e\u200b\u2028".encode(), "İßŷ𝟙٣".encode(),
    b"%00", b"%ff", b"%", b"%2e%2e/", b"../", b"//", b"\\", b"'", b'"', b";--", b"*", b"(", b"NEAR(a b)", b"a:b",
    b"\r\n", b"\r\nX-Evil: 1\r\n", b"\n\n", b"\t", b"&", b"&amp;amp;", b"&#0;", b"&#xD800;", b"&#99999999;", b"<", b">",
    b"<script>alert(1)</script>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;",
    b"javascript:alert(1)", b"http://[", b"http://a:b@c/", b"http://x:99999/", b"https://\xe2\x80\x8b.example",
    b"0", b"-1", b"1e9999", b"-0", b"NaN", b"Infinity", b"99999999999999999999", b"0001-01-01", b"9999-12-31",
    b"9999-12-31T23:59:59-14:00", b"0001-01-01T00:00:00+14:00", b"2026-02-30", b"2026-03-29T01:30:00", b"24:00",
    b"31 November 2026", "£1,000,000,000,000,000".encode(), b"null", b"true", b"[]", b"{}", b'""', b"[" * 2000,
    b"{\"a\":" * 500, b"<div>" * 2000, b" " * 5000, b"A" * 5000, b"=?utf-8?q?=00?=", b"=?x?b?!!!?=", b"boundary=",
    b"Content-Type: message/rfc822\r\n\r\n", b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n",
)  # fmt: skip
"""What one parser or another has been seen to stumble over."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, 10**40, "", " ", "\x00", "\ud800", "\u202ex", "1e9999", "9999-12-31T23:59:59-14:00",
    "0001-01-01", "javascript:alert(1)", "http://[", [], {}, [None], [[]], {"": None}, ["x", 1, None], "x" * 3000,
    "2026-02-30T25:61:61Z", "-5", {"id": None}, [{"id": []}],
)  # fmt: skip


def mutated(random: Random, pool: Sequence[bytes]) -> bytes:
    """Return one of the examples, changed in one to four places."""
    data = random.choice(pool)
    for _ in range(random.choice((1, 1, 2, 4))):
        data = random.choice(_WAYS)(random, data, pool)
    return data[:LONGEST]


def _flip(random: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    if not data:
        return bytes([random.randrange(256)])
    at = random.randrange(len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]


def _cut(random: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    start, end = _span(random, data)
    return data[:start] + data[end:]


def _end(random: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _repeat(random: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    start, end = _span(random, data)
    return data[:end] + data[start:end] * random.choice((1, 2, 30)) + data[end:]


def _insert(random: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    start, end = _span(random, data)
    return data[:start] + random.choice(HOSTILE) + data[random.choice((start, end)) :]


def _splice(random: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    start, end = _span(random, data)
    other = random.choice(pool)
    first, last = _span(random, other)
    return data[:start] + other[first:last] + data[end:]


def _within_json(random: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """Change a value somewhere in a JSON document; other documents are changed by the byte."""
    try:
        document = json.loads(data)
        return json.dumps(_changed(random, document)).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return _insert(random, data, pool)


def _changed(random: Random, value: Any) -> Any:
    """Return a document with one value, one level deeper each time, replaced, dropped or doubled."""
    if isinstance(value, dict) and value and random.random() < 0.92:
        key = random.choice(list(value))
        if random.random() < 0.1:
            return {name: kept for name, kept in value.items() if name != key}
        return {**value, key: _changed(random, value[key])}
    if isinstance(value, list) and value and random.random() < 0.92:
        at = random.randrange(len(value))
        return [*value[:at], *random.choice(([], [_changed(random, value[at])], [value[at]] * 2)), *value[at + 1 :]]
    if isinstance(value, str) and random.random() < 0.5:
        return _insert(random, value.encode("utf-8", "replace"), ()).decode("utf-8", "replace")
    return random.choice(VALUES)


def _span(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 2, 8, 64, 1000)))


_WAYS = (_flip, _cut, _end, _repeat, _insert, _insert, _splice, _within_json, _within_json)
