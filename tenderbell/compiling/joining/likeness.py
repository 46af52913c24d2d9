"""How alike two titles are, after everything that does not tell one process from another has been left out."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

from tenderbell.references import notice_numbers, portal_references
from tenderbell.words import fold

_TOKEN = re.compile(r"[a-z]+|\d+(?:[.,]\d+)*")
_AWARD = re.compile(r"(?i)\s*[-–—:(\[]+\s*(?:contract )?award(?:ed)?(?: notice)?\s*[)\]]?\s*$")
_NOISE = frozenset(
    "a an and at by de for from in of on or the to with tender tenders itt rfq rfp psq pqq sq eoi invitation quote "
    "quotation request expression expressions interest contract contracts procurement procure provision providing "
    "supply services service opportunity opportunities notice project framework agreement new re ref reference ocds "
    "award awarded engagement early market preliminary pme soft testing prior information pin uk".split()
)
_LOT = re.compile(r"(?i)\blots?\s*[:#-]?\s*(\d{1,3}|[a-z])\b")
_SAME_WORD = 84
"""From this ratio on, two words are one word written differently (organisation, organization; plurals)."""


@lru_cache(maxsize=4096)
def words_of(title: str) -> tuple[str, ...]:
    """Return the telling words of a title, sorted, each once, in lower case: without references, noise and the words
    that say of what sort the notice is. Numbers stay."""
    text = _AWARD.sub("", title)
    for reference in (*portal_references(text), *notice_numbers(text)):
        text = text.replace(reference, " ")
    tokens = _TOKEN.findall(fold(text).lower())
    telling = [token for token in tokens if token not in _NOISE]
    return tuple(sorted(set(telling or tokens)))


def names_an_award(title: str) -> bool:
    """Return whether a title says of itself that it is the award of something: "Befriending - AWARD"."""
    return bool(_AWARD.search(title))


def lots_in(title: str) -> frozenset[str]:
    """Return the numbers or letters of the lots that a title names."""
    return frozenset(found.lower() for found in _LOT.findall(title))


def likeness(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Return how alike two titles are, from 0 to 1, given their telling words.

    Different numbers (years, lots, routes) make different things: 0. When each has a word that the other has not, they
    are at most 0.85 alike: "supported living, Stroud" and "supported living, Cheltenham". When only one says more, it
    depends on how much.
    """
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    if _numbers(a) != _numbers(b):
        return 0.0
    left, right = _leftovers(a, b)
    common = len(a) - len(left)
    if not left or not right:
        return common_share(common, len(left) + len(right))
    ratio: float = fuzz.token_sort_ratio(" ".join(a), " ".join(b)) / 100
    return min(0.85, ratio)


def common_share(common: int, more: int) -> float:
    """Return the likeness of two titles with `common` words, of which one has `more` besides: three of four words and
    better are alike enough to join; one or two words alone never are."""
    share = common / (common + more)
    return share**0.35 if common >= 3 else min(0.85, share)


def _numbers(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for word in words if word[0].isdigit())


def _leftovers(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the words of each that the other has not, nearly equal ones paired off."""
    left, right = [w for w in a if w not in b], [w for w in b if w not in a]
    for word in list(left):
        twin = next((other for other in right if fuzz.ratio(word, other) >= _SAME_WORD and not word.isdigit()), None)
        if twin:
            left.remove(word)
            right.remove(twin)
    return left, right
