"""Weightings that stand in the running text of a notice: notices of the Provider Selection Regime have no field for
them and list them in their description, often as HTML (sources.md section 11, trap 7)."""

import re
from collections.abc import Iterator

from tenderbell.text import clean_text
from tenderbell.wording.weightings import PERCENT, Shares, checked, shares_in, which_side

_CELL_END = re.compile(r"</t[dh]\b[^>]{0,200}>", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n")
_SPEAKS_OF_WEIGHTS = re.compile(
    r"\b(?:weight\w*|criteri(?:on|a)|evaluat\w+|scor(?:e|ed|ing)|assess\w+|award(?:ed)? (?:on|by)|split|ratio)\b",
    re.IGNORECASE,
)
_WITHOUT_SIGN = re.compile(
    r"(\bweight(?:ing)?\s*[:=]\s*\d{1,3}(?:\.\d+)?)(?![\d.]*\s*(?:%|per ?cent)|\.?\d)", re.IGNORECASE
)
"""As the forms of the earlier rules have it: "Quality criterion - Name: Taste / Weighting: 60"."""

_HINTS = ("%", "cent", "CENT", "eight", "EIGHT")
_OF_CALL_OFFS = re.compile(r"\b(?:call[- ]?offs?|mini[- ]?competitions?|further competitions?)\b", re.IGNORECASE)
"""What is bought from a framework later is weighed by itself."""

_TOTAL = re.compile(r"^\W*(?:overall |grand )?total\b", re.IGNORECASE)
_VALUE = re.compile(r"^(?:[\W\d]|key criteri\w+|criteri\w+)*value\b(?!\s+added)", re.IGNORECASE)
"""The key criterion "value" of the Provider Selection Regime: "the balance of costs, overall benefits and financial
implications" (regulation 5 of SI 2023/1348)."""

_KEY_QUALITY = re.compile(r"\b(?:integrat\w+|collaborat\w+|access\w*|inequalit\w+|choice|innovat\w+)\b", re.IGNORECASE)
_LONGEST_LINE = 200
_LINES_BEFORE = 3

Entry = tuple[str, float]
"""A label and its per cent."""


def shares_within(text: object) -> Shares | None:
    """Return the shares that a longer text states in one sentence, or in a list or table of criteria that make 100
    together; None when it states none, or says different things in two places."""
    if not isinstance(text, str) or not any(hint in text for hint in _HINTS):
        return None
    marked = _WITHOUT_SIGN.sub(r"\1%", _CELL_END.sub(" ", text))
    plain = clean_text(marked) or "" if PERCENT.search(marked) else ""
    found = {shares for shares in (*_in_lists(plain), *_in_sentences(plain)) if shares}
    return found.pop() if len(found) == 1 else None


def _in_sentences(plain: str) -> Iterator[Shares | None]:
    for sentence in _SENTENCE_END.split(plain):
        if _SPEAKS_OF_WEIGHTS.search(sentence) and not _OF_CALL_OFFS.search(sentence):
            yield shares_in(sentence)


def _in_lists(plain: str) -> Iterator[Shares | None]:
    lines = [line for line in plain.split("\n") if line.strip()]
    for start, entries in _lists(lines):
        before = "\n".join(lines[max(0, start - _LINES_BEFORE) : start + 1])
        if len(entries) > 1 and _SPEAKS_OF_WEIGHTS.search(before) and not _OF_CALL_OFFS.search(before):
            yield _together(entries)


def _lists(lines: list[str]) -> Iterator[tuple[int, list[Entry]]]:
    """Yield (the line at which it starts, its entries) of each list: lines that follow each other, each with one
    figure, beside its label or on the line below it."""
    start, entries = 0, list[Entry]()
    for position, line in enumerate(lines):
        figures = list(PERCENT.finditer(line))
        if len(figures) == 1 and len(line) <= _LONGEST_LINE:
            label = PERCENT.sub("", line).strip(" \t-–:()|•*")
            bare = not re.search(r"[^\W\d_]", label)
            start = start if entries else position - bare
            entries.append((lines[position - 1] if bare and position else label, float(figures[0][1])))
        elif figures or not _labels(lines, position):
            if entries:
                yield start, entries
            entries = []
    if entries:
        yield start, entries


def _labels(lines: list[str], position: int) -> bool:
    """Return whether a line without a figure is the label of a bare figure below it."""
    below = lines[position + 1] if position + 1 < len(lines) else ""
    return bool(PERCENT.search(below)) and not re.search(r"[^\W\d_]", PERCENT.sub("", below))


def _together(entries: list[Entry]) -> Shares | None:
    entries = [(label, amount) for label, amount in entries if not (_TOTAL.match(label) and amount == 100)]
    sides = [_side(label) for label, _ in entries]
    if set(sides) != {"quality", "cost"}:
        return None  # one side alone may be how its own hundred is divided
    quality = sum(amount for (_, amount), side in zip(entries, sides, strict=True) if side == "quality")
    return checked(quality, sum(amount for _, amount in entries) - quality)


def _side(label: str) -> str | None:
    if _VALUE.match(label):
        return "cost"
    return which_side(label) or ("quality" if _KEY_QUALITY.search(label) else None)
