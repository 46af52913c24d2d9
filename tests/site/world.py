"""An invented county's worth of opportunities for the site's tests, hostile ones among them."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tenderbell.clock import stamp, still_clock
from tenderbell.code import findings_of
from tenderbell.compiling.events import Happening
from tenderbell.compiling.writing import store, write_events
from tenderbell.database import transaction
from tenderbell.notice import Lot, Money, Organisation, Subject
from tenderbell.opportunity import Change, Opportunity
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import EventType, Kind, Reach, Stage

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
"""Saturday, 9 in the morning."""

HOSTILE = "<script>alert('title')</script>\"><img src=x onerror=alert(1)> & {{ 7*7 }} ' onmouseover='x"

COUNTY = Organisation("Gloucestershire County Council", ids=("GB-LAE-GLS",), roles=("buyer",))
STROUD = Organisation("Stroud District Council", ids=("GB-LAE-STO",), roles=("buyer",))
HEALTH = Organisation("Vale and Forest Health Trust", ids=("GB-NHS-ZZ9",), roles=("buyer",))


def days(number: float, *, hour: int = 12) -> datetime:
    """Return noon UTC so many days from now."""
    return (NOW + timedelta(days=number)).replace(hour=hour, minute=0)


def settings_in(folder: Path, *, now: datetime = NOW, edition: str = "gloucestershire", **changes: Any) -> Settings:
    """Return settings of a site whose databases and e-mails are in `folder`, with a clock that stands still."""
    given: dict[str, Any] = {
        "edition_name": edition,
        "data": folder,
        "mail": f"folder:{folder / 'mail'}",
        "host": "127.0.0.1",
        "port": 0,
        "proxies": (),
        "clock": still_clock(now),
        "public_url": "http://tenderbell.test",
    }
    return Settings(**{**given, **changes})


def opportunity(number: int, title: str, **facts: Any) -> Opportunity:
    """Return an open local contract, changed by `facts`."""
    usual: dict[str, Any] = {
        "id": f"tb-{number}",
        "number": number,
        "title": title,
        "source": "find-a-tender",
        "description": f"{title}. The work is described in plain words, in one or two sentences, as a notice would.",
        "buyer": "Gloucestershire County Council",
        "buyer_id": "gloucestershire-county-council",
        "buyers": (COUNTY,),
        "kind": Kind.CONTRACT,
        "kind_evidence": "It is published as a public contract, and nothing in it speaks of a grant.",
        "stage": Stage.OPEN,
        "stage_evidence": "Notice UK4 invites tenders.",
        "reach": Reach.LOCAL,
        "reach_rule": "A",
        "reach_value": "The buyer is Gloucestershire County Council (GB-LAE-GLS).",
        "published_at": days(-10),
        "updated_at": days(-10),
        "closes_at": days(24),
        "notice_days": 34,
        "link": f"https://notices.example/{number:06}-2026",
        "notices": (f"{number:06}-2026",),
        "ocids": (f"ocds-test-{number:06}",),
        "sources": ("find-a-tender",),
    }
    return Opportunity(**{**usual, **facts})


def everything() -> list[Opportunity]:
    """Return one opportunity of every sort that a page has to cope with."""
    return [
        opportunity(
            1, "Support service for young carers and young adult carers",
            value=3_116_008.0, value_basis="with VAT", value_gross=3_116_008.0, value_net=2_596_673.33, currency="GBP",
            vcse_suitable=True, sme_suitable=True, quality_percent=70.0, cost_percent=30.0, notice_days=42,
            themes=("carers", "children-and-young-people"), subjects=(Subject("85312000", "Social work services"),),
            enquiries_close_at=days(10), decision_expected_at=days(60), starts_at=days(130), ends_at=days(1956),
            engagement_closes_at=days(-200), published_at=days(-18), closes_at=days(24, hour=17),
            eligibility="Organisations that have run a service for children for at least two years.",
            lots=(
                Lot("1", "Support", value=Money(net=2_000_000.0, currency="GBP"), vcse_suitable=True),
                Lot("2", "Respite breaks", description="Days out and weekends away, in term time and in holidays."),
            ),
            description="The council wants one or more organisations to support carers aged 5 to 24 and their families "
            "across the county, from April 2027 to March 2032.\n\nBidders may bid for either lot or for both.",
            changes=(
                _change("closes_at", stamp(days(10)), stamp(days(17))),
                _change("closes_at", stamp(days(17)), stamp(days(24, hour=17))),
                _change("value", "2900000", "3116008"),
            ),
        ),
        opportunity(
            2, "Young Carers Respite Fund 2027", kind=Kind.GRANT, kind_evidence="The title says “Respite Fund”.",
            value=15_000.0, value_basis="most for one applicant", value_low=500.0, value_high=15_000.0,
            value_fund=120_000.0, currency="GBP", closes_at=days(6), notice_days=31, vcse_suitable=True,
            reserved_vcse=True, themes=("carers",), eligibility="Groups with an income under £100,000 a year.",
            how_to_apply="Fill in the form on our website.", source="stroud-grants", sources=("stroud-grants",),
            districts=("stroud",), buyer="Stroud District Council", buyer_id="stroud-district-council",
            buyers=(STROUD,),
        ),
        opportunity(3, HOSTILE, description=HOSTILE, buyer=HOSTILE, reach_value=HOSTILE, kind_evidence=HOSTILE,
                    eligibility=HOSTILE, doubts=(HOSTILE,), link="javascript:alert(1)", closes_at=days(2),
                    lots=(Lot("1", HOSTILE, description=HOSTILE), Lot("2", HOSTILE)), how_to_apply=HOSTILE,
                    changes=(_change("title", HOSTILE, HOSTILE),)),
        opportunity(4, "Early talks about drop-in mental health support in the Forest of Dean", stage=Stage.ENGAGEMENT,
                    closes_at=None, engagement_closes_at=days(12), notice_days=None, themes=("mental-health",),
                    districts=("forest-of-dean",), stage_evidence="Notice UK2 asks for views."),
        opportunity(5, "Village hall heating upgrades: plan", stage=Stage.PLANNED, closes_at=None, notice_days=None,
                    expected_open_at=days(50), value=None),
        opportunity(6, "Community transport for the Cotswolds", stage=Stage.CANCELLED, districts=("cotswold",),
                    cancel_reason="The budget was withdrawn.", closes_at=days(5), themes=("transport",),
                    changes=(_change("stage", "open", "cancelled"),)),
        opportunity(7, "Advice on debt and benefits", stage=Stage.AWARDED, closes_at=days(-60),
                    suppliers=(Organisation("Wallbrook Advice Ltd"),), value=240_000.0, value_basis="without VAT",
                    value_net=240_000.0, currency="GBP"),
        opportunity(8, "Grass cutting in Tewkesbury", closes_at=days(-1), districts=("tewkesbury",)),
        opportunity(9, "Wellbeing walks across the South West", reach=Reach.REGIONAL, reach_rule="E", buyer=None,
                    buyer_id=None, buyers=(), reach_value="The work is delivered in UKK, which includes ours.",
                    kind=Kind.UNCLEAR, value=None, closes_at=None, notice_days=None),
        opportunity(10, "National Lottery-style heritage fund", kind=Kind.GRANT, reach=Reach.NATIONAL,
                    reach_rule="source", value=2_000_000_000.0, value_basis="whole fund", currency="GBP"),
        opportunity(11, "W" * 400 + " a very long title without any space at all", closes_at=days(400),
                    notice_days=500, value=0.5, value_basis="with VAT", value_gross=0.5),
        opportunity(12, "SEND transport framework", kind=Kind.FRAMEWORK, reach=Reach.UNSTATED, unconfirmed=True,
                    reach_rule="F", reach_value="Its text names Stroud; nothing else connects it with the county.",
                    value=None, value_gross=90_000.0, currency="EUR", closes_at=days(0, hour=17)),
        opportunity(13, "=cmd|' /C calc'!A0", buyer="@SUM(1+1)", buyer_id="odd", description="+1 and -1",
                    buyers=(HEALTH,)),
    ]  # fmt: skip


def judged(one: Opportunity) -> Opportunity:
    """Return an opportunity with what it shows about the Code."""
    return msgspec.structs.replace(one, findings=findings_of(one))


def fill(path: Path, found: list[Opportunity] | None = None, settings: Settings | None = None) -> None:
    """Write opportunities, their events and sightings, and the health of two sources into `public.db` at `path`."""
    area = (settings or settings_in(path.parent)).area
    with closing(open_public(path)) as db, transaction(db):
        for one in found if found is not None else map(judged, everything()):
            store(db, one, area, NOW)
            write_events(db, one, [Happening(EventType.NEW)], one.published_at or NOW, silent=True)
            _write_sightings(db, one)
        write_source(db, "find-a-tender", "Find a Tender", last_success=NOW - timedelta(hours=2))
        if found is None:
            _write_story(db)


def write_source(db: sqlite3.Connection, id: str, title: str, *, last_success: datetime | None) -> None:
    """Write a source's health: working, or failing since its last success."""
    state = "working" if last_success and NOW - last_success < timedelta(days=1) else "failing"
    db.execute(
        "insert or replace into source (id, title, home, licence, state, since, last_run, last_success, next_run, "
        "notices, unreadable, message) values (?, ?, 'https://notices.example', 'Open Government Licence v3.0', ?, ?, "
        "?, ?, ?, 1459, 2, ?)",
        (id, title, state, stamp(NOW - timedelta(days=9)), stamp(NOW), stamp(last_success) if last_success else None,
         stamp(NOW + timedelta(hours=1)), None if state == "working" else "The portal shows a login form."),
    )  # fmt: skip


