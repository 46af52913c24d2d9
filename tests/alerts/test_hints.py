"""What the form advises when a search would send too much or too little, with the number that each change finds."""

from datetime import timedelta

import pytest

from alerts import backtest as backtests
from alerts.backtest import backtest
from alerts.hints import Fit, Hints, hints, related_words
from tenderbell.criteria import Criteria
from tenderbell.looking import tally
from tests.alerts.world import World


def advice(world: World, query: str) -> Hints:
    criteria = Criteria.parse(query)
    with world.public() as db:
        trial = backtest(db, criteria, world.now)
        found = hints(db, criteria, trial, world.settings.area, world.now)
        for hint in (*found.without, *found.only, *found.related):
            assert hint.found == tally(db, hint.criteria, world.now)
    return found


@pytest.fixture
def county(world: World) -> World:
    """Four halls in Stroud and one carers' group, published over some weeks."""
    for number in range(4):
        world.publish(f"hall-{number}", silent=True, title="Village hall roof", districts=("stroud",),
                      published_at=world.now - timedelta(days=number * 9))  # fmt: skip
    world.publish("carers", silent=True, title="Young carers respite", themes=("carers",),
                  published_at=world.now - timedelta(days=3))  # fmt: skip
    return world


def test_what_is_about_right_is_left_alone(county: World) -> None:
    assert advice(county, "q=hall") == Hints(Fit.RIGHT)


def test_too_little_is_told_which_word_or_filter_hides_most(county: World) -> None:
    found = advice(county, "q=hall+carers&district=stroud")
    assert (found.fit, found.found.total) == (Fit.NARROW, 0)
    assert [(hint.words, hint.found.total) for hint in found.without] == [
        ("“hall carers”", 5), ("“carers”", 4), ("“hall”", 1),
    ]  # fmt: skip
    # What covers the whole county is found in each district (ruling 17), so the carers are too.


def test_too_little_is_told_the_theme_and_the_words_that_belong_to_it(county: World) -> None:
    found = advice(county, "q=unpaid+carers&stage=open")
    assert ("the theme Carers", 1) in [(hint.words, hint.found.total) for hint in found.related]
    assert related_words(("carer", "(a|b) carer", "respite", "short break", "sitting service", "x"), "respite") == [
        "carer", "short break", "sitting service",
    ]  # fmt: skip


def test_too_much_is_told_what_to_ask_for_only(county: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "MOST_ROWS", 3)
    found = advice(county, "q=hall+OR+carers")
    assert found.fit is Fit.WIDE
    assert ("“carers”", 1) in [(hint.words, hint.found.total) for hint in found.only]
    assert all(hint.found.total < found.found.total for hint in found.only)


@pytest.mark.parametrize(
    "hostile", ['q="', "q=%27%3B+drop+table+event%3B--", "theme=nonsense&q=%3Cscript%3E", "q=a:b*"]
)
def test_hostile_words_are_advised_on_like_any_others(county: World, hostile: str) -> None:
    assert advice(county, hostile).fit in Fit
