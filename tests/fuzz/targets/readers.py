"""Every spider: what it splits and reads, from the hand-written fixtures on."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from spiders.registry import reader_of, spider_class, spider_names
from tenderbell.area import load_area
from tenderbell.errors import BrokenResponse, UnreadableNotice
from tenderbell.notice import Raw, Reader, decode, encode
from tests.fuzz.promises import is_clean, promise
from tests.fuzz.targets.target import Check, Target
from tests.spiders.test_fixtures import content_type_of, fixtures_of, source_of

SAMPLES = 12
"""So many notices of each response are examples of what the archive keeps."""


def targets() -> Iterator[Target]:
    """Yield one target for each spider."""
    for name in spider_names():
        said = "a response is split or refused as broken; a notice is read, cleanly, or refused as unreadable"
        yield Target(f"reader-{name.replace('_', '-')}", said, partial(seeds, name), partial(ready, name))


def seeds(name: str) -> Iterator[bytes]:
    """Yield the fixtures and the notices in them, each after a line with its content type and a word for what it is."""
    for path in fixtures_of(name):
        kind = content_type_of(path)
        body = path.read_bytes()
        yield _seed("response", kind, body)
        for raw in spider_class(name).split(source_of(name), body, kind, None)[:SAMPLES]:
            yield _seed("notice", raw.content_type, raw.body)


@contextmanager
def ready(name: str) -> Iterator[Check]:
    """Give what splits and reads as the spider does."""
    source, spider = source_of(name), spider_class(name)
    reader = reader_of(source, load_area("gloucestershire"))

    def check(data: bytes) -> None:
        head, _, body = data.partition(b"\n")
        what, _, kind = head.decode("utf-8", "replace").partition(" ")
        if what == "notice":
            _read(reader, Raw(source.id, "key", body, kind, source.url))
            return
        try:
            raws = spider.split(source, body, kind, source.url)
        except BrokenResponse as refused:
            promise(str(refused), "What is refused says why")
            return
        for raw in raws:
            promise(raw.key and raw.key.isprintable(), f"A notice has no printable key: {raw.key!r}")
            raw.key.encode()
            _read(reader, raw)

    yield check


def _seed(what: str, kind: str, body: bytes) -> bytes:
    return f"{what} {kind}\n".encode() + body


def _read(reader: Reader, raw: Raw) -> None:
    try:
        notice = reader(raw)
    except UnreadableNotice as refused:
        promise(str(refused), "What is refused says why")
        str(refused).encode()
        return
    promise(decode(encode(notice)) == notice, "A notice is the same after it was kept")
    is_clean(notice, raw.source)
