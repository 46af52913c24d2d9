"""How much quality and how much cost count in an award, as a sentence or a label states it.

When the figures do not make 100 together, or a label does not say which side it belongs to, nothing is stated: a wrong
weighting is worse than none (sources.md section 11, trap 7).
"""

import re

Shares = tuple[float, float]
"""Per cent for quality, per cent for cost; together 100."""

LONGEST_TEXT = 1000
"""Longer texts are no sentence about weights."""

_COST = re.compile(r"\b(?:pric\w*|costs?|costings?|commercial\w*|financ\w*|fees?|rates?)\b", re.IGNORECASE)
_QUALITY = re.compile(
    r"\b(?:quality|non[- ]?(?:pric\w*|cost)|technical\w*|social|communit\w*|sustainab\w*|environment\w*|climate|carbon|"
    r"net zero|method\w*|experience|local\w*|service|delivery|presentations?|interviews?|demonstrations?|innovation|"
    r"fair work\w*|capability|capacity|merit|value added|added value)\b",
    re.IGNORECASE,
)
_NON_COST = re.compile(r"\bnon[- ]?(?:pric\w*|cost)\b", re.IGNORECASE)
PERCENT = re.compile(r"\[?\b(\d{1,3}(?:\.\d+)?)\]?\s*(?:%|per ?cent\b)", re.IGNORECASE)
_COST_WORD = r"(?:price|cost|commercial|financial)"
QUALITY_WORD = r"(?:quality|technical)"
_FIGURES = r"\D{0,40}?\[?(\d{1,3})\]?\s*%?\s*(?::|/|to)\s*\[?(\d{1,3})\]?\b"
_COST_FIRST = re.compile(rf"\b{_COST_WORD}\s*(?::|/|to)\s*{QUALITY_WORD}\b{_FIGURES}", re.IGNORECASE)
_QUALITY_FIRST = re.compile(rf"\b{QUALITY_WORD}\s*(?::|/|to)\s*{_COST_WORD}\b{_FIGURES}", re.IGNORECASE)
_NEUTRAL = re.compile(
    r"\b(?:total|lowest|overall|whole|life|only|tender\w*|bid|contract|evaluation|assessment|award|criteri(?:on|a)|scores?|"
    r"submission|response|questions?|schedule|weight(?:ing|ed)?|percent|per|cent|the|of|and|value)\b",
    re.IGNORECASE,
)
"""What a label of a single criterion may say beside its side: "total price", "quality of the tender"."""
_MOST_FIGURES = 10


def shares_in(text: str) -> Shares | None:
    """Return the shares that a sentence states: "Quality 70%:Price 30%", "price to quality weighting 10:90"."""
    if not text or len(text) > LONGEST_TEXT:
        return None
    if found := _COST_FIRST.search(text):
        return checked(float(found[2]), float(found[1]))
    if found := _QUALITY_FIRST.search(text):
        return checked(float(found[1]), float(found[2]))
    figures = list(PERCENT.finditer(text))
    if not 2 <= len(figures) <= _MOST_FIGURES:
        return None
    before, after = _labels_before(text, figures), _labels_after(text, figures)
    first, second = (after, before) if figures[0].start() < 2 else (before, after)
    amounts = [float(figure[1]) for figure in figures]
    return _sorted_out(first, amounts) or _sorted_out(second, amounts)


def _labels_before(text: str, figures: list[re.Match[str]]) -> list[str]:
    starts = [0, *(figure.end() for figure in figures)]
    return [text[start : figure.start()] for start, figure in zip(starts, figures, strict=False)]


def _labels_after(text: str, figures: list[re.Match[str]]) -> list[str]:
    ends = [*(figure.start() for figure in figures[1:]), len(text)]
    return [text[figure.end() : end] for figure, end in zip(figures, ends, strict=True)]


def _sorted_out(labels: list[str], amounts: list[float]) -> Shares | None:
    sides = [which_side(label) for label in labels]
    if set(sides) != {"quality", "cost"}:
        return None  # one side alone may be how its own hundred is divided
    quality = sum(amount for side, amount in zip(sides, amounts, strict=True) if side == "quality")
    return checked(quality, sum(amounts) - quality)


def which_side(label: str) -> str | None:
    """Return which side a label belongs to, None when it names both or neither."""
    cost = _COST.search(_NON_COST.sub("", label))
    quality = _QUALITY.search(label)
    if bool(cost) == bool(quality):
        return None
    return "cost" if cost else "quality"


def checked(quality: float, cost: float) -> Shares | None:
    """Return the two shares when they make 100 together, else None."""
    return (round(quality, 2), round(cost, 2)) if abs(quality + cost - 100) < 0.5 else None


def names_both(text: str) -> bool:
    """Return whether a text speaks of cost and of quality."""
    return bool(_COST.search(text) and _QUALITY.search(text))


def only_side(label: str) -> str | None:
    """Return the side of a label that speaks of nothing else."""
    side = which_side(label)
    rest = (_COST if side == "cost" else _QUALITY).sub("", label)
    return side if side and not re.search("[^\\W\\d_]", _NEUTRAL.sub("", rest)) else None
