"""Rendered pages kept while they are true: until `public.db` changes or the minute is over."""

import gzip
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

MOST_BYTES = 64 * 1024 * 1024
LEAST_WORTH_GZIP = 600

Header = tuple[bytes, bytes]


@dataclass(slots=True)
class StoredPage:
    """One rendered response with its headers (content type included) and its ETag."""

    status: int
    headers: Sequence[Header]
    body: bytes
    etag: bytes = b""
    _gzipped: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.etag = b'W/"' + blake2b(self.body, digest_size=12).hexdigest().encode() + b'"'

    def gzipped(self) -> bytes | None:
        """Return the body compressed (once), None when that would not be worth it."""
        if self._gzipped is None and len(self.body) >= LEAST_WORTH_GZIP:
            self._gzipped = gzip.compress(self.body, compresslevel=5, mtime=0)
        return self._gzipped

    @property
    def weight(self) -> int:
        """Bytes that keeping this page takes, roughly, with its compressed form."""
        return len(self.body) + len(self.body) // 4 + 600


class PageCache:
    """Pages by key, least recently used first out. `moment` is what they were rendered from: when it differs from
    the one before, everything kept is out of date and goes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._moment: Hashable = None
        self._pages: OrderedDict[Hashable, StoredPage] = OrderedDict()

    def get(self, key: Hashable, moment: Hashable) -> StoredPage | None:
        """Return the page kept for `key` if it was rendered at `moment`."""
        if moment != self._moment:
            self._clear(moment)
            return None
        page = self._pages.get(key)
        if page is not None:
            self._pages.move_to_end(key)
        return page

    def keep(self, key: Hashable, moment: Hashable, page: StoredPage) -> None:
        """Keep a page rendered at `moment`; dropped at once if that moment has passed or the page is too large."""
        if moment != self._moment or page.weight * 4 > self._most_bytes or self._pages.get(key) is page:
            return
        self._forget(key)
        self._pages[key] = page
        self._bytes += page.weight
        while self._bytes > self._most_bytes:
            self._forget(next(iter(self._pages)))

    def _forget(self, key: Hashable) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self._bytes -= page.weight

    def _clear(self, moment: Hashable) -> None:
        self._pages.clear()
        self._bytes = 0
        self._moment = moment
