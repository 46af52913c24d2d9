"""Counting requests: in this process, or with several in files in memory that all of them write and any can add up.

The files are not in the data folder: what is written through a map of a file on a full disk ends the process.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from tenderbell.seeing.measures import COUNTER, HISTOGRAM, Measure

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder that several processes share; the library reads it when it is first imported."""

REQUESTS = Measure(
    "tenderbell_http_requests_total",
    "Requests answered, by route and by class of the status (2xx, 3xx, 4xx, 5xx). Health checks and readings of "
    "metrics are among them.",
    ("route", "status"),
    COUNTER,
)
SECONDS = Measure(
    "tenderbell_http_request_duration_seconds",
    "Seconds from a request until its answer began.",
    ("route",),
    HISTOGRAM,
)
KEPT = Measure(
    "tenderbell_http_kept_pages_total",
    "Pages that were handed over from memory (hit) or had to be made (miss).",
    ("result",),
    COUNTER,
)
MEASURES = (REQUESTS, SECONDS, KEPT)

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds. Pages are made in milliseconds; beyond a second somebody waits."""


class Counts:
    """The counts of one site. With several processes each has its own, and `registry` gives the sum of all, those that
    have ended since the start included."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        kept = self._registry
        self._requests = Counter(REQUESTS.name, REQUESTS.words, REQUESTS.labels, registry=kept)
        self._seconds = Histogram(SECONDS.name, SECONDS.words, SECONDS.labels, registry=kept, buckets=BUCKETS)
        self._kept = Counter(KEPT.name, KEPT.words, KEPT.labels, registry=kept)
        self._hit, self._miss = self._kept.labels("hit"), self._kept.labels("miss")

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, f"{status // 100}xx").inc()
        self._seconds.labels(route).observe(seconds)

    def took(self, *, is_kept: bool) -> None:
        """Count a page that was, or was not, kept."""
        (self._hit if is_kept else self._miss).inc()

    def registry(self) -> CollectorRegistry:
        """Return where the counts of all processes of this site can be read."""
        folder = shared_folder()
        if folder is None:
            return self._registry
        together = CollectorRegistry()
        MultiProcessCollector(together, str(folder))  # type: ignore[no-untyped-call]
        return together


def shared_folder() -> Path | None:
    """Return the folder that the processes of this site share, None when there is one process."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def make_shared_folder(data: Path) -> Path:
    """Return a new empty folder in memory for the processes of the site over a data folder; those that earlier starts
    left behind go. Raises OSError."""
    place = Path("/dev/shm")  # noqa: S108 - the folder's name is made up by mkdtemp, for this user alone
    parent = place if os.access(place, os.W_OK) else Path(tempfile.gettempdir())
    prefix = f"tenderbell-{blake2b(os.fsencode(data), digest_size=6).hexdigest()}-"
    for left in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            if left.lstat().st_uid == os.getuid() and not left.is_symlink():
                shutil.rmtree(left)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


def processes(folder: Path) -> list[int]:
    """Return the ids of the processes that write to a shared folder and still live."""
    ids = {path.stem.rpartition("_")[2] for path in folder.glob("*.db")}
    return sorted(int(id) for id in ids if id.isdigit() and Path(f"/proc/{id}").exists())
