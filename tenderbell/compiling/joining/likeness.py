"""How alike two titles are, after everything that does not tell one process from another has been left out."""

import re
from functools import lru_cache
from itertools import permutations

from rapidfuzz import fuzz

from tenderbell.references import notice_numbers, portal_references
from tenderbell.words import fold

_DIGIT = re.compile(r"\d")
_CODE = re.compile(r"\b([A-Z]{2,8})[-/]?(\d{3,})\b")
_TOKEN = re.compile(r"[a-z]{2,8}\d{3,}|[a-z]+|\d+(?:[.,]\d+)*")
_AWARD = re.compile(r"(?i)\s*[-–—:(\[]+\s*(?:contract )?award(?:ed)?(?: notice)?\s*[)\]]?\s*$")
_NOISE = frozenset(
    "a an and at by de for from in of on or the to with tender tenders itt rfq rfp psq pqq sq eoi invitation quote "
    "quotation request expression expressions interest contract contracts procurement procure provision providing "
    "supply services service opportunity opportunities notice project framework agreement new re ref reference ocds "
    "award awarded engagement early market preliminary pme soft testing prior information pin uk "
    "gwasanaeth gwasanaethau darparu darpariaeth cyflenwi contractau tendr fframwaith ar gyfer yn yr ac".split()
)
_STATE = re.compile(
    r"\b(?:deadline extended|extended deadline|(?:re-?|now |are |is )open(?:ed)?(?: for applications)?|"
    r"(?:requests?|calls?) for applications?|applications? (?:invited|open)|apply now)\b"
)
_LOT = re.compile(r"(?i)\blots?\s*[:#-]?\s*(\d{1,3}|[a-z])\b((?:\s*(?:,|&|-|–|and|to)\s*\d{1,3}\b)*)")
_YEARS = re.compile(r"\b(20\d\d)\s*[/–-]\s*(\d\d)\b")
_PART = re.compile(r"\b(phase|stage|part|tranche|round) (i{1,3}|iv|v|vi{1,3}|one|two|three|four|five|six)\b")
_COUNTED = dict(zip("i ii iii iv v vi vii viii".split(), range(1, 9), strict=True)) | dict(
    zip("one two three four five six".split(), range(1, 7), strict=True)
)
_CUT = re.compile(r"\s*(?:\.{2,}|…)\s*$")
_LONG_ENOUGH = 24
"""A title that was cut off tells what it is about when it has at least this many characters."""

_WITHOUT_NUMBERS = 0.94
"""How alike at most two titles are of which only one has a year or a reference in it."""

_SAME_WORD = 84
"""From this ratio on, two words are one word written differently (organisation, organization; plurals)."""


@lru_cache(maxsize=4096)
def words_of(title: str) -> tuple[str, ...]:
    """Return the telling words of a title, sorted, each once, in lower case: without references, noise and the words
    that say of what sort the notice is. Numbers stay."""
    text = _AWARD.sub("", title)
    if _DIGIT.search(text):
        for reference in (*portal_references(text), *notice_numbers(text)):
            text = text.replace(reference, " ")
        text = _YEARS.sub(r"\1 20\2", _CODE.sub(r"\1\2", text))
    text = _STATE.sub(" ", fold(text).lower().replace("'", ""))
    text = _LOT.sub(" ", text) if "lot" in text else text
    tokens = _TOKEN.findall(_PART.sub(lambda part: f"{part[1]} {_COUNTED[part[2]]}", text))
    telling = [token for token in tokens if token not in _NOISE]
    return tuple(sorted(set(telling or tokens)))


def names_an_award(title: str) -> bool:
    """Return whether a title says of itself that it is the award of something: "Befriending - AWARD"."""
    return bool(_AWARD.search(title))


def lots_in(title: str) -> frozenset[str]:
    """Return the numbers or letters of the lots that a title names."""
    lots = [number.lower() for first, more in _LOT.findall(title) for number in (first, *re.findall(r"\d+", more))]
    return frozenset(lots)


def likeness(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Return how alike two titles are, from 0 to 1, given their telling words.

    Different numbers (years, routes) make different things: 0, unless only one has a year or a reference. When each
    has a word that the other has not, they are at most 0.85 alike: "supported living, Stroud" and "supported living,
    Cheltenham". When only one says more, it depends on how much. Without a word in common: 0.
    """
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    if extra := _numbers(a) ^ _numbers(b):
        if (extra & _numbers(a) and extra & _numbers(b)) or not all(map(_can_be_left_out, extra)):
            return 0.0
        left_out = (tuple(word for word in words if word not in extra) for words in (a, b))
        return _WITHOUT_NUMBERS * likeness(*left_out)
    left, right = _leftovers(a, b)
    common = len(a) - len(left)
    if not common:
        return 0.0
    if not left or not right:
        return common_share(common, len(left) + len(right))
    ratio: float = fuzz.token_sort_ratio(" ".join(a), " ".join(b)) / 100
    return min(0.85, ratio)


def is_cut_from(one: str, other: str) -> bool:
    """Return whether one of two titles is the beginning of the other, cut off by its source."""
    for cut, whole in ((one, other), (other, one)):
        begin = fold(_CUT.sub("", cut)).lower()
        if _CUT.search(cut) and len(begin) >= _LONG_ENOUGH and fold(whole).lower().startswith(begin):
            return True
    return False


def common_share(common: int, more: int) -> float:
    """Return the likeness of two titles with `common` words, of which one has `more` besides: three of four words and
    better are alike enough to join; one or two words alone never are."""
    share = common / (common + more)
    return share**0.35 if common >= 3 else min(0.85, share)


def _numbers(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for word in words if word[-1].isdigit())


def _can_be_left_out(number: str) -> bool:
    """Return whether one source may state a number that another leaves out: a year or a reference, never a route."""
    return len(number) >= 4


def _leftovers(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the words of each that the other has not, nearly equal ones paired off."""
    left, right = [w for w in a if w not in b], [w for w in b if w not in a]
    for word in list(left):
        twin = next((other for other in right if fuzz.ratio(word, other) >= _SAME_WORD and not word.isdigit()), None)
        if twin:
            left.remove(word)
            right.remove(twin)
    if len(left) + len(right) <= 8:
        _pair_off_parts(left, right)
        _pair_off_parts(right, left)
    return left, right


def _pair_off_parts(whole: list[str], parts: list[str]) -> None:
    """Take out of both what is one word in `whole` and several in `parts`: wellbeing and well-being, VCS and voluntary
    and community sector."""
    for word in list(whole):
        two = next((two for two in permutations(parts, 2) if "".join(two) == word), ())
        initials = sorted(part[0] for part in parts) == sorted(word) and len(word) > 1
        if found := two or (initials and tuple(parts)):
            whole.remove(word)
            for part in found:
                parts.remove(part)
