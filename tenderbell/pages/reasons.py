"""Why an opportunity is here and called what it is called: in plain words, and how we know, with rules and codes."""

import re
from datetime import datetime

from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity
from tenderbell.phrases import NOT_STATED, stage_words
from tenderbell.vocabulary import Kind, Stage

MOST_CODES = 5

_CODES = re.compile(r" \((?:region [A-Z0-9]+|[A-Z]{2,}-[\w-]+|[EWSNK]\d{8})\)|(?<= )UK\d{1,2} (?=\S)")
_REGION = re.compile(r"\bdelivered in (?:(?:UK|TL)[A-Z0-9]{1,4}|[EWSNK]\d{8}), which\b")


class Fact(Record, frozen=True, omit_defaults=True):
    """One labelled statement. `stated` is False when no notice says it; `link` when its words are nothing but one.
    `term` is the glossary's entry for its label."""

    label: str
    words: str
    note: str = ""
    stated: bool = True
    link: str | None = None
    term: str | None = None


def why_here(opportunity: Opportunity, now: datetime) -> list[Fact]:
    """Return why it is listed and why it is called what it is called at `now`, in words without codes."""
    kind = opportunity.kind_evidence
    facts = [
        Fact("Why it is listed", plain(opportunity.reach_value or NOT_STATED), term="reach"),
        Fact(f"Why it is called {_kind_noun(opportunity.kind)}", plain(kind or NOT_STATED), stated=kind is not None),
    ]
    stage, evidence = opportunity.stage_at(now), plain(opportunity.stage_evidence or "")
    if stage is not opportunity.stage:
        evidence = "; ".join(part for part in ("The deadline has passed", evidence) if part)
    if evidence:
        facts.append(Fact(f"Why it is called {stage_words(stage)}", evidence))
    if codes := _codes_in_words(opportunity):
        facts.append(Fact("Subject codes (CPV)", codes, term="cpv"))
    if opportunity.cancel_reason and stage is Stage.CANCELLED:
        facts.append(Fact("Reason given for cancelling", opportunity.cancel_reason))
    return facts


def _codes_in_words(opportunity: Opportunity) -> str:
    """Return "Social work services (85312000)", a few of them; empty when there are none."""
    codes = [subject for subject in opportunity.subjects if subject.scheme == "CPV"]
    told = [f"{subject.label} ({subject.code})" if subject.label else subject.code for subject in codes[:MOST_CODES]]
    return "; ".join(told + (["and more"] if len(codes) > MOST_CODES else []))


def how_we_know(opportunity: Opportunity) -> list[str]:
    """Return the evidence where it says more than the plain words: the rule that lists it, and what holds codes."""
    rule = opportunity.reach_rule
    told = [
        f"Rule {rule}: {opportunity.reach_value or NOT_STATED}" if rule and len(rule) == 1 else opportunity.reach_value,
        opportunity.kind_evidence,
        opportunity.stage_evidence,
    ]
    return [words for words in told if words and (words.startswith("Rule ") or plain(words) != words)]


def plain(words: str) -> str:
    """Return evidence without the codes that it stands on."""
    return _REGION.sub("delivered in a wider region, which", _CODES.sub("", words))


def _kind_noun(kind: Kind) -> str:
    return "not clear" if kind is Kind.UNCLEAR else f"a {str(kind).replace('-', ' ')}"
