"""How much quality and how much cost count in an award, as OCDS award criteria state it. Text is read by
`tenderbell.wording.weightings`."""

import re
from collections.abc import Callable

from spiders.formats.reading import Object
from tenderbell.wording.weightings import (
    LONGEST_TEXT,
    PERCENT,
    QUALITY_WORD,
    Shares,
    checked,
    names_both,
    only_side,
    shares_in,
    which_side,
)

_BARE = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*(?:%|per ?cent)?\s*", re.IGNORECASE)
_SIDES = {"quality": "quality", "price": "cost", "cost": "cost"}
"""The types of award criteria that OCDS knows."""
_PASS_OR_FAIL = re.compile(r"\bpass\s*(?:/|or|-)\s*fail\b", re.IGNORECASE)
_TOLD_QUALITY = re.compile(
    rf"\btotal {QUALITY_WORD}\s+weight(?:ings?)?\s*(?:is|of|=|:)?\s*(\d{{1,3}})\s*(?:%|per ?cent)", re.IGNORECASE
)


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
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
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
    sides = {side for text in texts if (side := only_side(text))}
    if weight != 100 or len(sides) != 1 or any(names_both(text) for text in texts):
        return None
    side = sides.pop()
    if _typed(criterion) not in (side, None):
        return None
    return (100.0, 0.0) if side == "quality" else (0.0, 100.0)
