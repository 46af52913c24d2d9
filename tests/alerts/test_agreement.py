"""What you search is what you are sent (promise 4)."""

import os
import re
from collections import Counter
from contextlib import closing

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.conditions import Conditions
from alerts.digests import build
from alerts.matching import match
from alerts.tokens import Scope
from tenderbell.area import load_area
from tenderbell.clock import stamp
from tenderbell.compiling.events import Happening
from tenderbell.compiling.writing import store, write_events
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.opportunity import Opportunity
from tenderbell.public import memory_public
from tenderbell.search import search
from tenderbell.vocabulary import LIVE_STAGES, EventType, Frequency, Kind, Reach, Stage
from tests import strategies
from tests.alerts.world import Mail, World
from tests.bench import worlds

MANY = 100 if os.environ.get("CI") else 500

AREA = load_area("gloucestershire")


@settings(max_examples=MANY)
@given(strategies.collections(), st.lists(strategies.criteria, min_size=5, max_size=5))
@example(
    [],
    [Criteria(q="plain words and more"), Criteria(q="send SEND"), Criteria(), Criteria(q="or"), Criteria(q="a OR b")],
)
def test_the_matcher_finds_what_the_search_finds(published: list[Opportunity], asked: list[Criteria]) -> None:
    with closing(memory_public()) as db:
        for opportunity in published:
            store(db, opportunity, AREA, strategies.NOW)
        conditions = Conditions(db, strategies.NOW)
        for criteria in asked:
            found = search(db, criteria.having(sort="newest"), strategies.NOW, limit=None)
            saved = criteria.canonical(profile=True)
            assert sorted(found.numbers) == list(conditions.numbers(conditions.mask(saved))), saved


@settings(max_examples=MANY)
@given(st.lists(strategies.words, max_size=6).map(" ".join), strategies.opportunities("only", 1))
def test_plain_words_one_by_one_mean_what_they_mean_together(words: str, opportunity: Opportunity) -> None:
    with closing(memory_public()) as db:
        store(db, opportunity, AREA, strategies.NOW)
        conditions = Conditions(db, strategies.NOW)
        found = search(db, Criteria(q=words, sort="newest"), strategies.NOW, limit=None)
        assert bool(found.numbers) == bool(conditions.mask(Criteria(q=words).canonical(profile=True)))


def test_generated_searches_are_told_exactly_the_live_part_of_what_they_find(world: World) -> None:
    world.now = strategies.NOW
    asked = [_some_criteria(seed) for seed in range(40)]
    with world.private() as db, transaction(db):
        db.execute("insert into subscriber values (1, 'ann@example.org', 'ann@example.org', 1, ?)", (stamp(world.now),))
        for saved in {criteria.canonical(profile=True) for criteria in asked}:
            db.execute(
                "insert into profile (subscriber, name, criteria, frequency, watermark, created_at) "
                "values (1, '', ?, ?, 0, ?)",
                (saved, Frequency.DAILY, stamp(world.now)),
            )
    published = [_some_opportunity(number) for number in range(1, 41)]
    with world.public() as db, transaction(db):
        for opportunity in published:
            store(db, opportunity, world.settings.area, world.now)
            write_events(db, opportunity, [Happening(EventType.NEW)], world.now, silent=False)
    match(world.settings)
    live = {opportunity.number for opportunity in published if opportunity.stage_at(world.now) in LIVE_STAGES}
    for profile in world.rows("select id, criteria from profile"):
        told = world.rows("select opportunity from match where profile = ?", profile["id"])
        with world.public() as db:
            found = search(db, Criteria.parse(profile["criteria"]), world.now, limit=None)
        assert {row["opportunity"] for row in told} == {f"opp-{number}" for number in set(found.numbers) & live}


