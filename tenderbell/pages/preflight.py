"""Preflight: what a draft advert would be shown to say, before it is published. Nothing of it is kept."""

from collections.abc import Iterator
from datetime import datetime

from tenderbell.advert import Advert, notice_of
from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.drafts import opportunity_of, read_draft
from tenderbell.notice import Notice, Record
from tenderbell.opportunity import Opportunity
from tenderbell.pages.findings import FindingsShown, findings_shown
from tenderbell.pages.reasons import Fact
from tenderbell.phrases import NOT_STATED, day_words, deadline_words, exact_money_words, kind_words
from tenderbell.text import LONGEST_DESCRIPTION, excerpt
from tenderbell.vocabulary import Kind, Result

_BRIEF = 300
_CLOSING = "Deadline"


class Preflight(Record, frozen=True, omit_defaults=True):
    """What a draft would get. `understood` is what was read of it, field by field; `summary` says how many of its
    findings are met; `was_cut` when only its beginning was read; `doubts` are sentences about what was not clear."""

    findings: FindingsShown
    understood: tuple[Fact, ...]
    summary: str
    was_cut: bool
    doubts: tuple[str, ...]


def look_over(draft: str, area: Area, now: datetime) -> Preflight | None:
    """Return what a pasted draft would get if it were published at `now`; None when there are no words in it."""
    if not draft.strip():
        return None
    return look_over_notice(read_draft(draft, now), area, now, was_cut=len(draft.strip()) > LONGEST_DESCRIPTION)


def look_over_advert(advert: Advert, area: Area, now: datetime) -> Preflight | None:
    """Return what an advert from the short form would get if it were published at `now`; None when it is empty."""
    if advert == Advert():
        return None
    return look_over_notice(notice_of(advert, "draft", None, now), area, now)


def look_over_notice(notice: Notice, area: Area, now: datetime, *, was_cut: bool = False) -> Preflight | None:
    """Return what an advert would get, as a notice published at `now`; None when it opens nothing."""
    opportunity = opportunity_of(notice, area, now)
    if opportunity is None:
        return None
    return Preflight(
        findings=findings_shown(opportunity, area, "draft"),
        understood=tuple(_understood(opportunity)),
        summary=_summary(opportunity),
        was_cut=was_cut,
        doubts=(*opportunity.doubts, *_passed(opportunity, now)),
    )


def _passed(opportunity: Opportunity, now: datetime) -> tuple[str, ...]:
    closes = opportunity.closes_at
    return ("The deadline that it gives has passed.",) if closes is not None and closes <= now else ()


def _summary(opportunity: Opportunity) -> str:
    results = [finding.result for finding in opportunity.findings]
    met, missed, silent = (results.count(result) for result in (Result.MET, Result.NOT_MET, Result.NOT_STATED))
    parts = [f"{met} of the {len(results)} things that we look for {'is' if met == 1 else 'are'} there"]
    if missed:
        parts.append(f"{missed} {'falls' if missed == 1 else 'fall'} short")
    if silent:
        parts.append(f"{silent} {'is' if silent == 1 else 'are'} not stated")
    return ", ".join(parts) + "."


def _understood(opportunity: Opportunity) -> Iterator[Fact]:
    yield _fact("Title", None if opportunity.title.startswith("Untitled notice") else opportunity.title)
    kind = None if opportunity.kind is Kind.UNCLEAR else kind_words(opportunity.kind)
    yield _fact("What it is", kind, opportunity.kind_evidence)
    yield _fact("Who offers it", opportunity.buyer)
    yield _fact(_CLOSING, _deadline(opportunity), opportunity.evidence.get("closes_at", "").split(", in notice")[0])
    questions = opportunity.enquiries_close_at
    yield _fact("Questions until", deadline_words(questions) if questions else None)
    for label, moment in (
        ("Decision by", opportunity.decision_expected_at),
        ("Starts", opportunity.starts_at),
        ("Ends", opportunity.ends_at),
    ):
        yield _fact(label, day_words(uk(moment).date()) if moment else None)
    yield _fact("Worth", _worth(opportunity))
    yield _fact("Who may apply", opportunity.eligibility)
    yield _fact("Voluntary groups", "Told that they may apply" if opportunity.vcse_suitable else None)
    yield _fact("What every applicant must have", opportunity.minimum_requirements)
    yield _fact("Scoring", _scoring(opportunity))
    yield _fact("Reporting afterwards", opportunity.monitoring)
    yield _fact("Whom to ask", "It says whom to ask" if opportunity.contact else None)
    yield _fact("Glossary", "There is one" if opportunity.glossary else None)
    transfer = "It speaks of it" if opportunity.tupe else "It says that none is likely"
    yield _fact("Staff transfer (TUPE)", None if opportunity.tupe is None else transfer)


def _fact(label: str, words: str | None, note: str | None = None) -> Fact:
    if not words:
        return Fact(label, NOT_STATED, note or "", stated=False)
    return Fact(label, excerpt(words, _BRIEF) or words, note or "")


def _deadline(opportunity: Opportunity) -> str | None:
    if opportunity.rolling:
        return "None: it is open all the time"
    return deadline_words(opportunity.closes_at) if opportunity.closes_at else None


def _worth(opportunity: Opportunity) -> str | None:
    low, high, fund = opportunity.value_low, opportunity.value_high, opportunity.value_fund
    currency = opportunity.currency
    parts = []
    if low is not None and high is not None and low != high:
        parts.append(f"from {exact_money_words(low, currency)} to {exact_money_words(high, currency)}")
    elif (amount := high or low or opportunity.value_gross or opportunity.value_net) is not None:
        parts.append(exact_money_words(amount, currency))
    if fund is not None:
        parts.append(f"from a fund of {exact_money_words(fund, currency)}")
    return ", ".join(parts) or None


def _scoring(opportunity: Opportunity) -> str | None:
    quality, cost = opportunity.quality_percent, opportunity.cost_percent
    if quality is None or cost is None:
        return opportunity.scoring
    return f"Quality {quality:g} %, price {cost:g} %"
