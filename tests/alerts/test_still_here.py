"""The word after a month without news: only to who asked, once, and never beside news."""

from datetime import date

import pytest

from alerts import letters, profiles, still_here, subjects
from alerts.digests import build
from alerts.matching import match
from tenderbell.vocabulary import Frequency
from tests.alerts.world import Mail, World, london


def wanting(world: World, query: str = "q=roof") -> profiles.Profile:
    """Subscribe on 4 November and ask for a word in months without news."""
    profile = world.subscribe(query, Frequency.DAILY)
    world.publish("unheard", title="Carers", silent=True)
    with world.private() as db:
        db.execute("update profile set still_here = 1")
    return profile


def words(world: World) -> list[Mail]:
    letters.write(world.settings)
    rows = world.rows(
        "select content from outbox join body on body.outbox = outbox.id where sort = 'still-here' "
        "and state <> 'withdrawn' order by id"
    )
    return [Mail(row["content"]) for row in rows]


def test_it_comes_once_at_half_past_eight_on_the_first_after_a_whole_month(world: World) -> None:
    wanting(world)
    world.now = london(date(2026, 12, 1), 9)
    assert words(world) == [], "November was not whole: it was confirmed on the fourth"
    world.now = london(date(2027, 1, 1), 8, 29)
    assert words(world) == []
    world.now = london(date(2027, 1, 1), 8, 30)
    for _ in range(3):
        [mail] = words(world)
        world.wait(hours=12)
    assert mail.subject == "Still here: nothing for your search in December"
    assert "We found nothing to tell you for your search in December 2026." in " ".join(mail.text.split())
    assert mail.text_links == mail.html_links
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    world.now = london(date(2027, 2, 1), 9)
    assert len(words(world)) == 2


@pytest.mark.parametrize(("day", "count"), [(7, 1), (8, 1), (9, 0), (31, 0)])
def test_a_run_that_was_missed_is_made_good_within_a_week(world: World, day: int, count: int) -> None:
    wanting(world)
    world.now = london(date(2027, 1, day), 8)
    assert len(words(world)) == count


def test_who_did_not_ask_or_had_news_or_paused_or_left_gets_none(world: World) -> None:
    world.subscribe("q=silence", address="bob@example.org")
    profile = wanting(world, "q=carers")
    with world.private() as db:
        db.execute("update profile set still_here = id = ?", (profile.id,))
    world.now = london(date(2026, 12, 14), 7)
    world.publish("a", title="Carers")
    match(world.settings)
    world.now = london(date(2026, 12, 14), 9)
    assert build(world.settings).digests == 1
    world.now = london(date(2027, 1, 1), 9)
    assert words(world) == []
    world.now = london(date(2027, 2, 1), 8)
    with world.private() as db:
        profiles.pause(db, world.manage_token(profile), profile.id, date(2027, 2, 20), world.now)
    world.now = london(date(2027, 2, 1), 9)
    assert words(world) == []


def test_a_word_that_waits_is_withdrawn_when_the_search_ends_and_erased_with_the_person(world: World) -> None:
    profile = wanting(world)
    world.now = london(date(2027, 1, 1), 9)
    assert len(words(world)) == 1
    with world.private() as db:
        assert profiles.end_profile(db, world.manage_token(profile), profile.id, world.now)
    assert words(world) == []
    with world.private() as db:
        assert subjects.erase(db, "ann@example.org")
        assert "ann@" not in "\n".join(db.iterdump())


def test_the_month_is_a_uk_month_on_clock_change_too() -> None:
    due = still_here.due(london(date(2026, 4, 1), 8, 30))
    assert due is not None
    assert (due.name, due.first, due.after) == ("2026-03", date(2026, 3, 1), date(2026, 4, 1))
    assert still_here.due(london(date(2026, 4, 1), 8, 29)) is None
