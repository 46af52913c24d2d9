"""How much quality and how much cost count in an award, as a notice states it.

When the figures do not make 100 together, or a label does not say which side it belongs to, nothing is stated: a wrong
weighting is worse than none (sources.md section 11, trap 7).
"""

import re
from collections.abc import Callable

from spiders.formats.reading import Object

Shares = tuple[float, float]
"""Per cent for quality, per cent for cost; together 100."""

_COST = re.compile(r"\b(?:pric\w*|costs?|costings?|commercial\w*|financ\w*|fees?|rates?)\b", re.IGNORECASE)
_QUALITY = re.compile(
    r"\b(?:quality|non[- ]?(?:pric\w*|cost)|technical\w*|social|communit\w*|sustainab\w*|environment\w*|climate|carbon|"
    r"net zero|method\w*|experience|local\w*|service|delivery|presentations?|interviews?|demonstrations?|innovation|"
    r"fair work\w*|capability|capacity|merit|value added|added value)\b",
    re.IGNORECASE,
)
_NON_COST = re.compile(r"\bnon[- ]?(?:pric\w*|cost)\b", re.IGNORECASE)
_BARE = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*(?:%|per ?cent)?\s*", re.IGNORECASE)
PERCENT = re.compile(r"\[?\b(\d{1,3}(?:\.\d+)?)\]?\s*(?:%|per ?cent\b)", re.IGNORECASE)
_COST_WORD = r"(?:price|cost|commercial|financial)"
_QUALITY_WORD = r"(?:quality|technical)"
_FIGURES = r"\D{0,40}?\[?(\d{1,3})\]?\s*%?\s*(?::|/|to)\s*\[?(\d{1,3})\]?\b"
_COST_FIRST = re.compile(rf"\b{_COST_WORD}\s*(?::|/|to)\s*{_QUALITY_WORD}\b{_FIGURES}", re.IGNORECASE)
_QUALITY_FIRST = re.compile(rf"\b{_QUALITY_WORD}\s*(?::|/|to)\s*{_COST_WORD}\b{_FIGURES}", re.IGNORECASE)
_NEUTRAL = re.compile(
    r"\b(?:total|lowest|overall|whole|life|only|tender\w*|bid|contract|evaluation|assessment|award|criteri(?:on|a)|scores?|"
    r"submission|response|questions?|schedule|weight(?:ing|ed)?|percent|per|cent|the|of|and|value)\b",
    re.IGNORECASE,
)
"""What a label of a single criterion may say beside its side: "total price", "quality of the tender"."""
_SIDES = {"quality": "quality", "price": "cost", "cost": "cost"}
"""The types of award criteria that OCDS knows."""
_PASS_OR_FAIL = re.compile(r"\bpass\s*(?:/|or|-)\s*fail\b", re.IGNORECASE)
_TOLD_QUALITY = re.compile(
    rf"\btotal {_QUALITY_WORD}\s+weight(?:ings?)?\s*(?:is|of|=|:)?\s*(\d{{1,3}})\s*(?:%|per ?cent)", re.IGNORECASE
)
_LONGEST_TEXT = 1000
_MOST_FIGURES = 10


def shares_of(criteria: list[Object], texts: list[str], told: str = "") -> Shares | None:
    """Return the shares that OCDS award criteria state, else those that one of the texts beside them states. `told` is
    the text of the lot: it may say how much the quality criteria, which share a hundred of their own, count together.
    """
    exact = _weights(criteria, _exact)
    if len(criteria) == 1:
        found = _lone(criteria[0])
    elif criteria and exact is not None:
        return _total(criteria, exact)
    else:
        described = _weights(criteria, _described)
        found = (_total(criteria, described) or _as_told(criteria, described, told)) if described else None
    if found:
        return found
    for text in texts:
        if found := shares_in(text):
            return found
    return None


def shares_in(text: str) -> Shares | None:
    """Return the shares that a sentence states: "Quality 70%:Price 30%", "price to quality weighting 10:90"."""
    if not text or len(text) > _LONGEST_TEXT:
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


