"""What was understood of an advert, field by field: the same for one that is here and for a draft."""

from collections.abc import Iterator
from datetime import datetime

from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity
from tenderbell.pages.reasons import Fact, plain
from tenderbell.phrases import (
    NOT_STATED,
    day_words,
    deadline_words,
    exact_money_words,
    kind_words,
    moment_words,
    notice_words,
)
from tenderbell.text import excerpt
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind

LONGEST_SHOWN = 300

WHO, NEEDS, HOW = "Who can apply", "What everybody must show", "How to apply"
SCORED, TRANSFER, PLACE = "How bids are scored", "Staff transfer (TUPE)", "Place of delivery"
REPORTING, TOLD_HOW = "Reporting afterwards", "Telling bidders how they did"
"""The names of the facts that an opportunity's page shows as well."""


class Weights(Record, frozen=True, omit_defaults=True):
    """What counts in the scoring, in whole per cent, for a bar 100 wide; `rest` is what the notice gives to neither."""

    quality: int
    cost: int
    words: str

    @property
    def rest(self) -> int:
        """What neither is given."""
        return max(0, 100 - self.quality - self.cost)


def understood(one: Opportunity, area: Area) -> list[Fact]:
    """Return every field as it was understood, with the words relied on as the note where they are kept. `area` gives
    the districts their names."""
    return [*_what(one), *_when(one), *_terms(one), *_where(one, area)]


def understood_draft(one: Opportunity, area: Area) -> list[Fact]:
    """Return the same of a draft, without what only a notice that was published has."""
    return [fact for fact in understood(one, area) if fact.stated or fact.label not in _OF_NOTICES]


_OF_NOTICES = frozenset({"Published", "Notice given", "Early talks until", "Lots", "Codes (CPV)", "References"})


def _what(one: Opportunity) -> Iterator[Fact]:
    kind = None if one.kind is Kind.UNCLEAR else kind_words(one.kind)
    yield _fact("Title", None if one.title.startswith("Untitled notice") else one.title)
    yield _fact("Commissioner or funder", one.buyer)
    yield _fact("What it is", kind, one.kind_evidence)
    yield _fact("Value", value_words(one), one.evidence.get("value"))
    yield _fact("Lots", f"{len(one.lots)}" if one.lots else None)


def _when(one: Opportunity) -> Iterator[Fact]:
    relied_on = one.evidence.get("closes_at") or one.evidence.get("expected_closes_at") or ""
    yield _fact("Published", _moment(one.published_at))
    yield _fact("Closes", _closing(one), relied_on.split(", in notice draft")[0])
    yield _fact("Notice given", notice_words(one.notice_days) if one.notice_days is not None else None)
    yield _fact("Early talks until", _moment(one.engagement_closes_at))
    yield _fact("Questions until", deadline_words(one.enquiries_close_at) if one.enquiries_close_at else None)
    yield _fact("Decision", _day(one.decision_expected_at))
    yield _fact("Starts", _day(one.starts_at))
    yield _fact("Ends", _day(one.ends_at))


def _terms(one: Opportunity) -> Iterator[Fact]:
    yield _fact("For charities and community groups", _suitable(one))
    yield _fact(WHO, one.eligibility)
    yield _fact(NEEDS, one.minimum_requirements)
    yield _fact(HOW, one.how_to_apply)
    yield _fact(SCORED, scoring_words(one))
    yield _fact(REPORTING, one.monitoring)
    yield _fact(TOLD_HOW, one.feedback)
    yield _fact(TRANSFER, transfer_words(one))
    yield _fact("Whom to ask", "It says whom to ask" if one.contact else None)
    yield _fact("Glossary", "There is one" if one.glossary else None)


def _where(one: Opportunity, area: Area) -> Iterator[Fact]:
    names = {district.slug: district.name for district in area.districts}
    themed = " ".join(words for theme in one.themes if (words := one.evidence.get(f"theme:{theme}")))
    yield _fact("Subjects", ", ".join(theme_names().get(theme, theme) for theme in one.themes), themed)
    yield _fact("Codes (CPV)", ", ".join(f"{s.code} {s.label or ''}".strip() for s in one.subjects[:8]))
    yield _fact("Districts", ", ".join(names.get(slug, slug) for slug in one.districts))
    yield _fact(PLACE, one.delivery_text)
    known = [] if one.source == "draft" else one.notices[:6]
    yield _fact("References", ", ".join([*known, *one.ocids[:3], *one.references[:6]]))


def _fact(label: str, words: str | None, relied_on: str | None = None) -> Fact:
    note = plain(relied_on or "")
    if not words or words == NOT_STATED:
        return Fact(label, NOT_STATED, note, stated=False)
    return Fact(label, excerpt(words, LONGEST_SHOWN) or words, note)


def _moment(moment: datetime | None) -> str | None:
    return moment_words(moment) if moment else None


def _day(moment: datetime | None) -> str | None:
    return day_words(uk(moment).date()) if moment else None


def _closing(one: Opportunity) -> str | None:
    if one.closes_at:
        return deadline_words(one.closes_at)
    return "No deadline: it is always open" if one.rolling else None


def value_words(one: Opportunity) -> str | None:
    """Return the amounts as stated, each with what it is; None when there are none."""
    low, high, currency = one.value_low, one.value_high, one.currency
    parts = []
    if low is not None and high is not None and low != high:
        parts.append(f"from {exact_money_words(low, currency)} to {exact_money_words(high, currency)}")
    elif (amount := high or low) is not None:
        parts.append(exact_money_words(amount, currency))
    elif (amount := one.value_gross or one.value_net) is not None:
        parts.append(f"{exact_money_words(amount, currency)} {'with' if one.value_gross else 'without'} VAT")
    if one.value_fund is not None:
        parts.append(f"from a fund of {exact_money_words(one.value_fund, currency)}")
    if not parts and one.value is not None:
        parts.append(f"{exact_money_words(one.value)}{f' ({one.value_basis})' if one.value_basis else ''}")
    return f"{', '.join(parts)}{' a year' if one.value_yearly else ''}" if parts else None


def _suitable(one: Opportunity) -> str | None:
    if one.reserved_vcse:
        return "Reserved for them"
    return {True: "Told that they may apply", False: "Not marked as suitable", None: None}[one.vcse_suitable]


def scoring_words(one: Opportunity) -> str | None:
    """Return how bids are scored: in per cent, else in the notice's words; None when neither is stated."""
    found = weights(one)
    return found.words if found else one.scoring


def weights(one: Opportunity) -> Weights | None:
    """Return how quality and cost are weighed, None when neither is stated. Of one alone the other is not guessed."""
    quality, cost = one.quality_percent, one.cost_percent
    parts = [f"{name} {percent:g}%" for name, percent in (("quality", quality), ("cost", cost)) if percent is not None]
    if not parts:
        return None
    first = min(100, max(0, round(quality or 0)))
    return Weights(first, min(100 - first, max(0, round(cost or 0))), ", ".join(parts).capitalize())


def transfer_words(one: Opportunity) -> str | None:
    """Return what is said of a transfer of staff, None when nothing is."""
    if one.tupe is None:
        return None
    return "The notice says that staff may move to the new provider" if one.tupe else "The notice says: none"
