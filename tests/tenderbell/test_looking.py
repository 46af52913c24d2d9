"""A page looks at a few rows, and says what the whole search would say."""

import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderbell import looking
from tenderbell.clock import stamp
from tenderbell.criteria import Criteria
from tenderbell.looking import BUYER, FACETS, look, tally
from tenderbell.public import memory_public
from tenderbell.search import search
from tests.tenderbell.shelf import put

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
WORDS = ("care", "young", "road", "SEND", "help", "music")
THEMES = ("carers", "rural", "food")
DISTRICTS = ("stroud", "cotswold", "e07000082")
QUERIES = st.lists(
    st.sampled_from(
        [f"q={word}" for word in (*WORDS, "-road", "care OR road", "-SEND", '"young care"', "SEND OR road", "none")]
        + [f"kind={kind}" for kind in ("grant", "contract", "unclear", "present")]
        + [f"stage={stage}" for stage in ("open", "closed", "awarded", "planned")]
        + [f"theme={theme}" for theme in THEMES] + [f"district={district}" for district in DISTRICTS]
        + [f"reach={reach}" for reach in ("local", "national")] + ["source=s1", "source=s2", "buyer=b1", "cpv=85"]
        + ["vcse=1", "vcse=0", "value_min=300", "value_max=500", "value=unknown", "notice_days_min=20"]
        + ["closes_before=2026-04-10", "closes_after=2026-04-05", "closes_after=2027-01-01"]
    ),
    max_size=6,
)  # fmt: skip
CHOICES = (
    ("kind", "grant"), ("stage", "open"), ("stage", "closed"), ("reach", "local"), ("vcse", "1"), ("theme", "carers"),
    ("district", "stroud"), ("source", "s1"), ("buyer", "b1"),
)  # fmt: skip


@pytest.fixture(scope="module")
def shelf() -> sqlite3.Connection:
    db, dice = memory_public(), random.Random(3)
    for number in range(1, 301):
        tags = {("source", dice.choice(("s1", "s2"))), ("cpv", dice.choice(("85310000", "45000000")))}
        tags |= {("theme", theme) for theme in THEMES if dice.random() < 0.4}
        tags |= {("district", district) for district in DISTRICTS if dice.random() < 0.4}
        tags |= {("buyer", "b1")} if dice.random() < 0.3 else set()
        put(
            db, number, " ".join(dice.choices(WORDS, k=3)), " ".join(dice.choices(WORDS, k=4)), tags=tags,
            kind=dice.choice(("grant", "contract", "contract", "unclear")),
            stage=dice.choice(("open", "open", "awarded", "planned", "closed")),
            reach=dice.choice(("local", "local", "national", "unstated")),
            closes_at=dice.choice((None, stamp(NOW + timedelta(hours=dice.randint(-300, 300))))),
            value=dice.choice((None, float(dice.randint(1, 900)))), notice_days=dice.choice((None, 10, 30)),
            vcse_suitable=dice.choice((None, 0, 1)), reserved_vcse=dice.choice((0, 0, 1)),
        )  # fmt: skip
    return db


@pytest.fixture(scope="module", params=[False, True], ids=["all are looked at", "a few are looked at"])
def few(request: pytest.FixtureRequest) -> Iterator[bool]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param:
            for name, most in (("LOOKED_AT", 60), ("GLANCED_AT", 20), ("TALLIED", 40), ("FEW", 5), ("COUNTED", 90)):
                patch.setattr(looking, name, most)
        yield bool(request.param)


@settings(max_examples=200)
@given(QUERIES, st.sampled_from(("", "newest", "closing", "value")), st.integers(0, 3))
def test_a_look_shows_the_page_that_the_search_has(
    shelf: sqlite3.Connection, few: bool, asked: list[str], sort: str, page: int
) -> None:
    criteria = Criteria.parse("&".join([*asked, f"sort={sort}"]).replace(" ", "+"))
    whole = search(shelf, criteria, NOW, limit=20, offset=20 * page)
    seen = look(shelf, criteria, NOW, limit=20, offset=20 * page)
    ranked = few and not sort and criteria.q
    beyond = few and 20 * page >= looking.COUNTED
    if ranked:
        assert len(seen.numbers) == len(whole.numbers)
    elif not beyond:
        assert seen.numbers == whole.numbers
    assert seen.tally.total <= whole.total
    assert seen.tally.more or seen.tally.total == whole.total
    assert few or not seen.tally.more


@settings(max_examples=150)
@given(QUERIES)
def test_a_choice_counts_what_the_search_with_that_choice_finds(
    shelf: sqlite3.Connection, few: bool, asked: list[str]
) -> None:
    criteria = Criteria.parse("&".join(asked).replace(" ", "+"))
    seen = look(shelf, criteria, NOW)
    assert set(seen.facets) == {*FACETS, BUYER}
    for field, value in CHOICES:
        chosen = criteria.having(**{field: value if field == "vcse" else (value,)})
        exact = search(shelf, chosen, NOW, limit=0).total
        found = seen.facets[field].get(value, looking.Tally(0, few))
        assert found.total == exact or (found.more and found.total <= exact), (field, value)
        assert few or not found.more
    assert tally(shelf, criteria, NOW).total <= search(shelf, criteria, NOW, limit=0).total


def test_what_is_looked_at_follows_every_change_of_a_row_and_of_its_tags() -> None:
    db = memory_public()
    put(db, 1, "A thing", tags={("theme", "carers"), ("district", "stroud"), ("source", "s1"), ("theme", "rural")})
    db.execute("update opportunity set kind = 'contract', closes_at = '2026-04-02T00:00:00Z' where number = 1")
    db.execute("delete from opportunity_tag where value = 'carers'")
    row = db.execute("select kind, closes_at, themes, districts, sources from opportunity_fact").fetchone()
    assert tuple(row) == ("contract", "2026-04-02T00:00:00Z", "rural", "stroud", "s1")
    db.execute("delete from opportunity where number = 1")
    assert db.execute("select count(*) from opportunity_fact").fetchone()[0] == 0


def test_many_pages_of_ranked_hits_show_every_one_once(shelf: sqlite3.Connection, few: bool) -> None:
    criteria = Criteria.parse("q=care")
    total = search(shelf, criteria, NOW, limit=0).total
    pages = [look(shelf, criteria, NOW, limit=20, offset=at).numbers for at in range(0, min(total, 80), 20)]
    found = [number for page in pages for number in page]
    assert len(found) == len(set(found)) == min(total, 80)