def _write_sightings(db: sqlite3.Connection, one: Opportunity) -> None:
    published = one.published_at or NOW
    for key in one.notices:
        db.execute(
            "insert into notice (source, key, opportunity, form, form_name, title, link, published_at, effect) "
            "values (?, ?, ?, 'UK4', 'Tender notice', ?, ?, ?, 'open')",
            (one.source, key, one.id, one.title, one.link, stamp(published)),
        )
        db.execute(
            "insert into sighting (source, key, first_seen, last_seen) values (?, ?, ?, ?)",
            (one.source, key, stamp(published + timedelta(minutes=40)), stamp(NOW)),
        )
    for ocid in one.ocids:
        db.execute("insert into process (key, opportunity) values (?, ?)", (ocid, one.id))


def _write_story(db: sqlite3.Connection) -> None:
    """An opportunity that was merged into the first."""
    db.execute("insert into redirect (id, opportunity) values ('tb-99', 'tb-1')")


def _change(field: str, old: str | None, new: str | None) -> Change:
    return Change(field, old, new, days(-3), "000001-2026")


def many(count: int) -> list[Opportunity]:
    """Return `count` open opportunities with varied words, kinds, values, districts and dates."""
    nouns = ("care", "transport", "housing", "youth work", "advice", "food", "heritage", "sport", "training", "repairs")
    places = ("stroud", "cotswold", "gloucester", "cheltenham", "tewkesbury", "forest-of-dean")
    kinds = (Kind.CONTRACT, Kind.GRANT, Kind.CONTRACT, Kind.FRAMEWORK)
    themes = ("carers", "transport", "food", "rural", "mental-health", "older-people", "faith")
    return [
        opportunity(
            number, f"{nouns[number % 10].capitalize()} services number {number} for {places[number % 6]}",
            kind=kinds[number % 4], districts=(places[number % 6],), themes=(themes[number % 7],),
            value=float(number * 10) if number % 3 else None, closes_at=days(1 + number % 90),
            stage=Stage.OPEN if number % 3 else Stage.AWARDED, vcse_suitable=number % 5 == 0 or None,
            reach=(Reach.LOCAL, Reach.REGIONAL, Reach.NATIONAL)[number % 3],
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
