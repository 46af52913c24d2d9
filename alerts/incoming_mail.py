"""Mail that comes in, read without trust: headers, the report in it and the message that the report is about.

Anybody can send anything to the address of the bounces: 10 MB, no final boundary, eight-bit junk, parts within parts
a thousand deep. So only the beginning is read, with its lines cut at what RFC 5322 allows, and a message with more
parts than mail servers write is read by its headers alone. Nothing here raises, nothing here opens a database.
"""

import re
from collections.abc import Iterator
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser, HeaderParser

import msgspec

LONGEST = 256 * 1024
"""Bytes that are read. Reports come first in their messages, and what they return begins with its headers."""

LONGEST_LINE = 998
"""Bytes of a line (RFC 5322, 2.1.1)."""

MOST_PARTS = 40
"""Parts that a message may announce. A report with the message it returns has about six."""

PARSER_FAULTS = (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError)
"""What the standard library's and other people's parsers have been seen to raise on hostile mail."""

_PART = re.compile(rb"boundary\s*=|message/(?:rfc822|global)", re.IGNORECASE)
_ADDRESSEE = (
    "to cc delivered-to x-original-to envelope-to x-envelope-to apparently-to resent-to x-rcpt-to x-receiver"
).split()
_HEADERS_START = re.compile(r"^(?:Return-Path|Received|Message-ID|DKIM-Signature|From):", re.IGNORECASE | re.MULTILINE)
_ORIGINALS = frozenset(
    ["message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"]
)
DELIVERY_STATUS = frozenset(["message/delivery-status", "message/global-delivery-status"])
FEEDBACK = "message/feedback-report"


class Incoming(msgspec.Struct, frozen=True):
    """A message as far as it could be understood. `report` is the outermost multipart/report in it, `carrier` the
    message that has the report (the message itself, or one that somebody forwarded), `original` the headers of what a
    report returns, or of what stands below a plain-text bounce. `text` is its readable text."""

    message: Message
    carrier: Message
    report: Message | None
    original: Message
    text: str

    @property
    def addressees(self) -> tuple[str, ...]:
        """Whom the message was addressed to, by its own headers and by those that mail servers add on its way."""
        messages = (self.message,) if self.carrier is self.message else (self.message, self.carrier)
        return tuple(value for message in messages for value in values(message, *_ADDRESSEE))


def read(content: bytes) -> Incoming:
    """Return a message that arrived. What cannot be understood is left out; nothing is ever raised."""
    beginning = b"\n".join(line[:LONGEST_LINE] for line in content[:LONGEST].splitlines())
    if len(_PART.findall(beginning)) <= MOST_PARTS:
        try:
            return _understood(BytesParser().parsebytes(beginning))
        except PARSER_FAULTS:
            pass
    try:
        message = BytesHeaderParser().parsebytes(beginning)
    except PARSER_FAULTS:
        message = Message()
    return Incoming(message, message, None, Message(), "")


def values(message: Message, *names: str) -> tuple[str, ...]:
    """Return the values of these headers, in the order of `names`, each on one line."""
    return tuple(" ".join(str(value).split()) for name in names for value in message.get_all(name, []))


def start_of_headers(text: str) -> int:
    """Return where in the text of a bounce the headers of what it returns begin; its length when they do not."""
    found = _HEADERS_START.search(text)
    return found.start() if found else len(text)


def is_child(part: Message, types: frozenset[str]) -> bool:
    """Return whether a part is of one of these types."""
    return part.get_content_type() in types


def fields(part: Message) -> Iterator[Message]:
    """Yield the groups of fields of a report's machine-readable part. The standard parser takes delivery reports apart
    by itself; of other types it takes the first group for headers and the others for a body."""
    payload = part.get_payload()
    if isinstance(payload, str):
        yield from (HeaderParser().parsestr(group) for group in re.split(r"\n\s*\n", payload.strip()))
        return
    for group in payload:
        if isinstance(group, Message):
            yield group
            if isinstance(rest := group.get_payload(), str) and rest.strip():
                yield from (HeaderParser().parsestr(block) for block in re.split(r"\n\s*\n", rest.strip()))


def _understood(message: Message) -> Incoming:
    carrier, report = _find_report(message)
    holder = report or message
    text = "\n".join(_text(part) for part in holder.walk() if part.get_content_type() == "text/plain")
    return Incoming(message, carrier, report, _original(holder, text), text)


def _find_report(message: Message) -> tuple[Message, Message | None]:
    """Return the outermost report and the message that has it. What a report returns may hold another report, about
    somebody else's message: that one is never reached."""
    carrier = message
    for part in message.walk():
        if part.get_content_type() == "message/rfc822" and isinstance(part.get_payload(), list):
            carrier = part.get_payload(0)  # type: ignore[assignment]
        if any(is_child(child, DELIVERY_STATUS | {FEEDBACK}) for child in _children(part)):
            return carrier, part
    return message, None


def _original(holder: Message, text: str) -> Message:
    for part in _children(holder):
        if is_child(part, _ORIGINALS):
            return _headers(part)
    below = text[start_of_headers(text) :]
    return HeaderParser().parsestr(below) if below else Message()


def _headers(part: Message) -> Message:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    return HeaderParser().parsestr(_text(part).lstrip())


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    if part.get_content_maintype() != "multipart" or not isinstance(payload, list):
        return []
    return [child for child in payload if isinstance(child, Message)]


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
