"""The daily files of Contracts Finder: one CSV a day with what was published, in some 500 flattened columns.

They are said to hold notices that the search leaves out (sources.md section 2), so they tell what a harvest missed.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from spiders.base import Task, broken
from spiders.fetching import faults
from spiders.fetching.settings import MAXSIZE
from spiders.fetching.walking import WindowSpider, raws_of
from spiders.ocds.documents import releases_in
from tenderbell.clock import moment, uk
from tenderbell.errors import BrokenResponse

DAILY = "/Harvester/Notices/Data/CSV"
RELEASE = "/Published/OCDS/Release"
RECORD = "/Published/OCDS/Record"
DAYS = 3
"""How many past days are compared each night."""

SINGLES_A_RUN = 60
_OCID = re.compile(r"releases/\d+/ocid")

csv.field_size_limit(MAXSIZE)


class Listed(NamedTuple):
    """A release that a daily file lists; `date` is its latest edit, None when the file does not say."""

    ocid: str
    release: str
    date: datetime | None


def day_path(day: date) -> str:
    """Return the path of a day's file."""
    return f"{DAILY}/{day.year}/{day.month}/{day.day}"


def listed_in(body: bytes) -> list[Listed]:
    """Return the releases that a daily file lists, each once, in its order. Raises BrokenResponse when it is no such
    file."""
    try:
        rows = csv.reader(io.StringIO(_text(body), newline=""))
        places = _places(next(rows, []))
        found = [_listed(row, *place) for row in rows for place in places]
    except csv.Error as error:
        raise BrokenResponse(f"The daily file is no CSV: {error}.") from None
    if not places:
        raise BrokenResponse("The daily file is no CSV of releases: it has no column releases/0/ocid.")
    return list(dict.fromkeys(listed for listed in found if listed))


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _places(header: list[str]) -> list[tuple[int, int, int | None]]:
    """Return the columns of (ocid, id, date) of each release that a row can hold."""
    columns = {name.strip(): position for position, name in enumerate(header)}
    found = []
    for name in columns:
        start = name.removesuffix("ocid")
        if _OCID.fullmatch(name) and f"{start}id" in columns:
            found.append((columns[name], columns[f"{start}id"], columns.get(f"{start}date")))
    return found


def _listed(row: list[str], ocid: int, id: int, date: int | None) -> Listed | None:
    if len(row) <= max(ocid, id) or not row[ocid].strip() or not row[id].strip():
        return None
    published = moment(row[date].strip()) if date is not None and date < len(row) else None
    return Listed(row[ocid].strip(), row[id].strip(), published)


class _Dated(msgspec.Struct):
    date: str = ""


def _date_of(body: bytes) -> datetime | None:
    try:
        return moment(msgspec.json.decode(body, type=_Dated).date)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


class ComparesDays(WindowSpider):
    """A spider whose publisher lists each day's releases in a file: at night those that the archive lacks, or has in an
    older version, are fetched singly."""

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        self.singles: list[Listed] = []

    def reconcile(self) -> Iterator[Request]:
        """Ask for the daily files of the last days, or of those that the task names, newest first."""
        task = self.task
        today = uk(task.clock()).date()
        newest = min(uk(task.until).date(), today) if task.until else today - timedelta(days=0 if task.since else 1)
        oldest = uk(task.since).date() if task.since else newest - timedelta(days=DAYS - 1)
        yield from self.next_day([newest - timedelta(days=back) for back in range((newest - oldest).days + 1)])

    def next_day(self, days: list[date]) -> Iterator[Request]:
        """Ask for the next daily file; after the last one for what is missing. A day without a file had no notices."""
        if days:
            yield Request(
                f"{self.base}{day_path(days[0])}",
                self.day,
                errback=self.failed,
                cb_kwargs={"left": days[1:]},
                meta={"handle_httpstatus_list": [404]},
                dont_filter=True,
            )
            return
        if len(self.singles) > SINGLES_A_RUN:
            self.task.alarm(
                f"{len(self.singles):,} notices of the daily files are missing; {SINGLES_A_RUN} are fetched."
            )
        self.singles = self.singles[:SINGLES_A_RUN]
        yield from self.next_single()

    def day(self, response: Response, left: list[date]) -> Iterator[Request]:
        """Compare a daily file with the archive."""
        assert response.request is not None  # noqa: S101 (Scrapy sets it before any callback)
        try:
            listed = [] if response.status == 404 else listed_in(response.body)
        except BrokenResponse as error:
            yield from self.ask_again(response.request, broken(response, error))
            return
        self.task.compared += len(listed)
        lacking = [entry for entry in listed if self.is_lacking(entry) and self.task.missing(entry.release)]
        self.singles += [entry for entry in lacking if entry not in self.singles]
        self.say(f"{len(listed):,} notices in a daily file, {len(lacking):,} of them not in the archive")
        yield from self.next_day(left)

    def is_lacking(self, entry: Listed) -> bool:
        """Return whether the archive has no such release, or an older version of it."""
        body = self.task.known(entry.release)
        if body is None:
            return True
        known = _date_of(body)
        return bool(entry.date and known and entry.date > known)

    def next_single(self) -> Iterator[Request]:
        """Ask for the next missing release; without one, everything is done."""
        if self.singles:
            entry = self.singles.pop(0)
            yield self.ask_for(f"{RELEASE}/{quote(entry.release)}", entry)
        else:
            self.task.done = True

    def ask_for(self, path: str, entry: Listed) -> Request:
        """Return the request for one release, or for the record of its process."""
        return Request(
            f"{self.base}{path}",
            self.single,
            errback=self.single_failed,
            cb_kwargs={"entry": entry},
            meta={"handle_httpstatus_list": [404]},
            dont_filter=True,
        )

    def single(self, response: Response, entry: Listed) -> Iterator[Request]:
        """Archive a release that was missing; one that is not found by itself may stand in its record."""
        task = self.task
        try:
            raws = [] if response.status == 404 else raws_of(task.source, releases_in(response.body), response.url)
        except BrokenResponse as error:
            task.alarm(broken(response, error))
            yield from self.next_single()
            return
        if not raws and RECORD not in response.url:
            yield self.ask_for(f"{RECORD}/{quote(entry.ocid)}", entry)
            return
        task.keep(raws)
        if entry.release not in {raw.key for raw in raws}:
            task.absent(entry.release)
        yield from self.next_single()

    def single_failed(self, failure: Failure) -> Iterator[Request]:
        """Leave a release that could not be fetched among the missing, for the next night."""
        error = failure.value or Exception()
        if faults.is_final(error):
            yield from self.failed(failure)
            return
        self.task.alarm(faults.sentence(error, failure.request.url))  # type: ignore[attr-defined]
        yield from self.next_single()
