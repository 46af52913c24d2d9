"""What the Find a Tender spider takes for granted (sources.md sections 1.1 to 1.4), to be asked of the live service."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from scrapy.http import Request, Response

from spiders.questions.probe import CannotTell, Probe, refused, status
from tenderbell.clock import UK, moment, stamp, uk, uk_day_start

if TYPE_CHECKING:
    from spiders.base import SourceSpider

API = "/api/1.0/ocdsReleasePackages"
NOON = time(12)


def short_window(spider: "SourceSpider") -> Request:
    """Ask for half an hour of the last working day: more than nothing, less than a page."""
    return _half_hour(spider, _working_day_before(uk(spider.task.clock()).date()))


def summer_window(spider: "SourceSpider") -> Request:
    """Ask for half an hour of the last working day on which London's clocks were not those of UTC."""
    day = _working_day_before(uk(spider.task.clock()).date())
    while not datetime.combine(day, NOON, UK).utcoffset():
        day = _working_day_before(day)
    return _half_hour(spider, day)


def _working_day_before(day: date) -> date:
    day -= timedelta(days=1)
    return day if day.weekday() < 5 else _working_day_before(day)


def _half_hour(spider: "SourceSpider", day: date) -> Request:
    return Request(f"{spider.base}{API}?updatedFrom={day}T12:00:00&updatedTo={day}T12:30:00&limit=100")


def known_notice(spider: "SourceSpider") -> Request:
    """Ask for the notice that was seen last. Raises CannotTell when none is known."""
    row = spider.task.archive.execute(
        "select key from sighting where source = ? order by last_seen desc, key desc limit 1", (spider.task.source.id,)
    ).fetchone()
    if row is None:
        raise CannotTell("No notice is known yet; harvest first.")
    return Request(f"{spider.base}{API}/{row[0]}")


def _package(response: Response) -> Any:
    return response.json()  # type: ignore[attr-defined]


def no_links_at_the_end(response: Response) -> str | None:
    """Check that a page which is not full names no next one."""
    if response.status != 200:
        return f"It answered {response.status}."
    package = _package(response)
    if len(package["releases"]) >= 100:
        raise CannotTell("Half an hour filled a page; ask again another day.")
    return f"A page of {len(package['releases'])} has links: {package['links']}." if "links" in package else None


def in_london_time(response: Response) -> str | None:
    """Check that what a window holds was published within it by London's clocks."""
    if response.status != 200:
        return f"It answered {response.status}."
    query = parse_qs(urlsplit(response.url).query)
    since, until = query["updatedFrom"][0], query["updatedTo"][0]
    dates = [found for release in _package(response)["releases"] if (found := moment(release["date"]))]
    if not dates:
        raise CannotTell("The window holds no notice.")
    walls = [uk(date).strftime("%Y-%m-%dT%H:%M:%S") for date in dates]
    outside = [wall[11:16] for wall in walls if not since <= wall < until]
    return f"Asked for 12:00 to 12:30, it sent notices of {', '.join(outside[:5])} London time." if outside else None


def quiet_day(spider: "SourceSpider") -> Request:
    """Ask for the whole of the last Sunday that is over, a day of few notices. Raises CannotTell when no harvest has
    walked all of it: there would be nothing to compare with."""
    today = uk(spider.task.clock()).date()
    sunday = today - timedelta(days=today.isoweekday())
    if not _was_walked(spider, uk_day_start(sunday), uk_day_start(sunday + timedelta(days=1))):
        raise CannotTell("The last Sunday has not been harvested; there is nothing to compare with.")
    day = f"updatedFrom={sunday}T00:00:00&updatedTo={sunday + timedelta(days=1)}T00:00:00&limit=100"
    return Request(f"{spider.base}{API}?{day}")


def _was_walked(spider: "SourceSpider", since: datetime, until: datetime) -> bool:
    rows = spider.task.archive.execute(
        "select since, until, state from crawl_window where source = ? and since < ? and until > ?",
        (spider.task.source.id, stamp(until), stamp(since)),
    ).fetchall()
    if not rows or any(row["state"] != "walked" for row in rows):
        return False
    begins, ends = min(row["since"] for row in rows), max(row["until"] for row in rows)
    return bool(begins <= stamp(since) and ends >= stamp(until))


def is_all_known(response: Response) -> str | None:
    """Check that a day's window holds nothing that the harvest, in windows of six hours, has not found."""
    if response.status != 200:
        return f"It answered {response.status}."
    package = _package(response)
    ids = [release["id"] for release in package["releases"]]
    if not ids or "links" in package:
        raise CannotTell("The last Sunday filled a page." if ids else "The last Sunday had no notice.")
    task = response.meta["spider"].task
    known = "select 1 from notice where source = ? and key = ?"
    lost = [id for id in ids if task.archive.execute(known, (task.source.id, id)).fetchone() is None]
    return f"Of {len(ids)} notices of the day, the harvest lacks {len(lost)}: {', '.join(lost[:5])}." if lost else None


def in_old_codes(response: Response) -> str | None:
    """Check that places are coded as in NUTS (UKK13), not as in ITL (TLK13)."""
    if response.status != 200:
        return f"It answered {response.status}."
    codes = sorted({code for code in _regions(_package(response)) if code[:2] in ("UK", "TL")})
    if not codes:
        raise CannotTell("No notice of the window names a place by its code.")
    new = [code for code in codes if code.startswith("TL")]
    return f"It codes places as {', '.join(new[:5])}." if new else None


def _regions(value: Any) -> Iterator[str]:
    """Yield every `region` within a JSON value."""
    if isinstance(value, dict) and isinstance(value.get("region"), str):
        yield value["region"]
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _regions(inner)


def is_that_notice(response: Response) -> str | None:
    """Check that the answer is the one notice that was asked for."""
    if response.status != 200:
        return f"It answered {response.status}."
    wanted = response.url.rpartition("/")[2]
    ids = [release["id"] for release in _package(response)["releases"]]
    return None if ids == [wanted] else f"Asked for {wanted}, it sent {', '.join(ids) or 'nothing'}."


PROBES = (
    Probe("robots.txt is absent (404).", "/robots.txt", status(404)),
    Probe("The last page of a window has no links.", short_window, no_links_at_the_end),
    Probe("Windows are London wall time.", summer_window, in_london_time),
    Probe("An unknown parameter is refused with 400.", f"{API}?unheard=1", refused(400, "not recognised")),
    Probe("A limit above 100 is refused with 400.", f"{API}?limit=101", status(400)),
    Probe("A single notice can be fetched by its number.", known_notice, is_that_notice),
    Probe("Windows of six hours lose nothing that a window of the day holds.", quiet_day, is_all_known),
    Probe("Places have the codes of NUTS (UK…), not those of ITL (TL…).", short_window, in_old_codes),
)
