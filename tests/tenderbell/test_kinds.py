"""Of which kind something is, tried on titles and descriptions that were invented for the purpose."""

from typing import Any

import pytest

from tenderbell.compiling.kinds import kind_of
from tenderbell.notice import Notice
from tenderbell.vocabulary import Kind
from tests.tenderbell.notices import notice

GRANTS = (
    ("Request for applications: Voluntary and Community Sector Fund 2028-2031", ""),
    ("Small grants for neighbourhood groups", ""),
    ("Arts development grants, second round", ""),
    ("Community Wellbeing Fund", "Grants of up to £5,000 are there for groups that meet in the district."),
    ("Grant funding opportunity: detached youth work", "Applicants apply for a grant by noon on Friday."),
    ("Call for proposals: Festival Fund", ""),
    ("Bursaries for volunteer leaders", ""),
    ("Councillors' community fund", "Each ward has £2,000 to give."),
    ("Warm spaces grants 2027", "A grant agreement will be issued."),
    ("Climate fund for parishes", "Grants will be awarded twice a year."),
)
CONTRACTS = (
    ("Delivery of a community grants programme", "The provider will run the programme for three years."),
    ("Fund manager for the county growth fund", ""),
    ("Grants management system", ""),
    ("Assessment of applications to the innovation grants scheme", ""),
    ("Evaluation of the Youth Fund", ""),
    ("Independent audit of grant claims", ""),
    ("Towns Fund: refurbishment of the corn hall", ""),
    ("Disabled facilities grant works", ""),
    ("Grant-funded insulation of 200 homes", ""),
    ("Adult Skills Fund delivery partners", ""),
    ("Pension fund custodian", ""),
    ("Fundraising consultancy", ""),
    ("Painting at Grant Street school", ""),
    ("Charitable funds upgrade", ""),
    ("Heat network study", "The town council learnt that its application to the Energy Fund was successful."),
    ("Recovery coordination", "The trust also receives periodic grant funding for parts of this."),
    ("Playground works", "The council has been awarded a grant of £90,000 for this."),
    ("Insurance for Framework Housing", ""),
    ("Development of an outcomes framework", ""),
    ("Student loans data service", ""),
    ("Equipment loan store", ""),
    ("Museum loan agreements software", ""),
    ("Gas boilers via the Fernhill Framework", ""),
    ("Roofing: mini-competition under the Eastshire framework", ""),
    ("Advice on pay, call-off 3", ""),
    ("Support for young carers", ""),
)
FRAMEWORKS = (
    ("Framework for skills bootcamps", ""),
    ("Mental health services framework agreement (re-opening)", ""),
    ("Pseudo-framework for adult learning", ""),
    ("Fresh fruit", "Our members wish to establish a new framework agreement."),
    ("Building materials", "The aim is the creation of the new framework from which members call off."),
)
DYNAMIC = (
    ("DPS for holiday activities", ""),
    ("Dynamic purchasing system: minibuses", ""),
    ("Dynamic Market for small bus services", ""),
    ("Retrofit contractors", "This landlord wants to set up a DPS."),
)
LOANS = (
    ("Interest-free loans for social enterprises", ""),
    ("Community loan fund", ""),
    ("Social investment for charities", ""),
    ("Repayable finance for village shops", ""),
)
CONCESSIONS = (("Café concession at the country park", ""), ("Ice cream concessions 2027", ""))
UNCLEAR = (
    ("Household support", "Applications are invited for the hardship fund."),
    ("Open select list for supported accommodation", ""),
    ("Delivery of the hardship fund", "Grants will be awarded to groups that know their neighbours."),
)
CASES = tuple(
    (title, text, kind)
    for kind, cases in (
        (Kind.GRANT, GRANTS),
        (Kind.CONTRACT, CONTRACTS),
        (Kind.FRAMEWORK, FRAMEWORKS),
        (Kind.DYNAMIC_MARKET, DYNAMIC),
        (Kind.LOAN, LOANS),
        (Kind.CONCESSION, CONCESSIONS),
        (Kind.UNCLEAR, UNCLEAR),
    )
    for title, text in cases
)


def told(title: str, text: str = "", **facts: Any) -> tuple[Kind, str]:
    return kind_of([notice(1, title=title, description=text or None, **facts)], title)


@pytest.mark.parametrize(("title", "text", "kind"), CASES)
def test_the_words_lead_to_the_kind(title: str, text: str, kind: Kind) -> None:
    assert told(title, text)[0] is kind


@pytest.mark.parametrize(("title", "text", "kind"), CASES)
def test_every_kind_says_which_words_led_to_it(title: str, text: str, kind: Kind) -> None:
    _, evidence = told(title, text)
    assert evidence.endswith(".")
    quoted = evidence.split("“")[1].split("”")[0] if "“" in evidence else ""
    assert quoted in f"{title}\n{text}"
    assert quoted or kind is Kind.CONTRACT


def test_a_source_that_states_the_kind_is_believed() -> None:
    assert told("Village hall", kind=Kind.GRANT, kind_evidence="It is a funder.") == (Kind.GRANT, "It is a funder.")


def test_a_notice_that_ticks_a_framework_is_one() -> None:
    assert told("Catering disposables", framework=True) == (
        Kind.FRAMEWORK,
        "The notice says that it is a framework agreement.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "This will be procured via the Northern Buyers framework NB12.",
        "Lunches: the school has awarded a further competition through the County DPS.",
        "It is a call-off contract of four years.",
    ],
)
def test_a_call_off_is_a_contract_although_the_notice_ticks_a_framework(text: str) -> None:
    kind, evidence = told("Meals for schools", text, framework=True)
    assert kind is Kind.CONTRACT
    assert "call-off" in evidence


def test_a_framework_that_explains_its_call_offs_stays_one() -> None:
    text = "We seek to award a framework agreement, and call-off contracts will follow."
    assert told("Project managers", text, framework=True)[0] is Kind.FRAMEWORK


def test_a_dynamic_market_and_a_concession_are_what_the_notice_says() -> None:
    assert told("Energy", dynamic_market=True)[0] is Kind.DYNAMIC_MARKET
    assert told("Charging points", concession=True)[0] is Kind.CONCESSION


def test_the_newest_notice_that_has_a_description_is_read() -> None:
    older: list[Notice] = [
        notice(1, title="Youth", description="This is a grant."),
        notice(2, title="Youth", description=None),
    ]
    assert kind_of(older, "Youth work fund")[0] is Kind.GRANT
    assert kind_of([], None) == (
        Kind.CONTRACT,
        "It is published as a public contract, and nothing in it offers a grant.",
    )
