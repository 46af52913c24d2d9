"""The sample notices: complete, in the shapes of the real thing, and about nobody."""

import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import feedparser
import msgspec
import pytest

from schedules import samples
from schedules.sample_types import HOLIDAYS, Buyer, Days, Sample
from tenderbell.area import load_area
from tenderbell.clock import UK
from tenderbell.edition import load_edition

TYPES = {f"UK{number}" for number in range(1, 17)} - {"UK8"}
OLD = {"CELEX planning", "CELEX tender", "CELEX award", "CELEX corrigendum"}
EMAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
PHONE = re.compile(r"(?:\+44\s?|\b0)\d[\d\s]{8,}")


def readable(now: datetime, portion: int) -> list[dict[str, Any]]:
    found = samples.releases(now, portion)
    return [json.loads(release) if isinstance(release, bytes) else release for release in found]


def number_of(release: dict[str, Any]) -> tuple[int, int]:
    number, year = release["id"].split("-")
    return int(year), int(number)


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for item in inner for text in strings(item)]


def everything_said() -> list[str]:
    return [text for name in ("processes", "buyers", "feeds", "places") for text in strings(samples._file(name))]


def by_process(releases: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    grouped = defaultdict(list)
    for release in releases:
        grouped[release["ocid"]].append(release)
    return grouped


def release_titled(now: datetime, words: str, portion: int = 1) -> dict[str, Any]:
    return next(release for release in readable(now, portion) if words in release["tender"]["title"])


def test_there_are_about_fifty_processes_and_every_type_of_notice() -> None:
    assert 40 <= len({sample.process for sample in samples.samples()}) <= 60
    assert {sample.type for sample in samples.samples()} == TYPES | OLD
    assert len({sample.id for sample in samples.samples()}) == len({sample.process for sample in samples.samples()})


def test_numbers_are_dense_and_follow_the_order_of_publication(now: datetime) -> None:
    releases = readable(now, 1) + readable(now, 2)
    dates = [datetime.fromisoformat(release["date"]) for release in releases]
    assert dates == sorted(dates)
    numbers = list(dict.fromkeys(number_of(release) for release in releases))
    assert numbers == sorted(numbers)
    for year in {year for year, _ in numbers}:
        own = [number for at, number in numbers if at == year]
        assert own == list(range(own[0], own[0] + len(own)))
        assert 1 <= own[0] <= own[-1] <= 999_999
    assert all(re.fullmatch(r"\d{6}-20\d\d", release["id"]) for release in releases)
    assert all(re.fullmatch(r"ocds-h6vhtk-[0-9a-f]{6}", release["ocid"]) for release in releases)


def test_the_history_ends_before_now_and_the_next_portion_is_new(now: datetime) -> None:
    history, following = readable(now, 1), readable(now, 2)
    last = max(datetime.fromisoformat(release["date"]) for release in history)
    first = min(datetime.fromisoformat(release["date"]) for release in following)
    assert last < first
    assert all(datetime.fromisoformat(release["date"]) <= now for release in following)
    since = timedelta(days=load_edition("demo").source("find-a-tender").since_days)
    assert all(datetime.fromisoformat(release["date"]) > now - since for release in history)
    assert not {release["id"] for release in history} & {release["id"] for release in following}


def test_the_same_now_gives_the_same_bytes_and_another_day_other_dates(now: datetime) -> None:
    assert msgspec.json.encode(readable(now, 1)) == msgspec.json.encode(readable(now, 1))
    later = release_titled(now + timedelta(days=7), "Ring-and-ride")["tender"]["tenderPeriod"]["endDate"]
    sooner = release_titled(now, "Ring-and-ride")["tender"]["tenderPeriod"]["endDate"]
    assert datetime.fromisoformat(later).date() - datetime.fromisoformat(sooner).date() == timedelta(days=7)


def test_adverts_close_on_working_days_at_hours_that_people_set(now: datetime) -> None:
    seen = set()
    for release in readable(now, 1) + readable(now, 2):
        end = release["tender"].get("tenderPeriod", {}).get("endDate")
        if end and release["tag"][0].startswith("tender") and "UK4" in str(release["tender"].get("documents")):
            local = datetime.fromisoformat(end)
            assert local.utcoffset() == local.astimezone(UK).utcoffset()
            assert local.weekday() < 5
            assert (local.month, local.day) not in HOLIDAYS
            seen.add(local.strftime("%H:%M"))
    assert seen == {"00:00", "12:00", "14:00", "17:00", "18:00", "23:59"}


def test_some_adverts_close_within_a_week_and_several_next_month(now: datetime) -> None:
    newest: dict[str, datetime] = {}
    for release in readable(now, 1):
        if end := release["tender"].get("tenderPeriod", {}).get("endDate"):
            newest[release["ocid"]] = datetime.fromisoformat(end)
    left = [end - now for end in newest.values() if end > now]
    assert sum(days <= timedelta(days=8) for days in left) >= 3
    assert sum(timedelta(days=14) < days <= timedelta(days=45) for days in left) >= 8


def test_dates_of_publication_avoid_weekends_and_deadlines_wait_for_monday() -> None:
    days = Days(datetime(2026, 11, 22, 12, tzinfo=UK))
    assert days.published(-1, "09:00") == datetime(2026, 11, 20, 9, tzinfo=UK)
    assert days.published(-2, "09:00") == datetime(2026, 11, 20, 9, tzinfo=UK)
    assert days.deadline(6, "12:00") == "2026-11-30T12:00:00+00:00"
    assert days.deadline(5, "12:00") == "2026-11-27T12:00:00+00:00"
    assert days.deadline(33, "12:00") == "2026-12-28T12:00:00+00:00", "nobody reads applications on Christmas Day"
    assert Days(datetime(2026, 3, 27, 12, tzinfo=UK)).deadline(3, "12:00") == "2026-03-30T12:00:00+01:00"


def test_no_release_states_two_things_about_one_process(now: datetime) -> None:
    for ocid, releases in by_process(readable(now, 1) + readable(now, 2)).items():
        assert len({release["parties"][0]["name"] for release in releases}) == 1, ocid


def test_updates_cancellations_and_extensions_are_there(now: datetime) -> None:
    history, following = readable(now, 1), readable(now, 2)
    tags = Counter(release["tag"][0] for release in history + following)
    assert tags["tenderUpdate"] >= 5
    assert tags["tenderCancellation"] >= 3
    named = {release["tender"]["title"]: release for release in following}
    assert len(following) >= 8
    before = release_titled(now, "Street outreach and move-on")
    moved = named[before["tender"]["title"]]
    before = next(r for r in history if r["ocid"] == moved["ocid"] and r["tag"] == ["tender"])
    assert moved["tender"]["tenderPeriod"]["endDate"] > before["tender"]["tenderPeriod"]["endDate"]
    assert any("young carers" in title and "Grants" in title for title in named)


def test_a_cancelled_lot_leaves_the_others(now: datetime) -> None:
    stub = next(r for r in readable(now, 1) if r["tag"] == ["tenderCancellation"] and len(r["tender"]["lots"]) == 6)
    assert Counter(lot["status"] for lot in stub["tender"]["lots"]) == {"active": 5, "cancelled": 1}
    assert stub["awards"][0]["relatedLots"] == ["2"]
    assert "description" not in stub["tender"]


def test_bad_days_are_there(now: datetime) -> None:
    history = samples.releases(now, 1)
    odd = [release for release in history if isinstance(release, bytes)]
    assert len(odd) == 2, "one release, repeated"
    assert odd[0] == odd[1]
    assert b'"durationInDays": 1e9999' in odd[0]
    titles = [release["tender"]["title"] for release in readable(now, 1)]
    assert any("<script>" in title for title in titles)
    assert any(title.startswith("=cmd") for title in titles)
    assert any("\u202e" in text for text in everything_said())
    assert any(release["buyerID"] == [] for release in readable(now, 1) if "buyerID" in release)


def test_all_seven_councils_and_the_other_bodies_publish() -> None:
    area = load_area("gloucestershire")
    ids = {id for name in {sample.buyer for sample in samples.samples()} for id in ids_of(samples.buyers()[name])}
    bodies = {area.body_by_id[id].id: area.body_by_id[id].sort for id in ids if id in area.body_by_id}
    assert list(bodies.values()).count("council") == 7
    assert {"NHS", "police", "university", "housing association"} <= set(bodies.values())


def ids_of(buyer: Buyer) -> tuple[str, ...]:
    return (buyer.id, *buyer.more_ids)


def test_sample_bodies_of_the_county_are_bodies_of_the_area_or_invented() -> None:
    area = load_area("gloucestershire")
    for key, buyer in samples.buyers().items():
        if buyer.region == "UKK13" and key not in ("town", "fund"):
            known = [area.body_by_id.get(id) for id in ids_of(buyer)]
            assert all(known), key
            assert known[0]
            assert buyer.name.casefold() in {n.casefold() for n in (known[0].name, *known[0].names)}
        else:
            assert not area.body_by_id.keys() & set(ids_of(buyer)), key


def test_no_mailbox_number_or_address_leads_to_anybody() -> None:
    for text in everything_said():
        for found in EMAIL.finditer(text):
            assert found[1].endswith(".example"), found[0]
        for number in PHONE.findall(text):
            digits = re.sub(r"\D", "", number)
            assert digits.removeprefix("44").lstrip("0").startswith("1632960"), number


def test_hosts_that_are_linked_are_the_real_services_or_examples() -> None:
    hosts = {host for text in everything_said() for host in re.findall(r"https?://([\w.-]+)", text)}
    foreign = {host for host in hosts if not host.endswith((".example", ".gov.uk", ".nhs.uk", ".ac.uk"))}
    assert foreign == {"procontract.due-north.com", "in-tendhost.co.uk", "health-family.force.com"}


def test_adverts_are_worth_reading() -> None:
    live = [s for s in samples.samples() if s.type in ("UK2", "UK4", "CELEX tender") and s.buyer in COUNTY and s.closes]
    told = [s for s in live if s.closes and s.closes > 0 and len(s.description) >= 150]
    assert len({s.process for s in told}) >= 18


COUNTY = {key for key, buyer in samples.buyers().items() if buyer.region == "UKK13"}


def test_every_code_has_its_label_and_every_name_its_row() -> None:
    for sample in samples.samples():
        assert set(sample.cpv) <= samples.labels().keys()
        assert {sample.buyer, *sample.more_buyers} <= samples.buyers().keys()
        assert set(sample.suppliers) <= samples.suppliers().keys()
        assert sample.portion in (1, 2)
        assert sample.portion == 2 or sample.days < 0, sample.id
        assert not sample.criteria or sum(weight for _, _, weight in sample.criteria) == 100, sample.id


def test_a_misspelt_field_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"id": "x", "cloeses": 3}, Sample)


