"""Reading releases: what is meant is found, what is hostile or wrong is doubted, and nothing crashes."""

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.formats.lenient import decode, split_package
from spiders.ocds.release import key_of, read_release
from spiders.ocds.weightings import shares_of
from tenderbell.errors import BrokenResponse, UnreadableNotice
from tenderbell.notice import Notice, Raw
from tenderbell.notice import decode as decode_notice
from tenderbell.notice import encode as encode_notice
from tenderbell.vocabulary import Effect
from tenderbell.wording.weightings import shares_in

FIXTURES = Path(__file__).parent.parent / "fixtures" / "find_a_tender"
RELEASES = [
    release
    for path in sorted(FIXTURES.glob("*.json"))
    if "expected" not in path.name
    for release in decode(path.read_bytes())["releases"]  # type: ignore[index]
    if isinstance(release, dict)
]


def read(release: Any) -> Notice:
    body = release if isinstance(release, bytes) else json.dumps(release).encode()
    return read_release(Raw("find-a-tender", key_of(body), body))


def release(**tender: Any) -> dict[str, Any]:
    tender.setdefault("legalBasis", {"scheme": "UKPGA"})
    return {"id": "000001-2026", "ocid": "ocds-x-1", "tag": ["tender"], "tender": tender}


@pytest.mark.parametrize(
    ("form", "where", "effect"),
    [
        ("UK1", "planning", Effect.PLAN),
        ("UK2", "planning", Effect.ENGAGE),
        ("UK3", "planning", Effect.PLAN),
        ("UK4", "tender", Effect.OPEN),
        ("UK5", "awards", Effect.AWARD),
        ("UK6", "awards", Effect.AWARD),
        ("UK7", "contracts", Effect.AWARD),
        ("UK8", "contracts", Effect.NONE),
        ("UK9", "contracts", Effect.NONE),
        ("UK10", "contracts", Effect.NONE),
        ("UK11", "contracts", Effect.NONE),
        ("UK12", "tender", Effect.CANCEL),
        ("UK13", "tender", Effect.OPEN),
        ("UK14", "awards", Effect.OPEN),
        ("UK15", "awards", Effect.OPEN),
        ("UK16", "tender", Effect.CLOSE),
        ("UK17", "tender", Effect.NONE),
    ],
)
def test_each_notice_type_has_its_effect_wherever_its_document_sits(form: str, where: str, effect: Effect) -> None:
    found = release(title="T")
    document = {"id": "000001-2026", "noticeType": form, "url": f"https://example.org/{form}"}
    if where in ("awards", "contracts"):
        found[where] = [{"id": "1", "documents": [document]}]
    else:
        found.setdefault(where, {})["documents"] = [document]
    notice = read(found)
    assert (notice.form, notice.effect) == (form, effect)
    assert notice.link == f"https://example.org/{form}"
    assert notice.dynamic_market == (True if form in ("UK13", "UK14", "UK15", "UK16") else None)


@pytest.mark.parametrize(
    ("tags", "effect"),
    [
        (["planning"], Effect.PLAN),
        (["planning", "tender"], Effect.OPEN),
        (["tender"], Effect.OPEN),
        (["award", "contract"], Effect.AWARD),
        (["awardUpdate", "contractUpdate"], Effect.AWARD),
        (["tenderCancellation"], Effect.CANCEL),
        (["contractTermination"], Effect.NONE),
        ([], Effect.NONE),
    ],
)
@pytest.mark.parametrize("scheme", ["UKPGA", "CELEX"])
def test_without_a_notice_type_the_tag_decides(tags: list[str], effect: Effect, scheme: str) -> None:
    assert read(release(legalBasis={"scheme": scheme}) | {"tag": tags}).effect == effect


@pytest.mark.parametrize(
    ("listed", "named", "effect"),
    [
        (["1", "2"], ["2"], Effect.CANCEL_LOTS),
        (["1", "2"], ["1", "2"], Effect.CANCEL),
        (["1"], ["1"], Effect.CANCEL),
        ([], [], Effect.CANCEL),
        (["1", "2"], [], Effect.CANCEL),
    ],
)
def test_a_termination_cancels_all_unless_it_names_some_lots_of_several(
    listed: list[str], named: list[str], effect: Effect
) -> None:
    found = release(lots=[{"id": id} for id in listed], documents=[{"noticeType": "UK12"}])
    found["awards"] = [{"statusDetails": "Nobody came.", "relatedLots": named}]
    notice = read(found)
    assert (notice.effect, notice.effect_reason) == (effect, "Nobody came.")
    assert list(notice.effects_lots) == named


