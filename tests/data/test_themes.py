"""The 25 themes, tried on titles that were invented for the purpose."""

import csv
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderbell.lexicon import spelt_out
from tenderbell.themes import load_themes, theme_file, theme_names, themes_of
from tests.data import invented_titles

NAMES = (
    "Children and young people", "Early years and family support", "Older people", "Carers", "Mental health",
    "Health and wellbeing", "Physical disability and learning disability", "Homelessness and housing support",
    "Domestic abuse and sexual violence", "Drugs and alcohol", "Advice and money", "Food", "Employment and skills",
    "Education and training", "Refugees and equality", "Community safety and justice",
    "Community development and volunteering", "Rural", "Transport", "Digital inclusion", "Arts, culture and heritage",
    "Sport and play", "Environment and climate", "Faith", "Animals",
)  # fmt: skip

TITLES = (
    ("Detached youth work on Friday nights", {"children-and-young-people"}),
    ("Independent visitors for care leavers", {"children-and-young-people"}),
    ("Stay-and-play sessions for toddlers", {"early-years-and-family-support"}),
    ("Perinatal peer groups for new parents", {"early-years-and-family-support"}),
    ("Tea and company for older people in Lydney", {"older-people"}),
    ("Dementia singing afternoons", {"older-people", "arts-culture-and-heritage"}),
    ("Breaks for young carers", {"children-and-young-people", "carers"}),
    ("Sitting service for unpaid carers", {"carers"}),
    ("Suicide prevention outreach", {"mental-health"}),
    ("Bereavement counselling in villages", {"mental-health", "rural"}),
    ("Social prescribing link workers", {"health-and-wellbeing"}),
    ("Stop smoking support", {"health-and-wellbeing"}),
    ("Supported living for autistic adults", {"disability"}),
    ("SEND information for families", {"disability", "early-years-and-family-support"}),
    ("Night shelter and move-on support", {"homelessness-and-housing-support"}),
    ("Housing First tenancies", {"homelessness-and-housing-support"}),
    ("IDVA service for survivors", {"domestic-abuse-and-sexual-violence"}),
    ("Domestic abuse refuge support", {"domestic-abuse-and-sexual-violence"}),
    ("Recovery café for people leaving alcohol behind", {"drugs-and-alcohol"}),
    ("Debt and welfare rights casework", {"advice-and-money"}),
    ("Food bank network development", {"food"}),
    ("Community kitchens and pantries", {"food"}),
    ("Connect to Work job coaching", {"employment-and-skills"}),
    ("Supported employment for school leavers", {"employment-and-skills"}),
    ("Adult learning in libraries", {"education-and-training"}),
    ("ESOL classes for refugees", {"education-and-training", "refugees-and-equality"}),
    ("Gypsy and Traveller community liaison", {"refugees-and-equality"}),
    ("Victim support and restorative justice", {"community-safety-and-justice"}),
    ("Volunteer centre infrastructure", {"community-development-and-volunteering"}),
    ("Small grants for residents' associations", {"community-development-and-volunteering"}),
    ("Village hall roof grants", {"rural", "community-development-and-volunteering"}),
    ("Community transport and dial-a-ride", {"transport"}),
    ("Voluntary car scheme co-ordination", {"transport"}),
    ("Digital inclusion hubs", {"digital-inclusion"}),
    ("Public art with a lantern parade", {"arts-culture-and-heritage"}),
    ("Museum outreach officer", {"arts-culture-and-heritage"}),
    ("Walking football for beginners", {"sport-and-play"}),
    ("Play rangers on the common", {"sport-and-play"}),
    ("Tree planting with schools", {"environment-and-climate"}),
    ("Hospital chaplaincy volunteers", {"faith"}),
    ("Stray dogs and rehoming", {"animals"}),
)  # fmt: skip

ABSENT = (
    ("Careers fair exhibition stands", "carers"),
    ("Please send your proposals for archive scanning", "disability"),
    ("Foster carers' mileage payments", "carers"),
    ("Digital inclusion hubs", "refugees-and-equality"),
    ("Community transport and dial-a-ride", "community-development-and-volunteering"),
    ("Fire prevention paint", "health-and-wellbeing"),
    ("Wind farm cable survey", "rural"),
    ("PET-CT scanning", "animals"),
    ("State of the art conference suite", "arts-culture-and-heritage"),
    ("Church Street junction", "faith"),
    ("Debt collection agents", "advice-and-money"),
    ("Disaster recovery site", "drugs-and-alcohol"),
)

NOTHING = (
    "Highways works in the Forest of Dean",
    "Roof repairs at the children's centre",
    "Boiler replacement at the youth club",
    "Case management software for social care",
    "Supply of wheelchairs and equipment",
    "Grounds maintenance for village greens",
    "Refurbishment of the community hall",
    "School catering",
    "Security guarding at the museum",
    "Office furniture",
    "Legal services framework",
    "Resurfacing of the sports pitch",
    "External audit",
    "Pathology reagents",
    "Payroll for schools",
    "Mobile telephony",
)


def test_there_are_exactly_the_25_themes_in_their_order() -> None:
    assert tuple(theme.name for theme in load_themes()) == NAMES
    assert len(theme_names()) == 25
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", theme.id) for theme in load_themes())


