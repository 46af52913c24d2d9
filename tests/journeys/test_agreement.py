"""What you search is what you are sent: command line, site and matcher agree on every criteria (promise 4)."""

import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.conditions import Conditions
from schedules.website import build_app
from tenderbell.cli import cli
from tenderbell.compiling import compile_archive
from tenderbell.criteria import Criteria
from tenderbell.notice import Lot, Money, Notice, Organisation, Subject
from tenderbell.public import memory_public, read_public
from tenderbell.vocabulary import Effect, Kind, Reach, Stage
from tests.tenderbell.notices import LEEDS, NOW, STROUD, keep, notice, settings_in

CASES = 300 if os.environ.get("CI") else 1_000
WORDS = (
    "carers", "Carer’s", "young", "café", "SEND", "send", "CAMHs", "CAMHS", "co-producing", "advice", "Stroud", "youth",
    "000007-2026", "DN805831", "grant", "careers",
)  # fmt: skip
JOINTS = (*WORDS, "OR", "-young", '"young carers"', '-"young carers"', '"SEND', "“advice”", "-", "*", "NEAR(", "zebra")
CPV = ("85000000", "85312000", "85312100", "45000000", "90700000-4", "853", "9", "carers")
BUYERS = (
    STROUD,
    LEEDS,
    Organisation("Cheltenham Borough Council", ids=("GB-PPON-PYYL-2725-ZJVP",), roles=("buyer",)),
)


def world() -> Iterator[Notice]:
    """Yield notices of sixty processes, varied in everything that a search can ask for; always the same ones."""
    dice = random.Random(3311)
    for number in range(1, 61):
        closes = NOW + timedelta(days=dice.randint(-20, 60), minutes=dice.choice((0, 30)))
        yield notice(
            number,
            dice.choice(
                (Effect.OPEN, Effect.OPEN, Effect.OPEN, Effect.ENGAGE, Effect.PLAN, Effect.AWARD, Effect.CLOSE)
            ),
            process=f"ocds-h6vhtk-{number:06}",
            published_at=datetime(2026, 3, 1, 10, tzinfo=UTC) - timedelta(hours=7 * number),
            title=" ".join(dice.sample(WORDS, 3)),
            description=" ".join(dice.choices(WORDS, k=8)) if dice.random() < 0.8 else None,
            buyers=(dice.choice(BUYERS),),
            delivery_regions=dice.choice(((), ("UK",), ("UKK",), ("UKK13",))),
            closes_at=closes if dice.random() < 0.8 else None,
            value=Money(gross=dice.choice((500.0, 5_000.0, 25_000.0, 1e6))) if dice.random() < 0.6 else None,
            kind=dice.choice((None, Kind.GRANT, Kind.LOAN)),
            subjects=tuple(
                Subject(code, "SEND services" if code == CPV[3] else "Health") for code in dice.sample(CPV[:4], 2)
            ),
            lots=(Lot("1", dice.choice(WORDS), vcse_suitable=dice.choice((None, True, False))),),
            references=("DN805831",) if number % 9 == 0 else (),
        )


def criteria() -> st.SearchStrategy[str]:
    """Query strings that ask for anything: what exists, what does not, and what makes no sense."""
    values = {
        "q": st.lists(st.sampled_from(JOINTS), min_size=1, max_size=5).map(" ".join) | st.text(max_size=20),
        "kind": st.sampled_from([*Kind, "penguin"]),
        "stage": st.sampled_from([*Stage, "penguin"]),
        "reach": st.sampled_from([*Reach, "moon"]),
        "theme": st.sampled_from(["carers", "mental-health", "health-wellbeing", "nothing"]),
        "cpv": st.sampled_from(CPV),
        "buyer": st.sampled_from(["stroud-district-council", "gb-ppon-aaaa-1111-bbbb", "nobody"]),
        "district": st.sampled_from(["stroud", "cheltenham", "E07000082", "gloucestershire", "atlantis"]),
        "value_min": st.sampled_from(["0", "5000", "£25k", "lots", "1e9999"]),
        "value_max": st.sampled_from(["499.99", "5000", "1m", "-1"]),
        "value": st.sampled_from(["unknown", "known"]),
        "closes_after": st.sampled_from(["2026-03-20", "2026-04-01", "2026-13-01"]),
        "closes_before": st.sampled_from(["2026-04-01", "2026-05-01", "soon"]),
        "notice_days_min": st.sampled_from(["0", "28", "92", "many"]),
        "vcse": st.sampled_from(["1", "0"]),
        "source": st.sampled_from(["find-a-tender", "elsewhere"]),
        "colour": st.just("green"),
    }
    pairs = st.sampled_from(sorted(values)).flatmap(lambda name: st.tuples(st.just(name), values[name]))
    return st.lists(pairs, max_size=5).map(lambda chosen: str(httpx.QueryParams(chosen)))


class Searchers:
    """The same public database, asked in the three ways in which people ask it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = settings_in(folder)
        keep(self.settings, *world())
        compile_archive(self.settings)
        monkeypatch.setenv("TENDERBELL_DATA", str(folder))
        monkeypatch.setenv("TENDERBELL_NOW", NOW.isoformat())
        self.public = read_public(self.settings.public_path)
        self.ids = dict(self.public.execute("select number, id from opportunity").fetchall())
        self.conditions = Conditions(copy_of(self.public), NOW)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(build_app(self.settings)), base_url="http://127.0.0.1:8001"
        )

    def terminal(self, query: str) -> set[str]:
        """Ask `tenderbell search`."""
        result = CliRunner().invoke(cli, ["search", "--criteria", query, "--all", "--json"], catch_exceptions=False)
        return {found["id"] for found in json.loads(result.stdout)["opportunities"]}

    def matcher(self, query: str) -> set[str]:
        """Ask what a profile of this search would be told of."""
        profile = Criteria.parse(query).canonical(profile=True)
        return {self.ids[number] for number in self.conditions.numbers(self.conditions.mask(profile))}

    async def site(self, query: str) -> set[str]:
        """Ask the website, page by page."""
        found: set[str] = set()
        pairs = [pair for pair in Criteria.parse(query).pairs() if pair[0] != "page"]
        for page in range(1, 10):
            answer = await self.client.get("/opportunities.json", params=[*pairs, ("page", str(page))])
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found |= {item["id"] for item in body["opportunities"]}
            if len(found) >= body["total"]:
                break
        return found


def copy_of(public: sqlite3.Connection) -> sqlite3.Connection:
    memory = memory_public()
    for table in ("opportunity", "opportunity_text", "opportunity_tag"):
        for row in public.execute(f"select * from {table}"):
            memory.execute(f"insert into {table} values ({', '.join('?' * len(row))})", tuple(row))
    return memory


@pytest.fixture(scope="module")
def searchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searchers]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        found = Searchers(tmp_path_factory.mktemp("agreement"), monkeypatch)
        yield found
        with closing(found.public):
            pass


def test_the_world_has_something_of_everything(searchers: Searchers) -> None:
    assert len(searchers.ids) >= 50
    for query in ("q=SEND", "kind=grant", "stage=closed", "stage=engagement", "reach=national", "vcse=1", "cpv=853"):
        assert 0 < len(searchers.matcher(query)) < len(searchers.ids), query


@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=criteria())
@pytest.mark.asyncio
async def test_terminal_site_and_matcher_agree_on_any_criteria(searchers: Searchers, query: str) -> None:
    expected = searchers.matcher(query)
    assert searchers.terminal(query) == expected
    assert await searchers.site(query) == expected