def test_the_deadline_is_the_tender_periods_end_or_the_expression_of_interest_date() -> None:
    tenders = {"endDate": "2026-08-20T11:00:00Z"}
    assert read(release(tenderPeriod=tenders)).closes_evidence == "tender.tenderPeriod.endDate"
    both = read(release(tenderPeriod=tenders, expressionOfInterestDeadline="2026-08-10T11:00:00+00:00"))
    assert both.closes_evidence == "tender.expressionOfInterestDeadline"


@pytest.mark.parametrize("value", [float("inf"), -1, True, "1000", None, [], {}, 10**400])
def test_an_amount_that_is_no_amount_is_absent_and_doubted(value: Any) -> None:
    notice = read(
        json.dumps(release(value={"amount": value, "currency": "GBP"})).replace("Infinity", "1e9999").encode()
    )
    assert notice.value is None
    assert bool(notice.doubts) == (value is not None)


def test_officers_names_addresses_and_telephones_are_never_read() -> None:
    contact = {"name": "Jo Bloggs", "email": "jo.bloggs@example.gov.uk", "telephone": "01452 000000"}
    party = {"id": "GB-PPON-A", "name": "A", "roles": ["buyer"], "contactPoint": contact}
    reading = encode_notice(read(release(title="T") | {"parties": [party]}))
    assert b"loggs" not in reading
    assert b"01452" not in reading


def test_a_supplier_is_never_a_buyer() -> None:
    parties = [{"id": "GB-COH-1", "name": "S", "roles": ["supplier"]}, {"name": "B", "roles": ["procuringEntity"]}]
    notice = read(release(title="T") | {"parties": parties})
    assert [buyer.name for buyer in notice.buyers] == ["B"]
    assert notice.suppliers[0].ids == ("GB-COH-00000001",)


def test_markup_and_hidden_characters_in_titles_become_plain_text() -> None:
    notice = read(release(title="<b>Roof &amp; walls</b>\u202e\u0000<script>x</script>", description=" "))
    assert (notice.title, notice.description) == ("Roof & walls", None)
    assert read(release(title="\u200b")).title is None


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"{}", b'{"id":"1"}', b"{", b"", b"\xff", b"[" * 100_000])
def test_what_is_no_release_is_unreadable_and_still_has_a_key(body: bytes) -> None:
    with pytest.raises(UnreadableNotice):
        read(body)
    assert key_of(body)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["2026-01-01", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, item in inner for found in places(item, (*path, name)))]


@given(st.sampled_from(RELEASES), st.data())
def test_whatever_is_put_in_place_of_a_value_reading_never_crashes(chosen: dict[str, Any], data: st.DataObject) -> None:
    spoilt = copy.deepcopy(chosen)
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(places(spoilt)[1:]))
        home = spoilt
        for name in parents:
            home = home[name]
        home[last] = data.draw(ANYTHING)
    try:
        notice = read(json.dumps(spoilt).encode())
    except UnreadableNotice:
        return
    assert decode_notice(encode_notice(notice)) == notice


@given(st.sampled_from(RELEASES), st.data())
def test_whatever_happens_to_the_bytes_reading_never_crashes(chosen: dict[str, Any], data: st.DataObject) -> None:
    body = bytearray(json.dumps(chosen).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(body))
    except UnreadableNotice:
        return


@given(st.binary(max_size=200) | st.sampled_from([b'{"releases":[{"a":1}', b'{"releases":{}}', b'{"releases":[1,]}']))
def test_a_page_is_split_or_refused(body: bytes) -> None:
    try:
        package = split_package(body)
    except BrokenResponse:
        return
    assert all(part in body for part in package.releases)


