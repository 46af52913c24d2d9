"""What a release states about taking part, besides who may and by when: how bids are scored, the least that a bidder
must have, monitoring, telling bidders how they did, whether it names a contact and a glossary, when it was awarded.

Where each field sits: sources.md section 8. Of a contact only its being there is read, never who it is.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from spiders.formats.reading import Object, Reading
from spiders.ocds.common import Fields, eligibility
from spiders.ocds.parties import BUYING_ROLES
from tenderbell.clock import uk
from tenderbell.phrases import day_words
from tenderbell.wording import statements

_LONGEST = 6_000
_WAYS_TO_ASK = ("email", "telephone", "name", "url", "faxNumber")
_TYPES = {"quality": "Quality", "price": "Price", "cost": "Cost"}


def terms(
    reading: Reading, release: Object, tender: Object, awards: list[Object], contracts: Iterable[Object] = ()
) -> Fields:
    """Return what a release states of it, as arguments of `Notice`."""
    lots = reading.objects(tender, "lots", "tender.")
    other = reading.object(tender, "otherRequirements", "tender.")
    return {
        "scoring": _joined(_scoring(reading, tender, lots)),
        "minimum_requirements": eligibility(reading, (tender, other, *lots)),
        "monitoring": _joined(_monitoring(reading, tender, contracts)),
        "feedback": _joined(_feedback(reading, awards)),
        "contact": _names_contact(reading, release),
        "glossary": _has_glossary(reading, release, tender, awards),
        "awarded_at": awarded_at(reading, awards),
    }


def awarded_at(reading: Reading, awards: Iterable[Object]) -> datetime | None:
    """Return when the last of the awards was made, None when no award says."""
    dates = (reading.instant(award, "date", "awards.") for award in awards)
    return max((date for date in dates if date), default=None)


def _joined(texts: Iterable[str | None]) -> str | None:
    """Return the texts on lines of their own, each once."""
    return "\n".join(dict.fromkeys(text for text in texts if text))[:_LONGEST] or None


def _scoring(reading: Reading, tender: Object, lots: list[Object]) -> Iterator[str | None]:
    for parent in (*lots, reading.object(tender, "lotDetails", "tender."), tender):
        award = reading.object(parent, "awardCriteria", "tender.lots.")
        for criterion in reading.objects(award, "criteria", "tender.lots.awardCriteria."):
            yield _criterion(reading, criterion)
        for name in ("description", "weightingDescription"):
            yield reading.text(award, name, "tender.lots.awardCriteria.")
        yield reading.text(parent, "awardCriteriaDetails", "tender.")


def _criterion(reading: Reading, criterion: Object) -> str | None:
    """Return one criterion on one line: "Quality, 60 %: how the service will be run"."""
    at = "tender.lots.awardCriteria.criteria."
    name = reading.line(criterion, "name", at) or _TYPES.get(str(criterion.get("type")))
    figures = [
        f"{number['number']:g} %"
        for number in reading.objects(criterion, "numbers", at)
        if number.get("weight") == "percentageExact" and isinstance(number.get("number"), int | float)
    ]
    label = ", ".join(part for part in (name, *figures) if part)
    return ": ".join(part for part in (label, reading.text(criterion, "description", at)) if part) or None


def _monitoring(reading: Reading, tender: Object, contracts: Iterable[Object]) -> Iterator[str | None]:
    """Yield what the performance terms say of it, and the key performance indicators of a signed contract by name."""
    at = "tender.contractTerms."
    yield statements.monitoring(
        reading.text(reading.object(tender, "contractTerms", "tender."), "performanceTerms", at)
    )
    for contract in contracts:
        metrics = reading.objects(contract, "agreedMetrics", "contracts.")
        titles = [title for metric in metrics if (title := reading.line(metric, "title", "contracts.agreedMetrics."))]
        yield f"Key performance indicators: {'; '.join(titles)}" if titles else None


def _feedback(reading: Reading, awards: list[Object]) -> Iterator[str]:
    for award in awards:
        if sent := reading.instant(award, "assessmentSummariesDateSent", "awards."):
            yield f"Assessment summaries sent to bidders: {day_words(uk(sent).date())}."
        standstill = reading.object(award, "standstillPeriod", "awards.")
        if ends := reading.instant(standstill, "endDate", "awards.standstillPeriod."):
            yield f"Standstill period until {day_words(uk(ends).date())}."


def _names_contact(reading: Reading, release: Object) -> bool | None:
    for party in reading.objects(release, "parties", ""):
        if not BUYING_ROLES.isdisjoint(role for role in party.get("roles") or () if isinstance(role, str)):
            point = party.get("contactPoint")
            if isinstance(point, dict) and any(isinstance(point.get(way), str) for way in _WAYS_TO_ASK):
                return True
    return None


def _has_glossary(reading: Reading, release: Object, tender: Object, awards: list[Object]) -> bool | None:
    for parent in (tender, reading.object(release, "planning", ""), *awards):
        for document in reading.objects(parent, "documents", "documents."):
            titles = (document.get("title"), document.get("description"))
            if any(isinstance(title, str) and statements.glossary(title) for title in titles):
                return True
    return None
