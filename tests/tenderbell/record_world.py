"""An invented county's adverts over three years, for the tests of the record: small enough to count by hand."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tenderbell.area import load_area
from tenderbell.clock import stamp
from tenderbell.code import findings_of
from tenderbell.compiling.writing import store
from tenderbell.database import transaction
from tenderbell.notice import Organisation
from tenderbell.opportunity import Change, Opportunity
from tenderbell.public import open_public
from tenderbell.vocabulary import Kind, Reach, Stage

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
AREA = load_area("gloucestershire")
STROUD = Organisation("Stroud District Council", roles=("buyer",))
TOWN = Organisation("Wallbrook Town Council", roles=("buyer",))
HOSTILE = "=HYPERLINK(\"x\")<script>alert(1)</script> & 'co'"


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, 0, tzinfo=UTC)


def advert(number: int, published: datetime, days: int | None, **facts: Any) -> Opportunity:
    """Return a local contract of Stroud's, published then and open for so many days (None: no deadline)."""
    closes = None if days is None else published + timedelta(days=days)
    usual: dict[str, Any] = {
        "id": f"tb-{number}", "number": number, "title": f"Service number {number}", "source": "find-a-tender",
        "kind": Kind.CONTRACT, "stage": Stage.OPEN, "reach": Reach.LOCAL, "published_at": published,
        "updated_at": published, "closes_at": closes, "notice_days": days, "buyer": STROUD.name,
        "buyer_id": "stroud-district-council", "buyers": (STROUD,), "districts": ("stroud",), "themes": ("carers",),
        "notices": (f"{number:06}-2026",), "sources": ("find-a-tender",),
    }  # fmt: skip
    found = Opportunity(**{**usual, **facts})
    return msgspec.structs.replace(found, findings=findings_of(found))


def moved(by: int) -> tuple[Change, ...]:
    old, new = noon(2026, 1, 1), noon(2026, 1, 1) + timedelta(days=by)
    return (Change("closes_at", stamp(old), stamp(new), old, "000001-2026"),)


def county() -> list[Opportunity]:
    """2026: seven adverts of which five have days (14, 30, 30, 60, 95), one rolling grant, one dynamic market; an early
    notice, an award without an advert, a regional advert. 2025: two adverts. 2024: nothing. 2023: one."""
    charity = Organisation("Wallbrook Carers", roles=("supplier",), vcse=True)
    firm = Organisation("Wallbrook Services Ltd", roles=("supplier",), vcse=False)
    given = {"stage": Stage.AWARDED, "suppliers": (charity,), "awarded_at": noon(2026, 6, 1)}
    return [
        advert(1, noon(2023, 5, 2), 40, awarded_at=noon(2025, 1, 9), stage=Stage.AWARDED, suppliers=(firm,)),
        advert(2, noon(2025, 2, 3), 100, quality_percent=60.0, cost_percent=40.0),
        advert(3, datetime(2025, 12, 31, 23, 59, tzinfo=UTC), 20),
        advert(4, datetime(2026, 1, 1, 0, 0, tzinfo=UTC), 14, quality_percent=70.0, cost_percent=30.0),
        advert(5, noon(2026, 2, 2), 30, changes=moved(7), themes=()),
        advert(6, noon(2026, 3, 2), 30, kind=Kind.GRANT, districts=()),
        advert(7, noon(2026, 4, 1), 60, buyer=TOWN.name, buyer_id="wallbrook-town-council", buyers=(TOWN,)),
        advert(8, noon(2026, 5, 1), 95, **given),
        advert(9, noon(2026, 5, 2), None, kind=Kind.GRANT, rolling=True, themes=("carers", "food")),
        advert(10, noon(2026, 5, 3), 300, kind=Kind.DYNAMIC_MARKET),
        advert(11, noon(2026, 6, 1), None, stage=Stage.PLANNED),
        advert(12, noon(2026, 6, 2), None, stage=Stage.AWARDED, suppliers=(firm,), awarded_at=noon(2026, 6, 2)),
        advert(13, noon(2026, 7, 1), 10, reach=Reach.REGIONAL),
        advert(14, noon(2026, 7, 2), None, stage=Stage.AWARDED, awarded_at=noon(2026, 7, 2), buyer=None,
               buyer_id=None, buyers=()),
        advert(15, noon(2026, 8, 1), 33, buyer=HOSTILE, buyer_id="odd", title=HOSTILE,
               buyers=(Organisation(HOSTILE, roles=("buyer",)),), reach=Reach.NATIONAL),
    ]  # fmt: skip


def fill(path: Path, found: list[Opportunity] | None = None) -> None:
    """Write opportunities and a notice of each into `public.db` at `path`."""
    with closing(open_public(path)) as db, transaction(db):
        for one in county() if found is None else found:
            store(db, one, AREA, NOW)
            db.execute(
                "insert into notice (source, key, opportunity, published_at) values (?, ?, ?, ?)",
                (one.source, one.notices[0], one.id, stamp(one.published_at or NOW)),
            )
        db.execute(
            "insert into source (id, title, state, notices, unreadable) "
            "values ('find-a-tender', 'Find a Tender', 'working', 15, 2)"
        )
