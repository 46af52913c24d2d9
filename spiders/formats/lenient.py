"""JSON as publishers really send it: numbers that are none, stray control characters, half a document.

The bytes as received are never changed: repairs happen in a copy, and only after the plain decoding has failed.
"""

import json
import math
import re
from collections.abc import Iterator

import msgspec

from tenderbell.errors import BrokenResponse

# A string that never ends is taken to the end of the text: looked for from every quote again, it took minutes.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|-?[0-9][0-9.eE+-]*|-?Infinity|NaN', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
_LONGEST_NUMBER = 40

_decode = msgspec.json.Decoder().decode


class _Package(msgspec.Struct):
    releases: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    links: msgspec.Raw = msgspec.Raw(b"null")


_decode_package = msgspec.json.Decoder(_Package).decode


class Package(msgspec.Struct, frozen=True):
    """A page of releases: each exactly as received, and the address of the next page if the page names one."""

    releases: tuple[bytes, ...]
    next: str | None


def decode(body: bytes, *, otherwise: str | None = None) -> object:
    """Return the value of a JSON document. A number that is none (`1e9999`, NaN) becomes its own text, so that the
    reader can say what it was; ` 000` becomes 0. `otherwise` is the charset of bytes that are not UTF-8; without it
    they become replacement characters. Raises ValueError when it is no JSON even then."""
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _decode_repaired(body, otherwise)
    except RecursionError:
        raise ValueError("The document is nested too deeply.") from None


def _decode_repaired(body: bytes, otherwise: str | None) -> object:
    try:
        return json.loads(_repaired(body, otherwise), strict=False)
    except RecursionError:
        raise ValueError("The document is nested too deeply.") from None


def _repaired(body: bytes, otherwise: str | None) -> str:
    """Return a copy of the text whose numbers and escapes are well-formed."""
    return _TOKEN.sub(_repaired_token, _text(body, otherwise))


def _text(body: bytes, otherwise: str | None) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode(otherwise or "utf-8-sig", "replace")


def _repaired_token(found: re.Match[str]) -> str:
    token = found[0]
    if token.startswith('"'):
        return _ESCAPE.sub(_whole_escape, token) if "\\u" in token else token
    plain = re.sub(r"^(-?)0+(?=\d)", r"\1", token)
    sound = len(plain) <= _LONGEST_NUMBER and _NUMBER.fullmatch(plain) and math.isfinite(float(plain))
    return plain if sound else f'"{token[:_LONGEST_NUMBER]}"'


def _whole_escape(found: re.Match[str]) -> str:
    return r"\ufffd" if found["half"] else found[0]


def split_package(body: bytes) -> Package:
    """Return the releases of a package as exact slices of `body`, and the address of the next page.

    Raises BrokenResponse when the document is no package: an error page, half a document, another format.
    """
    if body[:3] == b"\xef\xbb\xbf":
        body = body[3:]
    try:
        found = _decode_package(body)
        if found.releases is msgspec.UNSET:
            raise BrokenResponse("The answer is JSON without releases.")
        return Package(tuple(bytes(release) for release in found.releases), _next_of(found.links))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _split_by_hand(body)


def _next_of(links: msgspec.Raw | bytes) -> str | None:
    try:
        value = decode(bytes(links))
    except ValueError:
        return None
    following = value.get("next") if isinstance(value, dict) else None
    return following if isinstance(following, str) and following else None


def _split_by_hand(body: bytes) -> Package:
    """Split a package whose JSON is not quite sound, by its brackets."""
    found = members(body)
    if found.get(b"releases", b"")[:1] != b"[":
        raise BrokenResponse(what_came_instead(body))
    return Package(tuple(elements(found[b"releases"])), _next_of(found.get(b"links", b"null")))


def what_came_instead(body: bytes) -> str:
    """Return a sentence about an answer that is no package, for BrokenResponse."""
    start = body[:200].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body")):
        return "The answer is a web page, not JSON."
    if start.startswith((b"{", b"[")):
        return "The answer is JSON without releases."
    return "The answer is not JSON." if start else "The answer is empty."


def members(body: bytes) -> dict[bytes, bytes]:
    """Return the members of a JSON object as slices, by name; empty when it is none. Raises BrokenResponse when it
    ends in the middle."""
    if body.lstrip()[:1] != b"{":
        return {}
    pairs = (part.partition(b":") for part in _slices(body.strip()))
    return {name.strip().strip(b'"'): value.strip() for name, _, value in pairs}


def elements(body: bytes) -> list[bytes]:
    """Return the elements of a JSON array as slices. Raises BrokenResponse when it ends in the middle."""
    return [part for part in _slices(body.strip()) if part]


def _slices(body: bytes) -> Iterator[bytes]:
    """Yield what the commas of a JSON array or object divide."""
    depth, start = 0, 1
    for found in _BRACKET.finditer(body):
        mark = found[0]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
            if depth == 0:
                yield body[start : found.start()].strip()
                return
        elif mark == b"," and depth == 1:
            yield body[start : found.start()].strip()
            start = found.end()
    raise BrokenResponse("The answer ends in the middle.")
