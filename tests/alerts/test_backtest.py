"""What a backtest says that the last 90 days would have sent is what the matcher and the digests then sent."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import backtest as backtests
from alerts.backtest import SPAN, Backtest, Basis, backtest
from alerts.digests import build
from alerts.matching import match
from alerts.recording import NEW
from tenderbell.clock import UK, stamp
from tenderbell.criteria import Criteria
from tenderbell.vocabulary import Frequency, Kind, Stage
from tests.alerts.world import World

WORDS = ("carers", "hall", "roof", "young", "SEND", "transport")
SEARCHES = (
    "", "stage=open", "q=carers", "q=carers+OR+roof&stage=open", "kind=grant&stage=open", "q=-hall", "q=SEND",
    "stage=planned&stage=engagement", "value_min=1000&stage=open", "value=unknown", "closes_before=2026-12-31",
    "closes_after=2027-01-01&stage=open", "theme=carers", "stage=awarded", "stage=open&stage=awarded&q=young",
    "q=hall&value_max=5k", "q='; drop table event; --", "q=\"><script>", "buyer=nobody", "stage=nonsense",
)  # fmt: skip


def trial_of(world: World, query: str, **options: bool) -> Backtest:
    with world.public() as db:
        return backtest(db, Criteria.parse(query), world.now, **options)


def had_events_before(world: World) -> None:
    """Let the site have watched for longer than 90 days: something old that no search here finds open."""
    world.now -= timedelta(days=100)
    world.publish("ancient", title="ancient", stage=Stage.CLOSED, closes_at=None)
    world.now += timedelta(days=100)


def live_on(world: World, dice: random.Random, days: int, *, hours: int = 24) -> None:
    """Let things be published and changed for so many days, the matcher running after each compilation."""
    end = world.now + timedelta(days=days)
    known: list[str] = []
    while world.now + timedelta(hours=hours) < end:
        world.wait(hours=dice.randint(1, hours), minutes=dice.randint(0, 59))
        for _ in range(dice.randint(0, 2)):
            id = f"opp-{len(known)}" if not known or dice.random() < 0.5 else dice.choice(known)
            world.publish(id, silent=dice.random() < 0.1, **_facts(world, dice, is_new=id not in known))
            known = [*dict.fromkeys([*known, id])]
        match(world.settings)
    world.now = end


def _facts(world: World, dice: random.Random, *, is_new: bool) -> dict[str, Any]:
    later = world.now + timedelta(days=dice.randint(1, 60))
    if is_new:
        stage = dice.choice([Stage.OPEN, Stage.OPEN, Stage.PLANNED, Stage.ENGAGEMENT, Stage.AWARDED])
        return {
            "title": " ".join(dice.sample(WORDS, 2)),
            "kind": dice.choice([Kind.GRANT, Kind.CONTRACT]),
            "stage": stage,
            "closes_at": later if stage is Stage.OPEN else None,
            "value": dice.choice([None, 500.0, 2_000.0, 1e6]),
            "themes": dice.choice([(), ("carers",)]),
        }
    return dice.choice(
        [
            {"stage": Stage.OPEN, "closes_at": later},
            {"value": dice.choice([None, 500.0, 2_000.0])},
            {"stage": Stage.CANCELLED},
            {"stage": Stage.AWARDED},
        ]
    )


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_it_finds_what_the_matcher_told_in_those_days(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    dice = random.Random(seed)
    world = World(tmp_path_factory.mktemp("days"))
    had_events_before(world)
    for number in range(3):
        world.publish(f"before-{number}", **_facts(world, dice, is_new=True))
    profiles = {query: world.subscribe(query, address=f"p{n}@example.org") for n, query in enumerate(SEARCHES)}
    live_on(world, dice, SPAN.days, hours=200)
    for query, profile in profiles.items():
        rows = world.rows("select opportunity, matched_at from match where profile = ? and type = ?", profile.id, NEW)
        found = trial_of(world, query)
        assert (found.basis, found.whole) == (Basis.EVENTS, True)
        assert sorted((one.opportunity, one.at) for one in found.told) == sorted(tuple(row) for row in rows), query


@pytest.mark.parametrize("frequency", Frequency)
def test_it_counts_the_e_mails_that_were_sent(world: World, frequency: Frequency) -> None:
    had_events_before(world)
    world.subscribe("stage=open", frequency)
    dice, end = random.Random(5), world.now + SPAN
    known: list[str] = []
    while world.now < end - timedelta(days=8):
        _wait(world, frequency, dice.choice([5, 10, 20, 600, 4500, 9000]))
        id = f"opp-{len(known)}" if not known or dice.random() < 0.6 else dice.choice(known)
        world.publish(id, closes_at=world.now + timedelta(days=100 + dice.randint(1, 30)))
        known = [*dict.fromkeys([*known, id])]
        match(world.settings)
    _wait(world, frequency, int((end - world.now) / timedelta(minutes=1)))
    found = trial_of(world, "stage=open")
    assert found.emails[frequency] == len(world.outbox()) > 3
    assert len(found.told) == len(known)


def _wait(world: World, frequency: Frequency, minutes: int) -> None:
    """Let so many minutes pass, building what is due; of instant e-mails nothing is due an hour after an event."""
    for passed in range(5, minutes + 1, 5):
        world.wait(minutes=5)
        if passed <= 60 if frequency is Frequency.INSTANT else _is_time(world.now):
            build(world.settings)


def _is_time(now: datetime) -> bool:
    local = now.astimezone(UK)
    return (local.hour, local.minute) == (8, 30)


def test_a_young_site_goes_by_the_day_of_publication(world: World) -> None:
    for number, days in enumerate((200, 89, 40, 1)):
        published = world.now - timedelta(days=days)
        facts = {"published_at": published, "closes_at": published + timedelta(days=20)}
        world.publish(f"opp-{number}", silent=True, **facts)
    world.publish("awarded", silent=True, published_at=world.now - timedelta(days=50), stage=Stage.AWARDED,
                  closes_at=world.now - timedelta(days=30))  # fmt: skip
    world.publish("planned", silent=True, published_at=world.now - timedelta(days=50), stage=Stage.PLANNED,
                  closes_at=None)  # fmt: skip
    found = trial_of(world, "stage=open")
    assert found.basis is Basis.PUBLICATION
    assert [one.opportunity for one in found.told] == ["opp-3", "opp-2", "awarded", "opp-1"]
    assert found.emails == {Frequency.INSTANT: 4, Frequency.DAILY: 4, Frequency.WEEKLY: 4}
    assert len(trial_of(world, "").told) == 5


def test_what_is_too_much_to_count_is_counted_since_a_day_that_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtests, "MOST_ROWS", 10)
    had_events_before(world)
    for number in range(40):
        world.wait(days=2)
        world.publish(f"opp-{number}")
    found = trial_of(world, "")
    assert not found.whole
    assert [one.opportunity for one in found.told] == [f"opp-{number}" for number in range(39, 30, -1)]
    assert (found.days, found.since) == (18, world.now - timedelta(days=18))


def test_what_was_open_when_the_days_began_is_no_news_and_its_changes_are_e_mails(world: World) -> None:
    had_events_before(world)
    world.publish("old", closes_at=world.now + timedelta(days=80))
    world.wait(days=30)
    world.publish("old", closes_at=world.now + timedelta(days=85))
    world.wait(days=60)
    found = trial_of(world, "stage=open")
    assert (found.told, found.emails[Frequency.DAILY]) == ((), 1)


def test_awards_are_e_mails_only_for_who_wants_them(world: World) -> None:
    had_events_before(world)
    world.wait(days=20)
    world.publish("opp")
    world.wait(days=20)
    world.publish("opp", stage=Stage.AWARDED)
    world.wait(days=20)
    assert trial_of(world, "stage=open").emails[Frequency.WEEKLY] == 1
    assert trial_of(world, "stage=open", awards=True).emails[Frequency.WEEKLY] == 2


def test_weeks_end_by_a_uk_clock_when_the_clocks_change(tmp_path: Path) -> None:
    world = World(tmp_path, now=datetime(2026, 10, 1, 9, tzinfo=UTC))
    had_events_before(world)
    monday = datetime(2026, 10, 26, 8, 30, tzinfo=UTC)
    for number, moment in enumerate((monday - timedelta(minutes=1), monday, monday + timedelta(days=6))):
        world.now = moment
        world.publish(f"opp-{number}", closes_at=moment + timedelta(days=200))
    world.now = monday + timedelta(days=20)
    world.publish("late")
    assert trial_of(world, "").emails[Frequency.WEEKLY] == 3
    with world.public() as db:
        assert backtest(db, Criteria(), world.now).told[0].opportunity == "late"


def test_an_empty_site_would_have_sent_nothing(world: World) -> None:
    found = trial_of(world, "q=carers")
    assert (found.told, set(found.emails.values()), found.whole) == ((), {0}, True)


def test_what_was_merged_counts_once_under_the_name_that_it_has(world: World) -> None:
    had_events_before(world)
    world.wait(days=10)
    world.publish("kept")
    with world.public() as db:
        db.execute("insert into redirect (id, opportunity) values ('gone', 'kept')")
        db.execute(
            "insert into event (opportunity, type, at, noticed_at, silent) values ('gone', 'revised', ?, ?, 0)",
            (stamp(world.now), stamp(world.now + timedelta(days=1))),
        )
    world.wait(days=2)
    for query in ("", "kind=grant"):
        assert [one.opportunity for one in trial_of(world, query).told] == ["kept"]