def test_releases_are_exact_slices_of_their_page_even_with_bad_numbers() -> None:
    first, second = b'{"id": "a",  "v": 000}', b'{"id":"b]}","v":1e9999}'
    page = b'{"x": "]", "releases": [' + first + b" , " + second + b'], "links": {"next": "https://a/b?c=d"}}'
    package = split_package(page)
    assert package.releases == (first, second)
    assert package.next == "https://a/b?c=d"


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("Quality 70%:Price 30%", (70, 30)),
        ("60% Technical, 10% Social Value and 30% Commercial", (70, 30)),
        ("Price to quality weighting 10:90", (90, 10)),
        ("a price: quality ratio of [20]%:[80]%", (80, 20)),
        ("60 per cent quality, 40 per cent price", (60, 40)),
        ("Quality 70%, price 40%", None),
        ("Quality of the whole 88%\nSocial value 12%", None),
        ("Quality and price 50%, other 50%", None),
        ("Tenders scoring below 60% fail", None),
        ("", None),
    ],
)
def test_weightings_in_words(text: str, shares: tuple[float, float] | None) -> None:
    assert shares_in(text) == shares


def criterion(type: Any, name: str = "", number: Any = None, weight: str = "percentageExact", text: str = "") -> Any:
    numbers = {} if number is None else {"numbers": [{"number": number, "weight": weight}]}
    return {"type": type, "name": name, "description": text, **numbers}


@pytest.mark.parametrize(
    ("criteria", "shares"),
    [
        ([criterion("quality", "Quality", 60), criterion("price", "Price", 40)], (60, 40)),
        (
            [criterion("quality", number=60), criterion("price", "Social value", 10), criterion("cost", number=30)],
            (70, 30),
        ),
        ([criterion("quality", "Quality", 1, "order"), criterion("price", "Price", 2, "order")], None),
        ([criterion("quality", text="60%"), criterion("price", text="40")], (60, 40)),
        (
            [criterion("quality", "A", text="60"), criterion("quality", "B", text="40"), criterion("price", text="40")],
            None,
        ),
        ([criterion("quality", "Price per quality point", 100)], None),
        ([criterion("quality", "All", 100, text="60% technical or quality. 40% cost")], (60, 40)),
        ([criterion("quality", number=True), criterion("price", number="40")], None),
        ([criterion("price")], None),
        ([criterion("price", "As the documents say", 100)], None),
        ([criterion("cost", "The present provider will do well enough", text="100")], None),
        ([criterion("cost", "Agreement with the financial envelope", text="100")], None),
        ([criterion("cost", "Price and readiness", text="100")], None),
        ([criterion("quality", "Lowest price", 100)], None),
        ([criterion("price", "Lowest total price", 100)], (0, 100)),
        ([criterion("quality", "Quality", text="100%")], (100, 0)),
        ([criterion("price", "Price", 60)], None),
        ([criterion("quality", "Quality", 60), criterion("other", "Part two", 40)], None),
        ([criterion("quality", "Quality", 60), criterion("other", "Price", 40)], (60, 40)),
        ([criterion("quality", "Quality", text="60"), criterion([], "Part two", text="40")], None),
    ],
)
def test_weightings_of_criteria(criteria: list[Any], shares: tuple[float, float] | None) -> None:
    assert shares_of(criteria, []) == shares


@pytest.mark.corpus
def test_every_recorded_release_is_read_without_loss(corpus: Path) -> None:
    count = 0
    for path in sorted((corpus / "find_a_tender").glob("*/*.json")):
        for body in split_package(path.read_bytes()).releases:
            notice, original = read(body), decode(body)
            assert isinstance(original, dict)
            count += 1
            assert (notice.key, notice.ocid) == (original["id"], original["ocid"])
            assert notice.published_at is not None
            assert notice.link is not None
            assert notice.form in ("UK1", *(f"UK{n}" for n in range(2, 18))) or notice.regime != "Procurement Act 2023"
            assert notice.buyers, notice.key
            assert notice.closes_at or notice.form != "UK4"
            assert msgspec.json.decode(encode_notice(notice), type=Notice) == notice
    assert count >= 559


@pytest.mark.corpus
@pytest.mark.parametrize("key", ["075721-2026", "075811-2026", "075892-2026", "075852-2026", "075919-2026"])
def test_a_recorded_criterion_that_names_no_side_states_no_weighting(corpus: Path, key: str) -> None:
    pages = sorted((corpus / "find_a_tender" / "2026-08-10").glob("*.json"))
    bodies = [body for page in pages for body in split_package(page.read_bytes()).releases if key_of(body) == key]
    assert bodies
    for notice in map(read, bodies):
        assert {(lot.quality_percent, lot.cost_percent) for lot in notice.lots} == {(None, None)}
