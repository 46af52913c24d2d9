"""The 25 themes, tried on titles that were invented for the purpose."""

import csv
import re
from pathlib import Path

import pytest

from tenderbell.themes import load_themes, theme_names, themes_of

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


def test_every_word_is_a_pattern_and_every_code_a_prefix() -> None:
    for theme in load_themes():
        for word in (*theme.words, *theme.not_words):
            assert not re.search(word, ""), f"{theme.id}: {word!r} matches nothing at all"
        assert all(re.fullmatch(r"[0-9]{3,8}", code) for code in theme.cpv)
        assert theme.words


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
