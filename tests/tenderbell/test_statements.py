"""What running text states about taking part, and what it does not."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderbell.wording import statements

READERS = (statements.monitoring, statements.scoring, statements.minimum_requirements, statements.eligibility,
           statements.feedback)  # fmt: skip
FLAGS = (statements.contact, statements.glossary)


@pytest.mark.parametrize(
    "text",
    [
        "The provider will report to the council every quarter.",
        "Performance will be measured by KPIs agreed with the provider.",
        "Key performance indicators are listed in the specification.",
        "Quarterly monitoring visits take place.",
        "You will send us a monitoring report at the end of the grant.",
        "Monitoring requirements: one page a year.",
        "Each group reports on its work every six months.",
    ],
)
def test_words_on_monitoring_are_found(text: str) -> None:
    assert statements.monitoring(f"It is a service for carers. {text} It starts in May.") == text


@pytest.mark.parametrize(
    "text",
    [
        "The work is air quality monitoring in the city.",
        "Supply of CCTV monitoring equipment.",
        "The annual report of the trust is on its website.",
        "Condition monitoring of bridges.",
        "A performance of music in the park.",
        "",
    ],
)
def test_monitoring_that_is_the_work_itself_is_not_taken_for_it(text: str) -> None:
    assert statements.monitoring(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Feedback will be given to all who apply.", True),
        ("Unsuccessful bidders can ask for feedback on their bid.", True),
        ("Bidders will be debriefed.", True),
        ("We value customer feedback in the service.", False),
    ],
)
def test_telling_bidders_how_they_did_is_not_what_customers_say(text: str, said: bool) -> None:
    assert bool(statements.feedback(text)) is said


@pytest.mark.parametrize(
    "text",
    [
        "For further information please contact the procurement team.",
        "Questions should be sent to grants@stroud.example.",
        "Contact: the commissioning office.",
        "Any clarifications must come through the portal by 5pm.",
        "Get in touch before you apply.",
        "Write to [see the notice].",
    ],
)
def test_a_text_that_says_whom_to_ask_has_a_contact(text: str) -> None:
    assert statements.contact(text) is True


@pytest.mark.parametrize("text", ["The centre runs contact sessions for families.", "Some questions remain.", "", None])
def test_a_text_that_names_nobody_to_ask_has_none(text: str | None) -> None:
    assert statements.contact(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [("A glossary of terms is in annex B.", True), ("Glossary", True), ("Glossy brochures", None), (None, None)],
)
def test_a_glossary_is_one_that_is_called_so(text: str | None, said: bool | None) -> None:
    assert statements.glossary(text) is said


def test_the_least_that_is_asked_for_is_quoted_sentence_by_sentence() -> None:
    text = (
        "We love the arts. Bidders must have public liability insurance of £5m. A minimum turnover of £50,000 applies."
    )
    assert statements.minimum_requirements(text) == (
        "Bidders must have public liability insurance of £5m.\nA minimum turnover of £50,000 applies."
    )


def test_scoring_and_eligibility_are_quoted_in_the_text_s_own_words() -> None:
    text = "Open to charities and small firms. Bids will be evaluated on quality 60% and price 40%."
    assert statements.eligibility(text) == "Open to charities and small firms."
    assert statements.scoring(text) == "Bids will be evaluated on quality 60% and price 40%."


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    for read in READERS:
        assert len(read(text) or "") <= statements.LONGEST_ANSWER
    assert {flag(text) for flag in FLAGS} <= {True, None}


@pytest.mark.parametrize(
    "piece",
    ["a", "a.", "report ", "quarterly ", "contact ", "questions ", "x@", "minimum ", "10% ", "open to ", "\n", "[see"],
)
def test_long_hostile_texts_are_read_in_a_moment(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    started = time.perf_counter()
    for read in (*READERS, *FLAGS):
        read(text)
    assert time.perf_counter() - started < 0.5


THINGS = {
    "glossary": (statements.glossary, "glossary", "A glossary of terms is attached."),
    "contact": (statements.contact, "contact the council", "Please contact the council with questions."),
    "monitoring": (statements.monitoring, "monitoring reports", "We require monitoring reports every quarter."),
    "minimum": (statements.minimum_requirements, "minimum requirements", "Minimum requirements: a policy."),
    "feedback": (statements.feedback, "feedback to unsuccessful bidders", "Bidders will be debriefed."),
}
DENIALS = [
    "There is no {}.", "No {} will follow.", "Please do not {}.", "We will not require {}.", "We don’t ask for {}.",
    "There will never be any {}.", "It is done without {}.",
]  # fmt: skip


@pytest.mark.parametrize("denial", [*DENIALS, "The {} is not provided.", "The {} are not required.", "A {}: none."])
@pytest.mark.parametrize("name", THINGS)
def test_to_deny_a_thing_is_not_to_tell_it(name: str, denial: str) -> None:
    read, thing, told = THINGS[name]
    assert not read(denial.format(thing)), denial.format(thing)
    assert read(f"{denial.format(thing)} {told}"), "what else the text says still counts"


@pytest.mark.parametrize(
    "text",
    ["No minimum requirements apply.", "There is no glossary.", "We will not require monitoring reports.",
     "Feedback will not be given.", "Please do not contact the council."],
)  # fmt: skip
def test_denials_are_read_as_such(text: str) -> None:
    assert not any(read(text) for read in (*READERS, *FLAGS))


@pytest.mark.parametrize(
    "text",
    ["Bidders must have no less than £5m public liability cover.", "Not only quarterly monitoring, also visits.",
     "We ask for no more than quarterly monitoring."],
)  # fmt: skip
def test_a_no_that_limits_is_no_denial(text: str) -> None:
    assert statements.monitoring(text) or statements.minimum_requirements(text)
