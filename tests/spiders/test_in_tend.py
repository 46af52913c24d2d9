"""In-Tend: lists by name, a deadline that is none, references that are shared."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from spiders.formats.bundle import bundle
from spiders.in_tend import InTend
from tenderbell.area import load_area
from tenderbell.edition import Source
from tenderbell.errors import ChangedMarkup, SettingError, UnreadableNotice
from tenderbell.notice import Notice, Raw
from tenderbell.vocabulary import Effect, Kind
from tests.spiders.place import Place
from tests.spiders.portals import PRODUCTS

PRODUCT = PRODUCTS[1]
SOURCE = Source(id="it", title="IT", spider="in-tend", url="https://it.example/org")


def read(list: str = "Current", source: Source = SOURCE, **project: Any) -> Notice:
    raw = Raw(source.id, "k", bundle({"row": json.dumps(project), "list": list}))
    return InTend.reader(source, load_area("gloucestershire"))(raw)


def rows(*projects: Any) -> Any:
    return InTend.listing(SOURCE, json.dumps({"PageCount": 1, "Data": projects}).encode(), "application/json")


def test_what_is_forthcoming_is_a_plan_without_a_deadline_and_opens_under_the_same_key(place: Place) -> None:
    planned = PRODUCT.item(1, list="Forthcoming")
    with PRODUCT.start([planned]) as server:
        PRODUCT.source(place, server)
        place.harvest()
        server.items = [PRODUCT.item(1)]
        place.harvest()
    readings = [row[0] for row in place.archive.execute("select reading from notice order by number")]
    effects = [json.loads(reading)["effect"] for reading in readings]
    assert (place.keys(), effects) == (PRODUCT.keys(1) * 2, ["plan", "open"])
    assert "closes_at" not in json.loads(readings[0])


def test_a_project_in_two_lists_counts_as_what_the_first_list_says(place: Place) -> None:
    with PRODUCT.start([PRODUCT.item(1), PRODUCT.item(1, list="Forthcoming")]) as server:
        PRODUCT.source(place, server)
        report = place.harvest().report
    assert (report["new"], report["changed"]) == (1, 0)


def test_two_projects_with_one_reference_are_both_kept_and_stay_the_same(place: Place) -> None:
    with PRODUCT.start([PRODUCT.item(1), PRODUCT.item(2, reference=PRODUCT.reference(1))]) as server:
        PRODUCT.source(place, server)
        assert place.harvest().report["new"] == 2
        assert place.harvest().report["notices"] == 0
    kept = place.keys()
    assert [key.partition("/")[0] for key in kept] == PRODUCT.keys(1) * 2


def test_awards_are_read_where_the_edition_asks_for_them(place: Place) -> None:
    with PRODUCT.start([PRODUCT.item(1, list="Awarded")]) as server:
        PRODUCT.source(place, server, options={"lists": ["Awarded"]})
        place.harvest()
    (reading,) = [row[0] for row in place.archive.execute("select reading from notice")]
    assert json.loads(reading)["effect"] == "award"


def test_a_deadline_in_the_text_goes_before_the_end_of_the_documents() -> None:
    notice = read(Description="Deadline: noon on 3 March 2027.", DateDocsAvailableUntil="/Date(1803816000000)/")
    assert notice.closes_at == datetime(2027, 3, 3, 12, tzinfo=UTC)
    assert "deadline in the text" in (notice.closes_evidence or "")


def test_the_end_of_the_documents_is_the_deadline_when_nothing_else_is_stated_and_says_so() -> None:
    notice = read(DateDocsAvailableUntil="/Date(1789383600000)/")
    assert notice.closes_at == datetime(2026, 9, 14, 11, tzinfo=UTC)
    assert notice.closes_evidence == (
        "time until which documents are available (no deadline is stated): “14/09/2026 12:00”"
    )


def test_the_year_one_is_no_date_and_no_doubt() -> None:
    notice = read(DateDocsAvailableUntil="/Date(-62135596800000)/")
    assert (notice.closes_at, notice.doubts) == (None, ())


@pytest.mark.parametrize(
    ("sort", "kind", "effect"),
    [
        ("Grant", Kind.GRANT, Effect.OPEN),
        ("Quotation", None, Effect.OPEN),
        ("Soft Market Test", None, Effect.ENGAGE),
        (None, None, Effect.OPEN),
    ],
)
def test_the_portals_own_type_is_followed(sort: str | None, kind: Kind | None, effect: Effect) -> None:
    notice = read(Type=sort, Title="T")
    assert (notice.kind, notice.effect) == (kind, effect)


def test_a_reference_that_names_nothing_is_no_key() -> None:
    found = rows(
        {"Reference": "TBC", "UniqueID": "u1"},
        {"Reference": "", "UniqueID": None, "ProjectID": 7},
        {"Reference": "FOD0555P", "UniqueID": "u3"},
        {"Title": "Nothing else"},
        "no project",
    )
    assert [row.key for row in found.rows] == ["u1", "7", "FOD0555P"]
    assert found.unknown == 2


def test_a_list_of_nothing_that_can_be_known_has_changed() -> None:
    with pytest.raises(ChangedMarkup):
        rows({"Titel": "x"}, {"Titel": "y"})


@pytest.mark.parametrize("row", ["", "[]", "{"])
def test_a_row_that_is_no_project_is_unreadable(row: str) -> None:
    with pytest.raises(UnreadableNotice):
        InTend.reader(SOURCE, load_area("gloucestershire"))(Raw("it", "k", bundle({"row": row})))


def test_hostile_words_are_text_and_the_link_stays_on_the_portal() -> None:
    notice = read(Title="<script>x</script>Bins", Customer="A &amp; B", ProjectID="../../evil?x")
    assert notice.title == "Bins"
    assert notice.buyers[0].name == "A & B"
    assert notice.link == "https://it.example/org/aspx/ProjectManage/..%2F..%2Fevil%3Fx"


def test_the_portals_owner_is_the_buyer_of_what_names_none() -> None:
    owned = Source(
        id="it", title="IT", spider="in-tend", url="https://it.example/t", buyer="tewkesbury-borough-council"
    )
    (buyer,) = read(source=owned, Title="T").buyers
    assert buyer.name == "Tewkesbury Borough Council"
    assert "GB-PPON-PCYM-8582-LTMW" in buyer.ids


def test_an_unknown_list_is_refused() -> None:
    source = Source(id="it", title="IT", spider="in-tend", url="https://it.example", options={"lists": ["Closed"]})
    with pytest.raises(SettingError, match="lists"):
        InTend.lists_of(source)
