"""Seeking: somebody misses an advert and gives its link. Which source should hold it, and does it?

The link is never fetched. It only says which configured source is asked, by that source's own addresses, at its own
pace and under its terms: one notice by its number where the source can do that, else an ordinary harvest of it.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from spiders.base import Progress
from spiders.direct import Direct
from spiders.fetching.singly import can_ask_singly
from spiders.find_a_tender import FindATender
from spiders.harvest import FINISHED, HarvestReport, Wanted, harvest
from spiders.registry import spider_class
from tenderbell.archive import Sort, open_archive
from tenderbell.clock import stamp
from tenderbell.edition import Edition, Source
from tenderbell.errors import SettingError
from tenderbell.references import notice_number, notice_numbers
from tenderbell.settings import Settings

FRESH = timedelta(minutes=15)
"""A source whose list was read so lately is not read again because of a report: reports must not drive us."""

_ORGANISATION_IN_PATH = frozenset({"in_tend"})
"""Portals where the first part of the path is whose portal it is: another part is another portal."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a missing advert should be: a source, and the notice's `key` there when it can be asked for by itself."""

    source: Source
    key: str | None


@dataclass(frozen=True, slots=True)
class Sought:
    """What asking a source came to. `asked` is false when its list had just been read. `clean` when it answered
    everything that it was asked. `silence_tells` when what it did not show is not there: it was asked for that one
    notice, or shows its whole list; a source that is asked for what is newest may have older ones."""

    source: str
    asked: bool
    clean: bool
    reason: str
    silence_tells: bool = False


def place_of(edition: Edition, link: str) -> Place | None:
    """Return where the advert behind a link (or a notice number of Find a Tender in either spelling) should be; None
    when no source that is switched on can be asked for it."""
    enabled = [source for source in edition.sources if source.enabled and _can_be_asked(source)]
    if "://" not in link:
        number = notice_number(link)
        found = next((one for one in enabled if issubclass(spider_class(one.spider_name), FindATender)), None)
        return Place(found, number) if found and number else None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    host = _bare(parts.netloc)
    source = _best([one for one in enabled if host in _hosts(one)], parts.path)
    if source is None:
        return None
    if not can_ask_singly(spider_class(source.spider_name)):
        return Place(source, None)
    key = _number_in(parts.path)
    return Place(source, key) if key else None


def seek(
    settings: Settings,
    places: Sequence[Place],
    *,
    progress: Progress | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, Sought]:
    """Ask the sources of these places, and return by the id of the source what that came to. What they answer is
    archived; it still has to be compiled. Can be called once in a process."""
    singles = {
        place.source.id: [other.key for other in places if other.source.id == place.source.id and other.key]
        for place in places
        if place.key
    }
    fresh = _fresh(settings, [place.source.id for place in places if place.source.id not in singles])
    ids = list(dict.fromkeys(place.source.id for place in places if place.source.id not in fresh))
    tells = {place.source.id for place in places if place.key or _lists_everything(place.source)}
    found = {id: Sought(id, False, True, "Its list was read a few minutes ago.", id in tells) for id in fresh}
    if ids:
        reports = harvest(settings, ids, Wanted(singles=singles), progress=progress, overrides=overrides)
        found |= {report.source: _sought(report, report.source in tells) for report in reports}
    return found


def _sought(report: HarvestReport, tells: bool) -> Sought:
    clean = report.finished and report.reason == FINISHED
    return Sought(report.source, True, clean, report.reason, clean and tells)


def _lists_everything(source: Source) -> bool:
    return spider_class(source.spider_name).lists_everything


def _can_be_asked(source: Source) -> bool:
    try:
        return not issubclass(spider_class(source.spider_name), Direct)
    except SettingError:
        return False


def _hosts(source: Source) -> set[str]:
    """Return the hosts under which a source's adverts are read: its address, its spider's own, its home page's."""
    addresses = (source.url, spider_class(source.spider_name).address, source.home)
    return {_bare(urlsplit(address).netloc) for address in addresses if address} - {""}


def _bare(netloc: str) -> str:
    return netloc.lower().rpartition("@")[2].removeprefix("www.")


def _best(sources: Sequence[Source], path: str) -> Source | None:
    """Return the source whose address has most of a path's beginning."""
    kept = [one for one in sources if one.spider_name not in _ORGANISATION_IN_PATH or _shared(one, path)]
    return max(kept, key=lambda one: _shared(one, path), default=None)


def _shared(source: Source, path: str) -> int:
    own, asked = (_segments(text) for text in (urlsplit(source.url or "").path, path))
    count = 0
    for mine, theirs in zip(own, asked, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _segments(path: str) -> list[str]:
    return [part.casefold() for part in path.split("/") if part]


def _number_in(path: str) -> str | None:
    numbers = notice_numbers(unquote(path))
    return numbers[0] if len(numbers) == 1 else None


def _fresh(settings: Settings, ids: Sequence[str]) -> set[str]:
    """Return which of these sources were harvested to the end within the last minutes."""
    with closing(open_archive(settings.archive_path)) as archive:
        return {id for id in ids if _harvested_since(archive, id, settings.clock() - FRESH)}


def _harvested_since(archive: sqlite3.Connection, source: str, since: datetime) -> bool:
    row = archive.execute(
        "select 1 from run where source = ? and complete and sort = ? and finished_at > ? limit 1",
        (source, str(Sort.HARVEST), stamp(since)),
    ).fetchone()
    return row is not None
