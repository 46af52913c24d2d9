"""Wording: dates, amounts, weightings, statements and markup in running text."""

# ruff: noqa: E501 - an example stands on one line

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tenderbell.references import canonical_link, notice_numbers, ocids, page_name, portal_references
from tenderbell.text import clean_line, clean_text, excerpt, mask_personal, safe_link
from tenderbell.wording import amounts, dates, statements, weighting_lists, weightings
from tests.fuzz.promises import is_clean, promise
from tests.fuzz.targets.target import Check, Target

NEAR = datetime(2026, 3, 28, 12, tzinfo=UTC)

SENTENCES = (
    "The deadline for applications is 12 noon on Friday 10 April 2026 (BST).",
    "Closing date: 31/12/26 at 23:59, or 5pm 1st of March. Apply by 29 Feb 2028 midnight.",
    "Grants of between £500 and £10,000 are available from a fund of £1.2 million (excluding VAT) a year.",
    "€3.5m plus VAT; up to 20k GBP; £250,000.00 inc. VAT; a maximum of five thousand pounds per annum.",
    "Quality 60%, price 30% and social value 10%. Award criteria: cost - 40 per cent; quality - 60 per cent.",
    "Bidders must have public liability insurance of £5m. TUPE may apply. Feedback is given to all bidders.",
    "Who can apply: registered charities, CICs and constituted community groups with an income below £100,000.",
    "<p>Contact jo.smith@example.org or tenders@example.gov.uk, tel. 01452 123456 (mob 07700 900123)</p><ul><li>a</ul>",
    "https://example.org/a?b=c#d www.example.org/x javascript:alert(1) 075676-2026 ocds-h6vhtk-012345 DN123456",
    "<b>half a character ~</b> &amp; more ~", "2026-04-10T11:00:00+01:00", "1775815200000", "20260410", "10.04.2026 12h00", "April 2027", "TBC", "£1e5",
)  # fmt: skip


def targets() -> Iterator[Target]:
    """Yield the two targets of running text."""
    yield Target("markup", "text from outside becomes plain text, links http(s) only", seeds, markup)
    yield Target("wording", "dates lie in stored years, amounts are finite and not negative", seeds, wording)


def seeds() -> Iterator[bytes]:
    """Yield sentences of the kind that notices have."""
    yield from (sentence.encode() for sentence in SENTENCES)


@contextmanager
def markup() -> Iterator[Check]:
    """Give what cleans a text and holds that it is clean, and stays as it is when it is cleaned again."""

    def check(data: bytes) -> None:
        text = data.decode("utf-8", "replace").replace("~", "\ud83d")  # as JSON may hold half a character
        _check_line(clean_line(text))
        plain = clean_text(text)
        for char in plain or "":
            promise(char == "\n" or unicodedata.category(char)[0] != "C", f"It holds {char!r}")
        masked = mask_personal(plain)
        promise(mask_personal(masked) == masked, "What is masked stays as it is")
        excerpt(plain)
        if link := safe_link(text):
            promise(link.lower().startswith(("http://", "https://")) and safe_link(link) == link, "A link is http(s)")
            promise(link.isprintable() and not set(link) & set(' <>"\\'), "A link can stand in an attribute")

    yield check


def _check_line(line: str | None) -> None:
    promise(line is None or (line.isprintable() and line == line.strip() and line), f"It is no clean line: {line!r}")


@contextmanager
def wording() -> Iterator[Check]:
    """Give what reads a text in every way that readers do."""

    def check(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        for read in (dates.deadline, dates.published):
            for near in (None, NEAR):
                _check_instant(read(text, near))
        labelled = dates.labelled_deadline(text, NEAR)
        _check_instant(labelled[0] if labelled else None)
        dates.unread_deadline(text, NEAR)
        dates.deadline_doubts(text, NEAR)
        if stated := amounts.money(text):
            is_clean(stated)
            for name in ("net", "gross", "low", "high", "fund"):
                promise((getattr(stated, name) or 0) >= 0, f"{name} is negative")
        for shares in (weightings.shares_in(text), weighting_lists.shares_within(text)):
            promise(shares is None or all(0 <= share <= 100 for share in shares), f"No percentages: {shares}")
        _check_statements(text)
        for named in (notice_numbers, ocids, portal_references, canonical_link, page_name):
            named(text)

    yield check


def _check_statements(text: str) -> None:
    statements.facts_of(text)
    statements.welcomes(text)
    for read in (statements.monitoring, statements.scoring, statements.minimum_requirements, statements.eligibility,
                 statements.feedback, statements.contact, statements.glossary):  # fmt: skip
        read(text)


def _check_instant(found: datetime | None) -> None:
    if found is not None:
        promise(found.tzinfo is not None, "An instant is aware")
        promise(1900 <= found.year <= 2200, f"An instant is stored and shown: {found!r}")
