"""OCDS in every wrapping: release packages, record packages, single releases, lists and JSON lines of any of them."""

from collections.abc import Iterable, Iterator

from spiders.formats.lenient import elements, members, split_package, what_came_instead
from tenderbell.errors import BrokenResponse

_ENVELOPE = frozenset({b"publishedDate", b"publisher", b"uri"})


def releases_in(body: bytes, *, lacking: bool = False) -> tuple[bytes, ...]:
    """Return the releases of a document, each exactly as received. Of a record they are its releases where they are
    given in full, else its compiled release. With `lacking`, a package without `releases` is an empty one. A line of
    JSON lines that is broken is returned as it is. Raises BrokenResponse when the document is no OCDS, or ends in the
    middle."""
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    if body[:1] == b"[":
        return tuple(release for document in elements(body) for release in _of_object(document, lacking))
    if body[:1] != b"{":
        raise BrokenResponse(what_came_instead(body))
    if is_lines(body):
        return tuple(_of_lines(body.splitlines(), lacking))
    return tuple(_of_object(body, lacking))


def is_lines(body: bytes) -> bool:
    """Return whether a document is JSON lines: its first line is an object, and the next begins another one."""
    first, _, rest = body.partition(b"\n")
    return first.rstrip()[-1:] == b"}" and rest.lstrip()[:1] == b"{"


def _of_lines(lines: Iterable[bytes], lacking: bool) -> Iterator[bytes]:
    for line in lines:
        if line.strip():
            try:
                yield from tuple(_of_object(line.strip(), lacking))
            except BrokenResponse:
                yield line


def _of_object(body: bytes, lacking: bool) -> Iterator[bytes]:
    try:
        yield from split_package(body).releases
        return
    except BrokenResponse:
        found = members(body)
    if found.get(b"records", b"")[:1] == b"[":
        for record in elements(found[b"records"]):
            yield from _of_record(members(record))
    elif b"compiledRelease" in found:
        yield from _of_record(found)
    elif b"ocid" in found or (b"tag" in found and b"date" in found):
        yield body
    elif not lacking or b"releases" in found or not found.keys() & _ENVELOPE:
        raise BrokenResponse(what_came_instead(body))


def _of_record(record: dict[bytes, bytes]) -> Iterator[bytes]:
    listed = elements(record[b"releases"]) if record.get(b"releases", b"")[:1] == b"[" else []
    whole = [release for release in listed if b"tag" in members(release)]
    compiled = record.get(b"compiledRelease", b"")
    if whole and len(whole) == len(listed):
        yield from whole
    elif compiled[:1] == b"{":
        yield compiled
    else:
        raise BrokenResponse("The record only links to its releases.")