def test_the_e_mail_contains_an_opportunity_exactly_when_the_search_finds_it(world: World) -> None:
    world.now = worlds.NOW
    invented = worlds.World(5)
    saved = [_some_criteria(seed).canonical(profile=True) for seed in range(40)]
    saved += [invented.criteria(AREA).canonical(profile=True) for _ in range(54)]
    saved += ["", "stage=open", "kind=grant", "reach=local", "closes_before=2026-09-15", "value=unknown"]
    published = [invented.opportunity(place, AREA, tuple(Stage)) for place in range(60)]
    published += [msgspec.structs.replace(_some_opportunity(number), buyer="Somebody") for number in range(1, 41)]
    _subscribe_each(world, saved)
    with world.public() as db, transaction(db):
        for opportunity in published:
            store(db, opportunity, AREA, world.now)
            write_events(db, opportunity, [Happening(EventType.NEW)], world.now, silent=False)
    match(world.settings)
    build(world.settings, frequency=Frequency.DAILY)
    live = {one.number: one.id for one in published if one.stage_at(world.now) in LIVE_STAGES}
    letters = {row["subscriber"]: row for row in world.rows("select outbox.id, subscriber, content from outbox "
                                                            "join body on body.outbox = outbox.id")}  # fmt: skip
    pairs = 0
    with world.public() as db:
        for owner, query in enumerate(saved, 1):
            found = search(db, Criteria.parse(query), world.now, limit=None).numbers
            expected = {live[number] for number in found if number in live}
            row = letters.get(owner)
            assert (_told_by(world, row["id"], Mail(row["content"])) if row else set()) == expected, query
            pairs += len(expected)
    assert (len(saved) * len(published), pairs > 500) == (10_000, True)


def _subscribe_each(world: World, saved: list[str]) -> None:
    """Let each search be somebody's, so that no e-mail tells of two."""
    with world.private() as db, transaction(db):
        for owner, criteria in enumerate(saved, 1):
            address = f"p{owner}@example.org"
            db.execute("insert into subscriber values (?, ?, ?, 1, ?)", (owner, address, address, stamp(world.now)))
            db.execute(
                "insert into profile (subscriber, name, criteria, frequency, watermark, created_at) "
                "values (?, '', ?, 'daily', 0, ?)",
                (owner, criteria, stamp(world.now)),
            )


def _told_by(world: World, message: int, mail: Mail) -> set[str]:
    """Return what an e-mail contains: what it prints, and what is behind its links "and N more", so many as it says."""
    printed = set(re.findall(r"/opportunities/([\w-]+)$", mail.text, re.MULTILINE))
    token = world.token(Scope.TOLD, message)
    beyond = world.rows("select section, opportunity from match where outbox = ? and shown = 0", message)
    announced = {
        place: int(count) for count, place in re.findall(rf"And (\d+) more: \S+/told/{token}#(\S+)", mail.text)
    }
    assert announced == Counter(row["section"] for row in beyond)
    more = {row["opportunity"] for row in beyond}
    assert not printed & more
    return printed | more


def _some_criteria(seed: int) -> Criteria:
    words = ("carers", "young", "hall", "SEND", "roof", "-hall", "carers OR roof", '"young carers"')
    return Criteria.parse(
        [
            ("q", words[seed % 8]),
            *([("kind", "grant")] if seed % 3 == 0 else []),
            *([("vcse", "1")] if seed % 5 == 0 else []),
        ]
    )


def _some_opportunity(number: int) -> Opportunity:
    titles = ("Young carers", "Village hall roof", "SEND support", "Please send a carer", "Hall for young people")
    return Opportunity(
        id=f"opp-{number}",
        number=number,
        title=titles[number % 5],
        source="find-a-tender",
        kind=list(Kind)[number % 7],
        stage=list(Stage)[number % 6],
        reach=Reach.LOCAL,
        vcse_suitable=(None, True, False)[number % 3],
    )


@settings(max_examples=MANY)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(("carers", "young", "hall", "roof", "-hall", "-roof", "OR", "OR")),
            st.sampled_from(('"young carers"', '"hall roof"', '-"young carers"', '"roof"', "SEND", "a417")),
        ),
        max_size=7,
    ).map(" ".join),
    strategies.opportunities("only", 1),
)
def test_words_and_phrases_joined_and_excluded_mean_what_they_mean_together(
    words: str, opportunity: Opportunity
) -> None:
    with closing(memory_public()) as db:
        store(db, opportunity, AREA, strategies.NOW)
        conditions = Conditions(db, strategies.NOW)
        found = search(db, Criteria(q=words, sort="newest"), strategies.NOW, limit=None)
        assert bool(found.numbers) == bool(conditions.mask(Criteria(q=words).canonical(profile=True)))


def test_more_words_than_the_parser_reads_restrict_nothing_more(world: World) -> None:
    read, beyond = ["roof"] * 64, ["nowhere"]
    with closing(memory_public()) as db:
        store(db, _some_opportunity(1), AREA, strategies.NOW)
        conditions = Conditions(db, strategies.NOW)
        assert conditions.mask(Criteria(q=" ".join(read + beyond)).canonical(profile=True)) == 1
        assert conditions.mask(Criteria(q=" ".join(read[:40] + beyond)).canonical(profile=True)) == 0