def _weights(criteria: list[Object], weight: Callable[[Object], float | None]) -> list[float] | None:
    found = [weight(criterion) for criterion in criteria]
    return [amount for amount in found if amount is not None] if None not in found else None


def _only_passed(criterion: Object) -> bool:
    """Return whether a criterion has to be met and weighs nothing."""
    texts = [text for field in ("description", "name") if isinstance(text := criterion.get(field), str)]
    return (
        not criterion.get("numbers")
        and any(_PASS_OR_FAIL.search(text) for text in texts)
        and not any(PERCENT.search(text) or _BARE.fullmatch(text) for text in texts)
    )


def _exact(criterion: Object) -> float | None:
    if _only_passed(criterion):
        return 0.0
    numbers = criterion.get("numbers")
    if not isinstance(numbers, list) or len(numbers) != 1 or not isinstance(numbers[0], dict):
        return None
    amount = numbers[0].get("number")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount <= 100:
        return None
    return float(amount) if numbers[0].get("weight") == "percentageExact" else None


def _described(criterion: Object) -> float | None:
    if criterion.get("numbers"):
        return None
    if _only_passed(criterion):
        return 0.0
    for field in ("description", "name"):
        text = criterion.get(field)
        if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
            continue
        if found := _BARE.fullmatch(text):
            return float(found[1])
        figures = PERCENT.findall(text)
        if len(figures) == 1:
            return float(figures[0])
    return None


def _total(criteria: list[Object], weights: list[float]) -> Shares | None:
    sides = [_side_of(criterion) for criterion in criteria]
    if None in sides:
        return None
    quality = sum(amount for side, amount in zip(sides, weights, strict=True) if side == "quality")
    return checked(quality, sum(weights) - quality)


def _as_told(criteria: list[Object], weights: list[float], told: str) -> Shares | None:
    """Return the shares when the quality criteria divide a hundred of their own, and the text says that they count
    for what the cost leaves. Without those words nobody knows which of the two hundreds is meant."""
    sides = [_side_of(criterion) for criterion in criteria]
    if set(sides) != {"quality", "cost"}:
        return None
    quality = sum(amount for side, amount in zip(sides, weights, strict=True) if side == "quality")
    found = _TOLD_QUALITY.search(told)
    return checked(float(found[1]), sum(weights) - quality) if found and abs(quality - 100) < 0.5 else None


def _side_of(criterion: Object) -> str | None:
    """Return the side of a criterion: its name's when the name is clear (social value is typed as `price` by some),
    else that of its type; None when the type is none that OCDS knows."""
    name = criterion.get("name")
    named = which_side(name) if isinstance(name, str) else None
    return named or _typed(criterion)


def _typed(criterion: Object) -> str | None:
    type = criterion.get("type")
    return _SIDES.get(type) if isinstance(type, str) else None


def _lone(criterion: Object) -> Shares | None:
    """Return the shares of a single criterion: those that its text states, or all on one side when it weighs 100 %
    and its text says nothing but that side. "As per the documents", "agreement with the financial envelope" and the
    grounds of a direct award are typed as price or cost too, and weigh 100."""
    texts = [text for field in ("description", "name") if isinstance(text := criterion.get(field), str)]
    for text in texts:
        if found := shares_in(text):
            return found
    weight = _described(criterion) if (exact := _exact(criterion)) is None else exact
    sides = {side for text in texts if (side := _only_side(text))}
    if weight != 100 or len(sides) != 1 or any(_COST.search(text) and _QUALITY.search(text) for text in texts):
        return None
    side = sides.pop()
    if _typed(criterion) not in (side, None):
        return None
    return (100.0, 0.0) if side == "quality" else (0.0, 100.0)


def _only_side(label: str) -> str | None:
    """Return the side of a label that speaks of nothing else."""
    side = which_side(label)
    rest = (_COST if side == "cost" else _QUALITY).sub("", label)
    return side if side and not re.search("[^\\W\\d_]", _NEUTRAL.sub("", rest)) else None
