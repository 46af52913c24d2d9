"""What a release states about taking part, from the fields of hand-written releases."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from spiders.ocds import contracts_finder, release
from tenderbell.notice import Notice, Raw

CONTACT = {"name": "Jo Bloggs", "email": "jo.bloggs@council.example"}


def read(tender: dict[str, Any] | None = None, scheme: str = "UKPGA", **members: Any) -> Notice:
    buyer = {"id": "GB-PPON-AAAA-1111-BBBB", "name": "Example Council", "roles": ["buyer"]}
    body = {
        "ocid": "ocds-h6vhtk-0aaaaa", "id": "012345-2026", "tag": ["tender"], "date": "2026-03-02T10:00:00+00:00",
        "parties": [buyer], "tender": {"title": "Carers", "legalBasis": {"scheme": scheme}, **(tender or {})},
        **members,
    }  # fmt: skip
    return release.read_release(Raw("find-a-tender", "012345-2026", json.dumps(body).encode()))


@pytest.mark.parametrize("scheme", ["UKPGA", "CELEX"])
def test_scoring_is_told_in_the_words_and_figures_of_the_criteria(scheme: str) -> None:
    criteria = [
        {"type": "quality", "name": "Quality", "description": "How it will be run",
         "numbers": [{"number": 60, "weight": "percentageExact"}]},
        {"type": "price", "numbers": [{"number": 40, "weight": "percentageExact"}]},
        {"type": "cost", "name": "Whole life", "numbers": [{"number": 1, "weight": "order"}]},
    ]  # fmt: skip
    award = {"criteria": criteria, "weightingDescription": "Quality before price."}
    notice = read({"lots": [{"id": "1", "awardCriteria": award}, {"id": "2", "awardCriteria": award}]}, scheme)
    assert notice.scoring == "Quality, 60 %: How it will be run\nPrice, 40 %\nWhole life\nQuality before price."


def test_conditions_of_taking_part_are_the_least_that_is_asked_for() -> None:
    criteria = [{"type": "economic", "description": "Two years of accounts"}, {"minimum": "Insurance of £5m"}]
    notice = read({"lots": [{"id": "1", "selectionCriteria": {"criteria": criteria}}]})
    assert notice.minimum_requirements == "Two years of accounts\n\nInsurance of £5m"


def test_performance_terms_count_when_they_speak_of_monitoring() -> None:
    terms = {"contractTerms": {"performanceTerms": "A performance report to us each quarter."}}
    assert read(terms).monitoring == "A performance report to us each quarter."
    assert read({"contractTerms": {"performanceTerms": "Our usual terms apply."}}).monitoring is None


def test_agreed_indicators_of_a_signed_contract_are_named() -> None:
    contracts = [{"id": "1", "agreedMetrics": [{"id": "1", "title": "Calls answered"}, {"title": "Carers seen"}]}]
    assert read(contracts=contracts).monitoring == "Key performance indicators: Calls answered; Carers seen"


def test_summaries_for_bidders_and_the_standstill_are_told_as_uk_days() -> None:
    award = {"id": "1", "date": "2026-08-04T00:00:00+01:00",
             "assessmentSummariesDateSent": "2026-08-05T00:00:00+01:00",
             "standstillPeriod": {"endDate": "2026-08-19T23:59:59+01:00"}}  # fmt: skip
    notice = read(tag=["award", "contract"], awards=[award, {"id": "2", "date": "2026-08-01T09:00:00Z"}])
    assert notice.feedback == (
        "Assessment summaries sent to bidders: Wednesday 5 August 2026.\n"
        "Standstill period until Wednesday 19 August 2026."
    )
    assert notice.awarded_at == datetime(2026, 8, 3, 23, tzinfo=UTC)


def test_that_there_is_a_contact_is_read_but_never_who_it_is() -> None:
    buyer = {"id": "1", "name": "Example Council", "roles": ["buyer"], "contactPoint": CONTACT}
    notice = read(parties=[buyer])
    assert notice.contact is True
    assert "bloggs" not in repr(notice).lower()


@pytest.mark.parametrize("point", [None, {}, [], {"email": None}, {"name": 5}, "text"])
def test_an_empty_contact_point_is_none(point: Any) -> None:
    assert read(parties=[{"name": "Example Council", "roles": ["buyer"], "contactPoint": point}]).contact is None


def test_a_supplier_s_contact_is_not_the_buyer_s() -> None:
    supplier = {"name": "Big Works Ltd", "roles": ["supplier"], "contactPoint": CONTACT}
    assert read(parties=[{"name": "Example Council", "roles": ["buyer"]}, supplier]).contact is None


def test_a_document_that_is_a_glossary_counts() -> None:
    assert read({"documents": [{"title": "Annex B: Glossary of terms"}]}).glossary is True
    assert read({"documents": [{"title": "Specification"}]}).glossary is None


def test_what_is_silent_or_wrong_states_nothing() -> None:
    notice = read(
        {"contractTerms": [], "documents": "none", "lots": [{"id": "1", "awardCriteria": {"criteria": [{"type": 7}]}}]},
        awards=[{"id": "1", "date": "soon", "standstillPeriod": 5, "assessmentSummariesDateSent": None}],
    )
    names = ("scoring", "minimum_requirements", "monitoring", "feedback", "contact", "glossary", "awarded_at")
    assert [getattr(notice, name) for name in names] == [None] * 7


def test_contracts_finder_states_the_date_of_an_award_and_whether_there_is_a_contact() -> None:
    body = {
        "ocid": "ocds-b5fd17-0001", "id": "ocds-b5fd17-0001-2026", "tag": ["award"], "date": "2026-08-05T10:00:00Z",
        "parties": [{"name": "Example Council", "roles": ["buyer"], "contactPoint": CONTACT}],
        "tender": {"title": "Carers"}, "awards": [{"id": "1", "date": "2026-08-01T00:00:00Z"}],
    }  # fmt: skip
    notice = contracts_finder.read_release(Raw("contracts-finder", "1", json.dumps(body).encode()))
    assert (notice.awarded_at, notice.contact) == (datetime(2026, 8, 1, tzinfo=UTC), True)
