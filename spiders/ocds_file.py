"""OCDS documents: any release package, record package, release or JSON-lines file, at an address or on this machine.

Publisher: whoever the edition's source names
Area: as the edition's source says
Licence: the publisher's; the edition's source may state it
Access: the document's address (http, https) or absolute path, gzipped or not; with ETag and Last-Modified
Limits: one request each harvest; 200 MB unpacked
Quirks: of a record its releases are taken, else the compiled one; ids shorter than eight characters get the ocid
Last checked live: never; against packages of Find a Tender and Contracts Finder
"""

import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from spiders.fetching.document import OneDocument
from spiders.fetching.settings import MAXSIZE
from spiders.ocds.documents import is_lines, releases_in
from spiders.ocds.general import key_of, read_release
from spiders.questions.lists import ADDRESS
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Raw, Reader

MOST_UNPACKED = 4 * MAXSIZE
_GZIP = b"\x1f\x8b"


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`format` says what the document must be; without it, it is recognised."""

    format: Literal["package", "lines"] | None = None


class OcdsFile(OneDocument):
    """Fetches one document, or opens one file, and takes its releases."""

    name = "ocds-file"
    contents = ("document", "releases")
    probes = ADDRESS
    options_type = Options

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads a release of any publisher."""
        del source, area
        return read_release

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the releases of a document, unpacked if it is gzipped."""
        del content_type
        document = unpacked(body)
        _check(document, cls.options_of(source).format)
        releases = releases_in(document)
        return [Raw(source.id, key_of(release), release, "application/json", url) for release in releases]

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the document, or open the file."""
        if "://" in self.base:
            yield self.asking(self.base)
        else:
            self.read_file(Path(self.base))

    def read_file(self, path: Path) -> None:
        """Archive the releases of a file on this machine."""
        try:
            if not path.is_absolute():
                raise BrokenResponse("The url of the source is neither an address nor an absolute path.")
            self.take(self.split(self.task.source, path.read_bytes(), "", None), [])
        except OSError as error:
            self.task.fault(f"{path} cannot be opened: {error.strerror}.")
        except BrokenResponse as error:
            self.task.fault(f"{path.name}: {error}")


def unpacked(body: bytes) -> bytes:
    """Return the document in a gzip file, or `body` when it is none. Raises BrokenResponse when the file is damaged or
    unpacks to more than 200 MB."""
    if body[:2] != _GZIP:
        return body
    parts, size, rest = [], 0, body
    try:
        while rest[:2] == _GZIP:
            member = zlib.decompressobj(wbits=31)
            parts.append(member.decompress(rest, MOST_UNPACKED + 1 - size))
            size += len(parts[-1])
            if size > MOST_UNPACKED:
                raise BrokenResponse(f"The file unpacks to more than {MOST_UNPACKED // 1024 // 1024} MB.")
            if not member.eof:
                raise BrokenResponse("The gzip file ends in the middle.")
            rest = member.unused_data
    except zlib.error:
        raise BrokenResponse("The gzip file is damaged.") from None
    return b"".join(parts)


def _check(document: bytes, wanted: str | None) -> None:
    if wanted is None:
        return
    body = document.removeprefix(b"\xef\xbb\xbf").strip()
    if is_lines(body) != (wanted == "lines") and (wanted == "package" or b"\n" in body):
        raise BrokenResponse(f"The document is not in the format {wanted!r} that the source's options name.")
