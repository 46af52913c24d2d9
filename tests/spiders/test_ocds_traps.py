"""What goes wrong in real releases, each in invented words (sources.md section 11)."""

from typing import Any

import pytest

from spiders.ocds.weightings import shares_of
from tenderbell.notice import Money, Notice
from tenderbell.vocabulary import Effect
from tenderbell.wording.weighting_lists import shares_within
from tests.spiders.test_ocds import criterion, read, release

KEY_CRITERIA = (
    "<p>Award criteria</p><table><tr><th>Criterion</th><th>Weight</th></tr><tr><td>Quality and innovation</td>"
    "<td>40%</td></tr><tr><td>Value</td><td>25%</td></tr><tr><td>Integration and collaboration</td><td>15%</td>"
    "</tr><tr><td>Access and choice</td><td>10%</td></tr><tr><td>Social value</td><td>10%</td></tr>"
    "<tr><td>Total</td><td>100%</td></tr></table>"
)
"""A table as notices of the Provider Selection Regime have it."""


def old(tags: list[str] | None = None, **tender: Any) -> dict[str, Any]:
    return release(legalBasis={"scheme": "CELEX"}, **tender) | {"tag": tags or ["tender"]}


def pounds(gross: float, net: float | None = None) -> dict[str, Any]:
    return {"amountGross": gross, "currency": "GBP"} | ({} if net is None else {"amount": net})


def given(awards: list[tuple[list[str], dict[str, Any]]], **tender: Any) -> Notice:
    found = release(**tender)
    found["tag"] = ["award", "contract"]
    found["awards"] = [
        {"id": str(position), "relatedLots": lots, "value": value} for position, (lots, value) in enumerate(awards)
    ]
    return read(found)


def signed(contracts: list[tuple[list[str], dict[str, Any]]], **tender: Any) -> Notice:
    found = release(**tender)
    found["tag"] = ["award", "contract"]
    found["awards"] = [{"id": str(position), "relatedLots": lots} for position, (lots, _) in enumerate(contracts)]
    found["contracts"] = [
        {"id": str(position), "awardID": str(position), "value": value} for position, (_, value) in enumerate(contracts)
    ]
    return read(found)


def test_awards_of_different_lots_are_added_up() -> None:
    assert given([(["1"], pounds(120, 100)), (["2"], pounds(60, 50))]).value == Money(
        net=150, gross=180, currency="GBP"
    )


def test_awards_of_the_same_lot_state_a_value_only_when_they_agree() -> None:
    assert given([(["1"], pounds(120)), (["1", "2"], pounds(60))]).value is None
    assert given([(["1"], pounds(120)), (["1"], pounds(120))]).value == Money(gross=120, currency="GBP")
    assert given([([], pounds(120)), ([], pounds(60))]).value is None


def test_signed_contracts_are_added_up_even_for_one_lot() -> None:
    contracts = [(["1"], pounds(120)), (["1"], pounds(120)), (["2"], pounds(60))]
    assert signed(contracts).value == Money(gross=300, currency="GBP")


@pytest.mark.parametrize(
    "tender", [{"techniques": {"hasFrameworkAgreement": True}}, {"title": "Framework for jam"}, {"title": "A DPS"}]
)
def test_under_a_framework_each_contract_repeats_the_whole(tender: dict[str, Any]) -> None:
    assert signed([(["1"], pounds(120)), (["2"], pounds(120))], **tender).value == Money(gross=120, currency="GBP")
    assert signed([(["1"], pounds(120)), (["1"], pounds(60))], **tender).value is None
    assert signed([(["1"], pounds(120)), (["2"], pounds(60))], **tender).value == Money(gross=180, currency="GBP")


def test_a_sum_is_of_one_currency_and_of_what_all_state() -> None:
    euros = {"amountGross": 60, "currency": "EUR"}
    assert signed([(["1"], pounds(120)), (["2"], euros)]).value is None
    assert signed([(["1"], pounds(120, 100)), (["2"], pounds(60))]).value == Money(gross=180, currency="GBP")


@pytest.mark.parametrize(("gross", "doubted"), [(1200, False), (1000, False), (12000, True), (900, True)])
def test_an_amount_that_cannot_be_the_other_with_vat_is_doubted(gross: float, doubted: bool) -> None:
    notice = read(release(value=pounds(gross, 1000)))
    assert notice.value == Money(net=1000, gross=gross, currency="GBP")
    assert any("mistyped" in doubt for doubt in notice.doubts) is doubted


@pytest.mark.parametrize(
    ("stated", "references"),
    [
        ("EX000123", ("EX000123",)),
        ("TBC", ()),
        ("TBC Access Code:", ()),
        ("n/a", ()),
        ("To be confirmed", ()),
        ("TBC12345", ("TBC12345",)),
        ("Access Code: QQ7XX99ZZ", ("Access Code: QQ7XX99ZZ",)),
        ("WA10001 / C400001", ("WA10001 / C400001", "WA10001", "C400001")),
        ("WA10001/C400001", ("WA10001/C400001", "WA10001", "C400001")),
        ("AB/12/345/XYZ", ("AB/12/345/XYZ",)),
        ("EXAM001-DN700001-12345678", ("EXAM001-DN700001-12345678", "DN700001")),
        ("ocds-x-1", ()),
        ("000001-2026", ()),
    ],
)
def test_the_buyers_reference(stated: str, references: tuple[str, ...]) -> None:
    assert read(release(id=stated)).references == references


