"""One opportunity for each process: merging, redirects, taking apart, whose word is followed (rulings 14, 18-20)."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tenderbell.archive import open_archive
from tenderbell.compiling import compile_archive, rebuild
from tenderbell.compiling.disputes import LATEST, SAME_DAY
from tenderbell.compiling.joining.choices import choose
from tenderbell.edition import Source
from tenderbell.notice import Money, Notice, Organisation
from tenderbell.opportunity import Opportunity, find, redirected, sightings
from tenderbell.public import read_public
from tenderbell.settings import Settings
from tenderbell.vocabulary import Effect, EventType, Kind, Reach, Stage
from tests.tenderbell.notices import keep, notice, read, settings_in

NOON = datetime(2026, 4, 10, 11, tzinfo=UTC)
FTS, CF, PORTAL, FEED = "find-a-tender", "contracts-finder", "procontract-south-west", "stroud-news"
FTS_ID, CF_ID = "h6vhtk-0abcde", "b5fd17-0000"
STROUD_BY_NAME = Organisation("STROUD DISTRICT COUNCIL", roles=("buyer",))


class Here(Settings):
    """Settings whose edition also has the sources of these tests."""

    @property
    def edition(self) -> object:  # type: ignore[override]
        edition = super().edition
        others = [
            Source(id=CF, title="Contracts Finder"),
            Source(id=PORTAL, title="ProContract", spider="procontract"),
            Source(id=FEED, title="Stroud: news", spider="feed"),
        ]
        known = [source for source in edition.sources if source.id not in {other.id for other in others}]
        return msgspec.structs.replace(edition, sources=(*known, *others))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = settings_in(tmp_path)
    return Here(
        *(getattr(found, name) for name in ("edition_name", "data", "mail", "host", "port", "proxies", "clock"))
    )


def cf(day: int, effect: Effect = Effect.OPEN, **facts: object) -> Notice:
    """The same advert on Contracts Finder, the day `day` of March."""
    given = {"source": CF, "process": "ocds-b5fd17-0000", "references": ("STROUD001-DN704134-1",)}
    return notice(500 + day, effect, **(given | {"published_at": _day(day), "buyers": (STROUD_BY_NAME,)} | facts))


def fts(day: int, effect: Effect = Effect.OPEN, **facts: object) -> Notice:
    return notice(day, effect, **({"references": ("DN704134",), "published_at": _day(day)} | facts))


def _day(day: int) -> datetime:
    return datetime(2026, 3, 1, 10, tzinfo=UTC) + timedelta(days=day)


def public(settings: Settings) -> sqlite3.Connection:
    return read_public(settings.public_path)


def ids(settings: Settings) -> list[str]:
    return [row[0] for row in public(settings).execute("select id from opportunity order by id")]


def page(settings: Settings, id: str) -> Opportunity:
    found = find(public(settings), id)
    assert found is not None
    return found


def events(settings: Settings) -> list[tuple[str, str]]:
    rows = public(settings).execute("select opportunity, type from event where not silent order by number")
    return [(row[0], row[1]) for row in rows]


def take_apart(settings: Settings, *, is_one: bool = False) -> None:
    choose(
        open_archive(settings.archive_path),
        [("ocds-h6vhtk-0abcde", "ocds-b5fd17-0000")],
        settings.clock(),
        is_one=is_one,
    )


def test_two_adverts_that_arrive_together_are_one_page_under_the_id_of_the_first(settings: Settings) -> None:
    keep(settings, cf(3, closes_at=NOON), fts(4, closes_at=NOON))
    compile_archive(settings)
    assert ids(settings) == [CF_ID]
    one = page(settings, CF_ID)
    assert one.sources == (FTS, CF)
    assert {sighting.source for sighting in sightings(public(settings), CF_ID)} == {FTS, CF}
    assert events(settings) == [(CF_ID, EventType.NEW)]


def test_a_public_database_that_is_made_anew_has_the_same_addresses(settings: Settings) -> None:
    keep(settings, fts(4, closes_at=NOON))
    compile_archive(settings)
    keep(settings, cf(3, closes_at=NOON))
    compile_archive(settings)
    before = ids(settings)
    for path in settings.data.glob("public.db*"):
        path.unlink()
    compile_archive(settings)
    assert ids(settings) == before == [FTS_ID]
    assert redirected(public(settings), CF_ID) == FTS_ID


def test_an_advert_that_is_edited_in_place_after_the_award_is_no_new_advert(settings: Settings) -> None:
    first = cf(3, closes_at=NOON, first_published_at=_day(3))
    keep(settings, first, fts(3, closes_at=NOON), fts(20, Effect.AWARD))
    compile_archive(settings)
    before = ids(settings)
    keep(settings, msgspec.structs.replace(first, published_at=_day(24), description="A link was mended."))
    compile_archive(settings)
    assert ids(settings) == before
    assert page(settings, before[0]).stage is Stage.AWARDED


def test_a_page_that_was_published_keeps_its_id_when_an_older_advert_is_found(settings: Settings) -> None:
    keep(settings, fts(4, closes_at=NOON))
    compile_archive(settings)
    keep(settings, cf(3, closes_at=NOON))
    compile_archive(settings)
    assert ids(settings) == [FTS_ID]
    assert events(settings) == [(FTS_ID, EventType.NEW), (FTS_ID, EventType.REVISED)]


def two_pages_that_turn_out_to_be_one(settings: Settings) -> None:
    keep(settings, fts(3, closes_at=NOON), cf(4, closes_at=NOON, references=(), title="Respite breaks for families"))
    compile_archive(settings)
    assert ids(settings) == [CF_ID, FTS_ID]
    keep(settings, cf(5, closes_at=NOON))
    compile_archive(settings)


def test_pages_that_turn_out_to_be_one_merge_and_the_other_address_leads_there(settings: Settings) -> None:
    two_pages_that_turn_out_to_be_one(settings)
    db = public(settings)
    assert ids(settings) == [FTS_ID]
    assert redirected(db, CF_ID) == FTS_ID
    assert db.execute("select count(*) from opportunity_text").fetchone()[0] == 1
    assert db.execute("select count(*) from opportunity_fts where opportunity_fts match 'respite'").fetchone()[0] == 0
    assert [type for id, type in events(settings) if id == FTS_ID and type == EventType.NEW] == [EventType.NEW]


def test_taking_apart_restores_both_pages_makes_no_event_and_stays(settings: Settings) -> None:
    two_pages_that_turn_out_to_be_one(settings)
    numbers = {row[0] for row in public(settings).execute("select number from redirect")}
    told = events(settings)
    take_apart(settings)
    compile_archive(settings)
    assert ids(settings) == [CF_ID, FTS_ID]
    assert redirected(public(settings), CF_ID) is None
    assert page(settings, CF_ID).number in numbers
    assert page(settings, FTS_ID).sources == (FTS,)
    keep(settings, cf(6, closes_at=NOON, description="Once more."))
    compile_archive(settings)
    assert ids(settings) == [CF_ID, FTS_ID]
    rebuild(settings, lambda source: read)
    assert ids(settings) == [CF_ID, FTS_ID]
    assert [event for event in events(settings) if event not in told] == [(CF_ID, EventType.REVISED)]


def test_what_the_operator_joins_is_joined_without_any_likeness(settings: Settings) -> None:
    keep(settings, fts(3, references=()), cf(4, references=(), title="Something else altogether"))
    compile_archive(settings)
    assert len(ids(settings)) == 2
    take_apart(settings, is_one=True)
    compile_archive(settings)
    assert ids(settings) == [FTS_ID]


def test_a_rebuild_changes_no_page_and_tells_nobody(settings: Settings) -> None:
    two_pages_that_turn_out_to_be_one(settings)
    told, before = events(settings), page(settings, FTS_ID)
    rebuild(settings, lambda source: read)
    assert ids(settings) == [FTS_ID]
    assert page(settings, FTS_ID) == before
    assert redirected(public(settings), CF_ID) == FTS_ID
    assert events(settings) == told


def test_the_newest_statement_is_followed_and_both_are_shown(settings: Settings) -> None:
    later = NOON + timedelta(days=7)
    keep(settings, fts(3, closes_at=NOON, value=Money(net=50_000)), cf(5, closes_at=later, value=Money(net=60_000)))
    compile_archive(settings)
    one = page(settings, ids(settings)[0])
    assert (one.closes_at, one.value) == (later, 60_000)
    assert [(s.field, s.source, s.why) for s in one.statements] == [
        ("closes_at", CF, LATEST),
        ("closes_at", FTS, None),
        ("value", CF, LATEST),
        ("value", FTS, None),
    ]


def test_on_one_day_find_a_tender_goes_before_contracts_finder_and_that_before_a_portal(settings: Settings) -> None:
    keep(
        settings,
        fts(3, closes_at=NOON),
        cf(3, closes_at=NOON + timedelta(days=1), published_at=_day(3) + timedelta(hours=5)),
        notice(
            900, source=PORTAL, process=f"{PORTAL}:DN704134", references=("DN704134",), buyers=(STROUD_BY_NAME,),
            published_at=_day(3) + timedelta(hours=6), closes_at=NOON + timedelta(days=2), title="Support for carers",
        ),
    )  # fmt: skip
    compile_archive(settings)
    one = page(settings, ids(settings)[0])
    assert one.closes_at == NOON
    assert one.title == "Support for young carers"
    assert [(s.source, s.why) for s in one.statements] == [(FTS, SAME_DAY), (CF, None), (PORTAL, None)]


def test_sources_that_agree_dispute_nothing(settings: Settings) -> None:
    keep(
        settings,
        fts(3, closes_at=NOON, value=Money(net=50_000, gross=60_000)),
        cf(4, closes_at=NOON, value=Money(net=50_000)),
    )
    compile_archive(settings)
    assert page(settings, ids(settings)[0]).statements == ()


def test_the_net_of_the_same_amount_is_no_change_of_value(settings: Settings) -> None:
    keep(settings, fts(3, closes_at=NOON, value=Money(net=50_000, gross=60_000)))
    compile_archive(settings)
    keep(settings, cf(4, closes_at=NOON, value=Money(net=50_000)))
    compile_archive(settings)
    assert page(settings, FTS_ID).value == 60_000
    assert (FTS_ID, EventType.VALUE) not in events(settings)
    assert page(settings, FTS_ID).changes == ()


def test_a_portal_that_still_lists_what_was_awarded_does_not_open_it_again(settings: Settings) -> None:
    listed = notice(
        900, source=PORTAL, process=f"{PORTAL}:DN704134", references=("DN704134",), buyers=(STROUD_BY_NAME,),
        published_at=None, closes_at=NOON,
    )  # fmt: skip
    keep(settings, fts(3, closes_at=NOON), fts(20, Effect.AWARD))
    compile_archive(settings)
    keep(settings, listed)
    compile_archive(settings)
    assert ids(settings) == [FTS_ID]
    assert page(settings, FTS_ID).stage is Stage.AWARDED


def test_a_re_tender_after_cancellation_is_related_and_not_joined(settings: Settings) -> None:
    keep(settings, fts(3, closes_at=NOON), fts(8, Effect.CANCEL), cf(20, closes_at=NOON + timedelta(days=30)))
    compile_archive(settings)
    assert ids(settings) == [CF_ID, FTS_ID]
    assert public(settings).execute("select bond, rule from bond").fetchall()[0][:] == ("related", "another time")


def test_two_adverts_of_one_source_never_share_a_page_through_a_third(settings: Settings) -> None:
    again = fts(6, closes_at=NOON + timedelta(days=9), process="ocds-h6vhtk-0again", title="Support for young carers")
    keep(settings, fts(3, closes_at=NOON), again, cf(4, closes_at=NOON))
    compile_archive(settings)
    assert ids(settings) == ["h6vhtk-0abcde", "h6vhtk-0again"]
    assert set(page(settings, FTS_ID).sources) == {FTS, CF}


def test_a_chain_of_merges_leaves_no_address_that_leads_nowhere(settings: Settings) -> None:
    news = notice(
        700,
        source=FEED,
        process=f"{FEED}:a",
        title="News",
        references=(),
        published_at=_day(2),
        link="https://x.example/a",
        reach=Reach.LOCAL,
    )
    keep(settings, news, fts(3, references=()), cf(4, references=(), title="Another name"))
    compile_archive(settings)
    assert len(ids(settings)) == 3
    keep(settings, cf(5, title="Another name", references=("DN704134",)), fts(6))
    compile_archive(settings)
    assert len(ids(settings)) == 2
    compile_archive(settings)
    keep(settings, msgspec.structs.replace(news, title="Newer", also=("000006-2026",)))
    compile_archive(settings)
    (kept,) = ids(settings)
    rows = public(settings).execute("select id, opportunity from redirect").fetchall()
    assert len(rows) == 2
    assert {row["opportunity"] for row in rows} == {kept}


def test_the_award_of_elsewhere_is_recalled_when_its_local_advert_is_found(settings: Settings) -> None:
    elsewhere = Organisation("Example Purchasing Consortium", ids=("GB-PPON-AAAA-1111-BBBB",), region="UKE42")
    award = fts(20, Effect.AWARD, buyers=(elsewhere,), delivery_regions=("UKE",))
    advert = cf(3, closes_at=NOON)
    keep(settings, award)
    compile_archive(settings)
    assert ids(settings) == []
    assert public(settings).execute("select count(*) from join_side").fetchone()[0] == 0
    keep(settings, advert)
    compile_archive(settings)
    (one,) = ids(settings)
    assert page(settings, one).stage is Stage.AWARDED
    before = page(settings, one)
    rebuild(settings, lambda source: read)
    assert page(settings, one) == before


def test_what_an_award_came_to_does_not_dispute_the_estimate(settings: Settings) -> None:
    keep(settings, fts(3, closes_at=NOON, value=Money(net=80_000)), cf(20, Effect.AWARD, value=Money(net=70_000)))
    compile_archive(settings)
    assert page(settings, ids(settings)[0]).statements == ()


def test_a_source_that_says_that_there_is_no_deadline_disagrees_with_one_that_states_one(settings: Settings) -> None:
    keep(settings, cf(3, closes_at=NOON), fts(4, rolling=True))
    compile_archive(settings)
    said = page(settings, ids(settings)[0]).statements
    assert [(s.source, s.value, bool(s.why)) for s in said] == [
        (FTS, "rolling", True),
        (CF, "2026-04-10T11:00:00Z", False),
    ]


def test_what_the_edition_says_of_a_whole_source_gives_way_to_the_words(settings: Settings) -> None:
    listed = cf(3, kind=Kind.CONTRACT, kind_by_default=True, title="Community grants fund: apply for a grant")
    keep(settings, listed)
    compile_archive(settings)
    assert page(settings, ids(settings)[0]).kind is Kind.GRANT


def test_nothing_personal_reaches_any_table(settings: Settings) -> None:
    secret = "pat.quill@example.org"
    keep(
        settings,
        fts(3, title=f"Advice line, ask {secret} or 01632 960 119", references=(f"ref {secret} 20261", "DN704134")),
        cf(4, title="Advice line", buyers=(Organisation(f"Stroud District Council {secret}"),)),
        cf(
            5,
            process="ocds-b5fd17-0002",
            doubts=(f"The date “ask {secret}” could not be read.",),
            form_name=secret,
            closes_at=NOON,
            closes_evidence=f"the cell says “to {secret}”",
            link=f"https://x.example/?officer={secret}",
        ),
    )
    compile_archive(settings)
    assert "pat.quill" not in "\n".join(public(settings).iterdump())
    assert "960 119" not in "\n".join(public(settings).iterdump())


LINK = "https://www.gov.example/grants/warm-rooms"
CHELTENHAM = Organisation("Cheltenham Borough Council", ids=("GB-PPON-CHEL-0000-TEST",), roles=("buyer",))
DIRECT = "direct"


def written(day: int, effect: Effect = Effect.OPEN, **facts: object) -> Notice:
    """An advert written here with a link, the day `day` of March."""
    given = {"source": DIRECT, "process": "direct:7", "link": LINK, "published_at": _day(day)}
    return notice(700 + day, effect, **(given | facts))


def test_an_advert_written_here_takes_over_no_page_of_another_body_by_its_link(settings: Settings) -> None:
    keep(settings, fts(2, closes_at=NOON, link=LINK))
    keep(settings, written(4, title="Something quite different", buyers=(CHELTENHAM,)))
    compile_archive(settings)
    assert len(ids(settings)) == 2
    assert page(settings, FTS_ID).title == "Support for young carers"
    bond = public(settings).execute("select bond, rule from bond").fetchall()
    assert [tuple(row) for row in bond] == [("related", "page")]


@pytest.mark.parametrize("by", ["page", "notice"])
def test_another_bodys_link_under_a_title_like_its_own_is_for_the_operator(settings: Settings, by: str) -> None:
    link = LINK if by == "page" else "https://www.find-tender.service.gov.uk/Notice/000002-2026"
    keep(settings, fts(2, closes_at=NOON, link=link), written(4, link=link, buyers=(CHELTENHAM,)))
    compile_archive(settings)
    assert len(ids(settings)) == 2
    assert [row[0] for row in public(settings).execute("select bond from bond")] == ["doubtful"]


def test_a_body_joins_what_it_writes_here_with_its_own_notice_by_the_link(settings: Settings) -> None:
    keep(settings, fts(2, closes_at=NOON, link=LINK), written(4, title="Something quite different"))
    compile_archive(settings)
    assert ids(settings) == [FTS_ID]


def test_withdrawing_what_was_also_written_here_cancels_nothing_of_another_source(settings: Settings) -> None:
    keep(settings, fts(2, closes_at=NOON, link=LINK), written(4, closes_at=NOON))
    compile_archive(settings)
    before = events(settings)
    keep(settings, written(6, Effect.CANCEL, link=None))
    compile_archive(settings)
    assert ids(settings) == [FTS_ID]
    assert page(settings, FTS_ID).stage is Stage.OPEN
    assert events(settings) == before


def test_withdrawing_what_only_stands_here_cancels_it(settings: Settings) -> None:
    keep(settings, written(4, closes_at=NOON))
    compile_archive(settings)
    keep(settings, written(6, Effect.CANCEL, link=None))
    compile_archive(settings)
    (id,) = ids(settings)
    assert page(settings, id).stage is Stage.CANCELLED
    assert events(settings)[-1] == (id, EventType.CANCELLED)