def test_feeds_are_those_of_the_demonstration_and_grow(now: datetime) -> None:
    before, after = samples.feeds(now, 1), samples.feeds(now, 2)
    feeds = [source for source in load_edition("demo").sources if source.spider_name == "feed"]
    wanted = {(source.url or "").removeprefix("http://sample.example") for source in feeds}
    assert before.keys() == after.keys() == wanted
    counts = {
        path: (len(feedparser.parse(before[path]).entries), len(feedparser.parse(after[path]).entries))
        for path in after
    }
    assert counts == {
        "/feeds/stroud-grants.xml": (3, 4),
        "/feeds/county-fund.atom": (3, 4),
        "/feeds/parish-notices.xml": (2, 2),
    }


def test_one_feed_is_broken_and_one_entry_has_no_date(now: datetime) -> None:
    read = {path: feedparser.parse(body) for path, body in samples.feeds(now, 2).items()}
    assert {path for path, feed in read.items() if feed.bozo} == {"/feeds/parish-notices.xml"}
    undated = [entry.title for entry in read["/feeds/stroud-grants.xml"].entries if "published" not in entry]
    assert undated == ["Tree planting: free saplings and £300 for tools"]
    assert {feed.version for feed in read.values()} == {"rss20", "atom10"}


def test_feeds_tell_their_deadlines_in_words(now: datetime) -> None:
    text = samples.feeds(now, 1)["/feeds/stroud-grants.xml"].decode()
    (told, *_) = re.findall(r"Closing date: 12 noon on (\w+) (\d+ \w+ \d{4})\.", text)
    closes = datetime.strptime(told[1], "%d %B %Y").date()
    assert closes > date(now.year, now.month, now.day)
    assert closes.strftime("%A") == told[0]
