"""Find a Grant: a list of ten a page, grants as JSON in their pages, and times that mean what the site shows."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.find_a_grant import FindAGrant
from spiders.formats import rich_text
from spiders.formats.bundle import CONTENT_TYPE, bundle
from spiders.readers.grant_adverts import read_grant, regions_of
from spiders.rehearsal.find_a_grant import Grant, GrantSite
from spiders.rehearsal.server import Answer, Asked
from spiders.rehearsal.ukri import Call, CallSite
from tenderbell.area import load_area
from tenderbell.compiling.following import compile_archive
from tenderbell.compiling.reaches import reach_of
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup, UnreadableNotice
from tenderbell.notice import Money, Notice, Raw
from tenderbell.public import read_public
from tenderbell.vocabulary import Effect, Kind, Reach
from tests.spiders.place import Place

SOURCE = Source(id="find-a-grant", title="Find a Grant")
AREA = load_area("gloucestershire")
ENGLAND = (
    "North East", "North West", "Yorkshire and the Humber", "East Midlands", "West Midlands", "East of England",
    "London", "South East", "South West",
)  # fmt: skip


def read(**parts: Any) -> Notice:
    texts = {name: json.dumps(part) for name, part in parts.items()}
    return read_grant(Raw(SOURCE.id, "barn-1", bundle(texts), CONTENT_TYPE), "https://grants.example", None)


def grants(count: int) -> list[Grant]:
    return [Grant(f"grant-{number}", f"Fund {number}") for number in range(count)]


def harvest(place: Place, site: GrantSite) -> dict[str, Any]:
    if not place.sources:
        place.source("find-a-grant", site.url)
    return place.harvest().report


def test_every_page_of_the_list_is_walked_and_every_grant_is_opened(place: Place) -> None:
    with GrantSite(grants(23)) as site:
        report = harvest(place, site)
    assert (report["notices"], report["finished"], report["reason"]) == (23, True, "Finished.")
    asked = [request.query["page"] for request in site.requests if request.path == "/grants"]
    assert asked == ["1", "2", "3"]
    assert {request.query.get("sortBy") for request in site.requests[:3]} == {"openingDate"}


def test_another_build_of_the_site_is_no_new_version(place: Place) -> None:
    with GrantSite(grants(3)) as site:
        harvest(place, site)
        site.builds = 500
        assert harvest(place, site)["notices"] == 0


def test_only_the_page_of_a_grant_whose_row_has_changed_is_fetched_again(place: Place) -> None:
    with GrantSite(grants(3)) as site:
        harvest(place, site)
        site.requests.clear()
        site.grants[1] = Grant("grant-1", "Fund 1", closes="2026-11-01T12:00Z")
        report = harvest(place, site)
    assert (report["notices"], report["changed"]) == (1, 1)
    assert [request.path for request in site.requests] == ["/grants", "/grants/grant-1"]


def test_a_grant_that_leaves_the_list_before_its_closing_date_is_not_withdrawn(place: Place) -> None:
    with GrantSite(grants(3)) as site:
        harvest(place, site)
        compile_archive(place.settings)
        del site.grants[1]
        assert harvest(place, site)["reason"] == "Finished."
    compile_archive(place.settings)
    public = read_public(place.folder / "data" / "public.db")
    stages = {row["title"]: row["stage"] for row in public.execute("select title, stage from opportunity")}
    assert stages == {"Fund 0": "open", "Fund 1": "open", "Fund 2": "open"}
    assert public.execute("select count(*) from event where type <> 'new'").fetchone()[0] == 0


def test_a_grant_and_the_call_that_it_leads_to_are_one_opportunity(place: Place) -> None:
    with CallSite([Call("wool", "Wool futures: engagement")]) as calls, GrantSite() as site:
        site.grants = [Grant("wool-1", "Wool futures", website=f"{calls.url}/opportunity/wool/")]
        place.source("find-a-grant", site.url).source("ukri", calls.url).harvest()
        compile_archive(place.settings)
    public = read_public(place.folder / "data" / "public.db")
    rows = public.execute("select json_extract(record, '$.sources') from opportunity").fetchall()
    assert [sorted(json.loads(row[0])) for row in rows] == [["find-a-grant", "ukri"]]


class Stuck(GrantSite):
    """Shows its first page whatever is asked for."""

    def answer(self, asked: Asked) -> Answer:
        return self._list(1) if asked.path == "/grants" else super().answer(asked)


class Boasting(GrantSite):
    """Says that it has twice as many grants as it shows."""

    def made(self, props: dict[str, Any], title: str) -> Answer:
        return super().made({**props, "totalGrants": 2 * props.get("totalGrants", 0)}, title)


def test_a_repeated_page_ends_the_walk_with_an_alarm(place: Place) -> None:
    with Stuck(grants(23)) as site:
        report = harvest(place, site)
    assert (report["notices"], report["finished"]) == (10, True)
    assert "Page 2 of the list repeats what came before; the rest was not seen." in report["reason"]


def test_a_list_that_shows_less_than_it_says_is_an_alarm(place: Place) -> None:
    with Boasting(grants(6)) as site:
        report = harvest(place, site)
    assert "The list says that it has 12 entries and showed 6." in report["reason"]
    assert report["notices"] == 6


def test_saved_lists_and_pages_of_one_grant_are_one_notice(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    with GrantSite(grants(2)) as site:
        (folder / "list.html").write_bytes(site._list(1).body)
        page = site.made({"grantDetail": Grant("grant-0", "Fund 0", website="https://f.example/a/b").page()}, "x")
        (folder / "page.html").write_bytes(page.body)
        place.source("find-a-grant", site.url)
    report = place.harvest("find-a-grant", saved=str(folder)).report
    assert (report["notices"], report["unreadable"], report["finished"]) == (2, 0, True)
    also = place.archive.execute("select json_extract(reading, '$.also[0]') from notice where key = 'grant-0'")
    assert also.fetchone()[0] == "https://f.example/a/b"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-07-31T00:00Z", datetime(2026, 7, 30, 23, tzinfo=UTC)),
        ("2026-01-31T00:00Z", datetime(2026, 1, 31, 0, tzinfo=UTC)),
        ("2026-07-31T12:00Z", datetime(2026, 7, 31, 11, tzinfo=UTC)),
        ("2026-07-31T12:00:00.000Z", datetime(2026, 7, 31, 11, tzinfo=UTC)),
        ("2026-07-31T12:00+00:00", datetime(2026, 7, 31, 11, tzinfo=UTC)),
        ("2026-07-31T12:00", datetime(2026, 7, 31, 11, tzinfo=UTC)),
        ("2026-07-31T12:00+02:00", datetime(2026, 7, 31, 10, tzinfo=UTC)),
        ("2026-06-31T12:00Z", None),
        ("soon", None),
        (20260731, None),
    ],
)
def test_a_closing_time_is_uk_time_whatever_the_z_behind_it(written: Any, meant: datetime | None) -> None:
    notice = read(row={"grantName": "A fund", "label": "a", "grantApplicationCloseDate": written})
    assert notice.closes_at == meant
    assert bool(notice.doubts) == (meant is None)


def test_a_close_at_midnight_stays_the_literal_instant_and_says_what_it_means() -> None:
    notice = read(row={"grantName": "A fund", "grantApplicationCloseDate": "2026-07-31T00:00Z"})
    assert notice.closes_evidence == "The closing date of the grant's entry (00:00 ends the day before)"


@pytest.mark.parametrize(
    ("places", "regions", "reach"),
    [
        (["National"], ("National",), Reach.NATIONAL),
        (["England"], ("England",), Reach.NATIONAL),
        (["South West"], ("South West",), Reach.REGIONAL),
        (["South West", "Wales"], ("South West", "Wales"), Reach.REGIONAL),
        (list(ENGLAND), ("England",), Reach.NATIONAL),
        (["England", "South West"], ("England",), Reach.NATIONAL),
        (["England", "Scotland", "Wales", "Northern Ireland"], ("National",), Reach.NATIONAL),
        (["Scotland"], ("Scotland",), None),
        (["North East"], ("North East",), None),
        (["Virtual/Online"], (), Reach.UNSTATED),
        ([], (), Reach.UNSTATED),
    ],
)
def test_where_a_grant_is_for_decides_its_reach(
    places: list[str], regions: tuple[str, ...], reach: Reach | None
) -> None:
    assert regions_of(places) == regions
    assert reach_of([read(row={"grantName": "A fund", "grantLocation": places})], AREA).reach is reach


@pytest.mark.parametrize(
    ("applicants", "suitable"),
    [(["Non-profit"], True), (["Public Sector", "Non-profit"], True), (["Private Sector"], None), ([], None)],
)
def test_it_is_suitable_for_the_voluntary_sector_only_when_it_says_so(
    applicants: list[str], suitable: bool | None
) -> None:
    assert read(row={"grantName": "A", "grantApplicantType": applicants}).vcse_suitable is suitable


@pytest.mark.parametrize(
    ("low", "high", "total", "money"),
    [
        (1, 5000, 90000, Money(low=1, high=5000, fund=90000, currency="GBP")),
        (0, 0, 0, None),
        (None, 5000.5, None, Money(high=5000.5, currency="GBP")),
        (9000, 500, None, Money(high=500, currency="GBP")),
        ("1000", True, -5, None),
    ],
)
def test_amounts_are_what_one_applicant_can_get_and_the_whole_fund(
    low: Any, high: Any, total: Any, money: Money | None
) -> None:
    fields = {"grantMinimumAward": low, "grantMaximumAward": high, "grantTotalAwardAmount": total}
    assert read(row={"grantName": "A", **fields}).value == money


def test_the_page_says_more_than_the_row_and_is_believed_where_they_differ() -> None:
    page = Grant(
        "barn-1", "Barn fund", high=900, tabs={"Apply": ("Write to us.",), "Eligibility": (("A", "B"),)}
    ).page()
    kept = {"fields": page["fields"], "createdAt": page["sys"]["createdAt"]}
    notice = read(row={"grantName": "Barn", "label": "barn-1", "grantMaximumAward": 800}, page=kept)
    assert (notice.title, notice.kind, notice.effect) == ("Barn fund", Kind.GRANT, Effect.OPEN)
    assert notice.value is not None
    assert notice.value.high == 900
    assert notice.how_to_apply == "Write to us."
    assert notice.eligibility == "Who can apply: Non-profit.\n\n• A\n• B"
    assert notice.link == "https://grants.example/grants/barn-1"
    assert [buyer.name for buyer in notice.buyers] == ["Department for Sample Affairs"]
    assert notice.published_at == datetime(2026, 8, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("website", "also"),
    [
        ("https://f.example/funds/barn", ("https://f.example/funds/barn",)),
        ("https://f.example/", ()),
        ("https://f.example/funding", ()),
        ("javascript:alert(1)", ()),
        ("not an address", ()),
        (None, ()),
    ],
)
def test_only_an_address_that_names_one_grant_joins_it_with_others(website: Any, also: tuple[str, ...]) -> None:
    assert read(row={"grantName": "A", "grantWebpageUrl": website}).also == also


def test_a_grant_without_name_and_label_is_unreadable() -> None:
    with pytest.raises(UnreadableNotice, match="neither a name nor a label"):
        read(row={"grantFunder": "Somebody"})


def test_a_page_cut_off_at_any_byte_is_a_fault_never_a_wrong_grant() -> None:
    with GrantSite(grants(2)) as site:
        whole = site._list(1).body
    end = whole.index(b"</script></body>")
    for length in range(0, end, 23):
        with pytest.raises(BrokenResponse):
            FindAGrant.split(SOURCE, whole[:length], "text/html", None)


@pytest.mark.parametrize("props", [{}, {"searchResult": {}}, {"grantDetail": None}, {"grantDetail": {"fields": 7}}])
def test_data_of_another_shape_is_changed_markup(props: dict[str, Any]) -> None:
    with GrantSite() as site, pytest.raises(ChangedMarkup):
        FindAGrant.split(SOURCE, site.made(props, "x").body, "text/html", None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        "grantName", "label", "grantFunder", "grantLocation", "grantApplicantType", "grantMaximumAward",
        "grantApplyTab", "grantApplicationCloseDate", "grantWebpageUrl", "grantShortDescription", "grantSummaryTab",
    ]
)  # fmt: skip


@given(st.dictionaries(FIELDS, JSON), st.dictionaries(FIELDS, JSON))
def test_whatever_stands_in_a_field_the_grant_is_read_or_refused(row: dict[str, Any], fields: dict[str, Any]) -> None:
    try:
        notice = read(row=row, page={"fields": fields, "createdAt": fields.get("label")})
    except UnreadableNotice:
        return
    assert notice.kind is Kind.GRANT


def text(value: Any) -> dict[str, Any]:
    return {"nodeType": "text", "value": value, "marks": []}


def node(kind: str, *content: Any, **data: Any) -> dict[str, Any]:
    return {"nodeType": kind, "data": data, "content": list(content)}


@pytest.mark.parametrize(
    ("document", "plain"),
    [
        (node("document", node("paragraph", text("One "), text("line"))), "One line"),
        (node("document", node("heading-3", text("Head")), node("paragraph", text("Body"))), "Head\n\nBody"),
        (
            node("document", node("ordered-list", node("list-item", node("paragraph", text("a"))), node("list-item"))),
            "1. a\n2.",
        ),
        (node("paragraph", node("hyperlink", text("guide"), uri="https://e.example/g")), "guide (https://e.example/g)"),
        (node("paragraph", node("hyperlink", text("x"), uri="javascript:alert(1)")), "x"),
        (node("paragraph", text("<script>alert(1)</script>kept &amp; decoded")), "kept & decoded"),
        (
            node("table-row", node("table-cell", node("paragraph", text("a"))), node("table-cell", text("b"))),
            "a b",
        ),
        (node("document", node("paragraph", text(None), text(7), "?", None)), None),
        (None, None),
        ([1], None),
        ({"nodeType": "document", "content": "x"}, None),
    ],
)  # fmt: skip
def test_rich_text_becomes_plain_text_with_lists_and_links(document: Any, plain: str | None) -> None:
    assert rich_text.plain(document) == plain


def test_rich_text_that_is_nested_without_end_is_cut() -> None:
    deep: dict[str, Any] = node("paragraph", text("bottom"))
    for _ in range(500):
        deep = node("unordered-list", node("list-item", deep))
    assert "bottom" not in (rich_text.plain(deep) or "")