@pytest.mark.parametrize(
    ("tender", "references"),
    [
        ({"title": "DN700002 - Jam for all"}, ("DN700002",)),
        ({"documents": [{"description": "The pack - DN700002"}]}, ("DN700002",)),
        ({"submissionMethodDetails": "Search the portal for IT-99-12-ABC0012"}, ("IT-99-12-ABC0012", "ABC0012")),
        ({"description": "All is on the portal under reference DN700002, free of charge."}, ("DN700002",)),
        ({"description": "ITT ref: IT-99-12-ABC0012"}, ("IT-99-12-ABC0012", "ABC0012")),
        ({"description": "Opportunity ID DN700002"}, ("DN700002",)),
        ({"lots": [{"id": "1", "description": "Reference: DN700002"}]}, ("DN700002",)),
        ({"description": "Suppliers of DN700002 were asked."}, ()),
        ({"description": "It replaces the contract with reference DN700002."}, ()),
        ({"description": "A call-off from the framework, reference DN700002."}, ()),
        ({"description": "Lot 1 has reference DN700002. Lot 2 has reference DN700003."}, ()),
        ({"id": "DN700001", "description": "See also reference DN700002."}, ("DN700001",)),
    ],
)
def test_a_portal_reference_counts_when_the_notice_gives_it_as_its_own(
    tender: dict[str, Any], references: tuple[str, ...]
) -> None:
    assert read(release(**tender)).references == references


def test_a_reference_in_an_early_talk_is_found() -> None:
    found = release() | {"planning": {"milestones": [{"description": "Search for the reference number: DN700002."}]}}
    assert read(found).references == ("DN700002",)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (
            {"links": [{"rel": "canonical", "href": "https://api.example.scot/v1/Notice?id=ocds-r6ebe6-0000000001"}]},
            ("https://api.example.scot/v1/Notice?id=ocds-r6ebe6-0000000001", "ocds-r6ebe6-0000000001"),
        ),
        ({"links": [{"rel": "prev", "href": "https://ted.example.eu/udl?uri=TED:NOTICE:999999-2099"}]}, ()),
        ({"description": "This is also published on the other service as 2026/S 000-000777."}, ("000777-2026",)),
        ({"description": "Also published as ocds-b5fd17-aaaa-bbbb."}, ("ocds-b5fd17-aaaa-bbbb",)),
        ({"description": "An earlier notice, 2025/S 000-000777, has expired."}, ()),
    ],
)
def test_where_else_the_very_notice_stands(change: dict[str, Any], names: tuple[str, ...]) -> None:
    assert read(release() | change).also == names


def test_the_portals_page_of_the_advert_is_another_name_and_its_front_page_is_not() -> None:
    advert = "https://procontract.due-north.com/Advert?advertId=00000000-1111-2222-3333-444444444444"
    documents = [{"url": f"{advert}&p=99999999-1111-2222-3333-444444444444"}, {"url": "www.example.org"}, {}]
    assert read(release(documents=documents)).also == (advert,)
    assert read(release(submissionMethodDetails=f"Apply here: {advert}.")).also == (advert,)
    assert read(release(submissionMethodDetails="https://procontract.due-north.com/")).also == ()


@pytest.mark.parametrize("scheme", ["UKPGA", "CELEX"])
@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("Jam is wanted. Please note this opportunity has closed.", Effect.CLOSE),
        ("Please note that this opportunity mini competition is now closed", Effect.CLOSE),
        ("Once this opportunity has closed, bids are opened.", Effect.OPEN),
        ("This opportunity is closed to nobody's friends", Effect.CLOSE),
        ("The previous tender has closed.", Effect.OPEN),
        ("This opportunity closes at noon.", Effect.OPEN),
    ],
)
def test_an_advert_that_says_that_it_has_closed_is_closed(scheme: str, text: str, effect: Effect) -> None:
    tender = {"description": text, "documents": [{"noticeType": "UK4"}], "legalBasis": {"scheme": scheme}}
    notice = read(release(**tender))
    assert notice.effect is effect
    assert bool(notice.effect_reason) == (effect is Effect.CLOSE)


@pytest.mark.parametrize(
    ("section", "text", "effect"),
    [
        ("V.2.1", "The contract ends later.", Effect.AWARD),
        ("VII.1.2", "It costs more.", Effect.AWARD),
        ("V11.1.2.1", "It ends later.", Effect.AWARD),
        ("VI.3", "Something else.", Effect.NONE),
        ("V1.3", "Something else.", Effect.NONE),
        ("II.2.4", "It has been awarded.", Effect.AWARD),
        ("IV.1", "Something else.", Effect.NONE),
    ],
)
def test_a_correction_of_the_sections_about_the_award_tells_of_one(section: str, text: str, effect: Effect) -> None:
    change = {"newValue": {"text": text}, "where": {"section": section}}
    notice = read(old(["tenderUpdate"], amendments=[{"unstructuredChanges": [change]}]))
    assert notice.effect is effect