def test_every_phrase_is_made_of_words_and_every_code_is_a_prefix() -> None:
    phrases = [*theme_file().never, *theme_file().unless]
    for theme in load_themes():
        phrases += [*theme.words, *theme.described, *theme.not_words]
        assert all(re.fullmatch(r"[0-9]{3,8}", code) for code in theme.cpv)
        assert theme.words
        assert theme.described
    for phrase in phrases:
        rows = spelt_out(phrase)
        assert rows, phrase
        assert all(row and all(re.fullmatch(r"[^\W_]+", word) for word in row) for row in rows), phrase
        assert all(row[0] != "and" != row[-1] for row in rows), f"{phrase!r} would lose its “and”"


def test_a_phrase_stands_once_in_a_list() -> None:
    for theme in load_themes():
        for phrases in (theme.words, theme.described, theme.not_words):
            assert len(set(phrases)) == len(phrases), theme.id


@pytest.mark.parametrize(("title", "wanted"), invented_titles.TITLES)
def test_an_invented_title_has_exactly_its_themes(title: str, wanted: set[str]) -> None:
    assert themes_of((), title).keys() == wanted


def test_every_theme_is_tried_exactly() -> None:
    assert {theme for _, wanted in invented_titles.TITLES for theme in wanted} == set(theme_names())


@pytest.mark.parametrize(("title", "description", "codes", "wanted"), invented_titles.DESCRIBED)
def test_a_title_that_says_nothing_leaves_it_to_the_description(
    title: str, description: str, codes: tuple[str, ...], wanted: set[str]
) -> None:
    assert themes_of(codes, title, description).keys() == wanted
    assert all("in the description" in evidence for evidence in themes_of(codes, title, description).values())


def test_the_description_adds_less_to_a_title_that_speaks_for_itself() -> None:
    background = "The county has many villages. " * 8 + "Some are homeless people."
    assert themes_of((), "Young carers", background).keys() == {"children-and-young-people", "carers"}
    assert "homelessness-and-housing-support" in themes_of((), "Lot 3", background)


def test_the_names_of_lots_show_themes_and_supplies_among_them_do_not() -> None:
    lots = "Social care framework\nDementia day centres\nRural North\nSupply of wheelchairs"
    assert themes_of((), lots) == {"older-people": "“Dementia” in the name of a lot"}


def test_only_codes_of_works_leave_no_theme_whatever_the_title_says() -> None:
    assert themes_of(("45000000", "45210000"), "Women's refuge, phase 2") == {}
    assert themes_of(("45000000", "85000000"), "Women's refuge, phase 2")
    assert themes_of(("45000000",), "Grants for village halls")


def test_a_phrase_inside_another_meaning_does_not_count_and_one_beside_it_does() -> None:
    assert themes_of((), "Foster carers mileage") == {}
    assert "carers" in themes_of((), "Foster carers and young adult carers")


def test_evidence_is_what_the_title_says_as_it_says_it() -> None:
    assert themes_of((), "LGBTQ+ & anti-racist youth groups")["refugees-and-equality"] == "“LGBTQ”"
    assert themes_of((), "Crisis Café")["mental-health"] == "“Crisis Café”"
    assert themes_of((), "Women’s refuge")["homelessness-and-housing-support"] == "“refuge”"


@settings(max_examples=150)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_read_and_all_evidence_stands_in_it(title: str, description: str) -> None:
    for evidence in themes_of((), title, description).values():
        quoted = evidence.split("“")[1].split("”")[0]
        assert quoted in f"{title}\n{description}"


def test_a_very_long_title_is_no_trouble() -> None:
    started = time.perf_counter()
    assert themes_of((), "children hospital " * 20_000, "young carers " * 20_000) is not None
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(("title", "wanted"), TITLES)
def test_a_title_shows_its_themes(title: str, wanted: set[str]) -> None:
    assert wanted <= themes_of((), title).keys()
    assert wanted <= themes_of((), title.upper() if "SEND" not in title else title).keys()


def test_every_theme_is_tried() -> None:
    assert {theme for _, wanted in TITLES for theme in wanted} == set(theme_names())


@pytest.mark.parametrize(("title", "theme"), ABSENT)
def test_a_word_that_only_looks_alike_shows_no_theme(title: str, theme: str) -> None:
    assert theme not in themes_of((), title)


@pytest.mark.parametrize("title", NOTHING)
def test_works_and_supplies_have_no_theme(title: str) -> None:
    assert themes_of(("85311300", "98000000"), title) == {}


def test_a_code_shows_a_theme_and_says_so() -> None:
    assert themes_of(("85311100",), "Lot 7") == {"older-people": "CPV 85311100"}
    assert themes_of((), "Carers’ breaks")["carers"] == "“Carers”"


@pytest.mark.corpus
def test_codes_are_codes_of_the_vocabulary(corpus: Path) -> None:
    with (corpus / "reference/cpv2008_en.csv").open(encoding="utf-8-sig") as file:
        known = [row["code"] for row in csv.DictReader(file)]
    for theme in load_themes():
        for prefix in theme.cpv:
            assert any(code.startswith(prefix) for code in known), (theme.id, prefix)