def test_what_has_to_be_passed_weighs_nothing() -> None:
    passed = criterion("quality", "Insurance", text="Pass/Fail as the documents say")
    assert shares_of([passed, criterion("price", "Price", text="100% as the documents say")], []) == (0, 100)
    assert shares_of([passed, criterion("quality", number=60), criterion("cost", number=40)], []) == (60, 40)
    assert shares_of([criterion("quality", text="100"), criterion("price", text="Pass or fail")], []) == (100, 0)
    assert shares_of([passed], []) is None


def test_a_hundred_of_quality_beside_a_price_counts_as_the_lots_text_says() -> None:
    criteria = [
        criterion("quality", "Taste", text="70"),
        criterion("quality", "Colour", text="30"),
        criterion("price", text="40"),
    ]
    assert shares_of(criteria, [], "The figures above are sub weights. Total quality weighting is 60%.") == (60, 40)
    assert shares_of(criteria, [], "Total quality weighting is 50%.") is None
    assert shares_of(criteria, [], "Jam.") is None


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        (KEY_CRITERIA, (75, 25)),
        ("The criteria are weighted so:<ul><li>Quality: 70%</li><li>Price: 30%</li></ul>", (70, 30)),
        ("Evaluation<br/>Quality<br/>60%<br/>Price<br/>40%", (60, 40)),
        ("Bids are evaluated on quality (70%) and price (30%). Half of them (50%) fail.", (70, 30)),
        ("Criteria: <br/>Quality 30%<br/>Taste of jam 40%<br/>Price 30%", None),
        ("Criteria: <br/>Quality 60%<br/>Social value 40%", None),
        ("Quality rose by 60%.<br/>Prices rose by 40%.", None),
        ("Lot 1 is evaluated on quality 60% and price 40%. Lot 2 is evaluated on quality 70% and price 30%.", None),
        ("Criteria:\nQuality criterion - Name: Taste / Weighting: 60\nPrice - Weighting: 40", (60, 40)),
        ("Criteria:\nQuality criterion - Name: Taste / Weighting: 62.50\nPrice - Weighting: 37.50", (62.5, 37.5)),
        ("Quality criterion - Name: Taste / Weighting: 60\nQuality criterion - Name: Value / Weighting: 40", None),
        ("Mini-competitions are evaluated on quality 60% and price 40%.", None),
        ("Award criteria of call-offs:\nQuality 60%\nPrice 40%", None),
        ("Evaluated well.", None),
        (None, None),
    ],
)
def test_weightings_in_running_text(text: str | None, shares: tuple[float, float] | None) -> None:
    assert shares_within(text) == shares


def test_the_weightings_of_a_description_hold_when_no_lot_states_any() -> None:
    text = "<ul><li>Award criteria: Quality 70%</li><li>Price 30%</li></ul>"
    notice = read(old(lots=[{"id": "1"}]) | {"description": text})
    assert (notice.quality_percent, notice.cost_percent) == (70, 30)
    exact = [criterion("quality", number=60), criterion("price", number=40)]
    own = {"id": "1", "awardCriteria": {"criteria": exact}}
    notice = read(old(lots=[own]) | {"description": text})
    assert (notice.quality_percent, notice.cost_percent) == (60, 40)
    differing = [own, {"id": "2"}]
    assert read(old(lots=differing) | {"description": text}).quality_percent is None


def test_the_weightings_in_the_text_of_a_lot_are_its_own() -> None:
    lots = [
        {"id": "1", "description": "Bids are scored on quality (70%) and price (30%)."},
        {"id": "2", "description": "Bids are scored on quality (60%) and price (40%)."},
    ]
    notice = read(old(lots=lots))
    assert [(lot.quality_percent, lot.cost_percent) for lot in notice.lots] == [(70, 30), (60, 40)]
    assert (notice.quality_percent, notice.cost_percent) == (None, None)


def test_what_is_asked_for_at_least_is_part_of_who_may_apply() -> None:
    criteria = [{"type": "economic", "description": "Sound accounts.", "minimum": "Two years of them."}]
    assert (
        read(release(selectionCriteria={"criteria": criteria})).eligibility == "Sound accounts.\n\nTwo years of them."
    )


@pytest.mark.parametrize(
    ("change", "tupe"),
    [
        ({"description": "TUPE may apply."}, True),
        ({"riskDetails": "Among the risks is TUPE."}, True),
        ({"contractTerms": {"financialTerms": "Costs of TUPE are borne."}}, True),
        ({"lots": [{"id": "1", "description": "Transfer of undertakings is expected."}]}, True),
        ({"description": "TUPE is unlikely to apply."}, False),
        ({"description": "Jam."}, None),
    ],
)
def test_a_transfer_of_staff_is_found_wherever_it_is_spoken_of(change: dict[str, Any], tupe: bool | None) -> None:
    assert read(release(**change)).tupe is tupe
