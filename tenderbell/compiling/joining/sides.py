"""What a process shows of itself when it is compared with others: its names, its buyers, its title and its dates."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import combinations
from zlib import crc32

import msgspec

from tenderbell.area import Area, plain_name
from tenderbell.clock import uk
from tenderbell.compiling.buyers import body_of
from tenderbell.compiling.joining.likeness import lots_in, words_of
from tenderbell.notice import Notice, Record
from tenderbell.references import looks_like_a_reference, notice_numbers, ocids, page_name, portal_references
from tenderbell.text import impersonal, impersonal_link, mask_personal
from tenderbell.vocabulary import Effect

LONGEST_TITLE = 300
"""What a title says behind this many characters tells nothing more, and takes time."""

MOST_KEYS = 60
"""A process with more names than this repeats itself; the rest are left out."""

_COUNCILS = {
    "pc": "parish council", "tc": "town council", "dc": "district council", "bc": "borough council",
    "cc": "county council", "mbc": "metropolitan borough council",
}  # fmt: skip

_ENDINGS = frozenset({Effect.AWARD, Effect.CANCEL, Effect.CLOSE})


class Side(Record, frozen=True, omit_defaults=True):
    """One process as joining sees it. Days are UK days as ordinals; `opened` and `ended` are the first publication of
    an advert, the last of an award or cancellation. `keys` are the names under which it can be found, `named` the
    processes that it names as related."""

    process: str
    title: str = ""
    words: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    buyers: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    closes: int | None = None
    first: int | None = None
    last: int | None = None
    opened: int | None = None
    ended: int | None = None
    cancelled: bool = False
    early: bool = False
    awarded: bool = False


_decoder = msgspec.json.Decoder(Side)


def encode(side: Side) -> str:
    """Return a side as it is stored."""
    return msgspec.json.encode(side).decode()


def decode(stored: str) -> Side:
    """Return a stored side."""
    return _decoder.decode(stored)


def side_of(process: str, notices: Sequence[Notice], area: Area) -> Side:
    """Return what a process shows of itself; `notices` are its current ones, in the order of publication."""
    title = (
        mask_personal(next((notice.title for notice in reversed(notices) if notice.title), "")[:LONGEST_TITLE]) or ""
    )
    days = [day for notice in notices for day in _days(notice)]
    adverts = [notice for notice in notices if notice.effect is Effect.OPEN]
    endings = [notice for notice in notices if notice.effect in _ENDINGS]
    closes = next((notice.closes_at for notice in reversed(adverts) if notice.closes_at), None)
    buyers = buyers_in(notices, area)
    side = Side(
        process,
        title=title,
        words=words_of(without_buyers(title, notices)),
        lots=tuple(sorted(lots_in(title))),
        sources=tuple(sorted({notice.source for notice in notices})),
        buyers=buyers,
        named=tuple(sorted({name for notice in notices for name in notice.related} - {process}))[:MOST_KEYS],
        closes=_closing_day(closes),
        first=min(days, default=None),
        last=max(days, default=None),
        # An advert that is edited in place was opened when it first stood there.
        opened=min((day for notice in adverts for day in _days(notice)), default=None),
        ended=max((day for notice in endings for day in _days(notice)), default=None),
        cancelled=any(notice.effect is Effect.CANCEL for notice in endings),
        early=bool(notices) and all(notice.effect in (Effect.PLAN, Effect.ENGAGE, Effect.NONE) for notice in notices),
        awarded=any(notice.effect is Effect.AWARD for notice in endings),
    )
    return msgspec.structs.replace(side, keys=tuple(sorted(_keys(side, notices)))[:MOST_KEYS])


def buyers_in(notices: Sequence[Notice], area: Area) -> tuple[str, ...]:
    """Return the buyers of a process by the names that other sources would know them by as well."""
    found: dict[str, None] = {}
    for notice in reversed(notices):
        for buyer in notice.buyers:
            body = body_of(buyer, area)
            found[body.id if body else _in_full(plain_name(mask_personal(buyer.name) or ""))] = None
    return tuple(name for name in found if name)


def without_buyers(title: str, notices: Iterable[Notice]) -> str:
    """Return a title without the names of the buyers, which some sources put before or behind it; as it is when nothing
    else would be left."""
    for name in {buyer.name.lower() for notice in notices for buyer in notice.buyers if buyer.name}:
        while (start := title.lower().find(name)) >= 0:
            rest = f"{title[:start]} {title[start + len(name) :]}"
            if not any(char.isalpha() for char in rest):
                break
            title = rest
    return title


def _in_full(name: str) -> str:
    """Return the plain name of a council without the abbreviation at its end."""
    start, _, last = name.rpartition(" ")
    return f"{start} {_COUNCILS[last]}" if start and last in _COUNCILS else name


def _keys(side: Side, notices: Iterable[Notice]) -> set[str]:
    keys: set[str] = set()
    for notice in notices:
        keys |= set(_names(notice))
        for reference in impersonal(notice.references):
            keys |= set(_references(reference, side.buyers))
    blocks = [f"{crc32(block.encode()):08x}" for block in _blocks(side)]
    return keys.union(f"near:{buyer}:{block}" for buyer in side.buyers for block in blocks)


def _blocks(side: Side) -> Iterable[str]:
    """Yield where to look for others of the same buyer: those that close on the same day, and those whose titles have
    two of the same long words, or are the same. Short and behind the buyer, they lie side by side in the index."""
    if side.closes is not None:
        yield str(side.closes)
    long = sorted(_longest(side.words))
    if len(long) > 1:
        yield from (" ".join(two) for two in combinations(long, 2))
    elif len(side.words) > 1:
        yield " ".join(side.words)


def _longest(words: Iterable[str]) -> list[str]:
    """Return the three longest words: any two of them find the same title with a slip or a word more."""
    return sorted((word for word in words if len(word) >= 4), key=lambda word: (-len(word), word))[:3]


def _names(notice: Notice) -> Iterable[str]:
    """Yield the names under which this notice, or its process, is known anywhere."""
    for ocid in (notice.ocid, *(found for name in notice.also for found in ocids(name))):
        if ocid:
            yield f"ocid:{ocid}"
    for name in (notice.key, *notice.also):
        if name == notice.key and not (notice.ocid or "").startswith("ocds-h6vhtk-"):
            continue
        yield from (f"notice:{number}" for number in notice_numbers(name))
    for address in (notice.link, *notice.also):
        if page := page_name(impersonal_link(address)):
            yield f"notice:{page}" if page in notice_numbers(page) else f"page:{page[:300]}"


def _references(reference: str, buyers: Iterable[str]) -> Iterable[str]:
    portal = portal_references(reference)
    yield from (f"portal:{found}" for found in portal)
    if len(portal) == 1 and portal[0].startswith("IT-"):
        reference = portal[0].rpartition("-")[2]
    elif portal:
        return
    if looks_like_a_reference(reference):
        folded = "".join(char for char in reference.casefold() if char.isalnum())
        yield from (f"ref:{buyer}:{folded}" for buyer in buyers)


def _days(notice: Notice) -> list[int]:
    """Return the UK days on which a notice was first and last published, as far as it says so."""
    moments = (notice.first_published_at, notice.published_at)
    return [uk(moment).date().toordinal() for moment in moments if moment]


def _closing_day(moment: datetime | None) -> int | None:
    """Return the UK day on which it closes; midnight is the end of the day before (ruling 13)."""
    if moment is None:
        return None
    local = uk(moment)
    return local.date().toordinal() - (local.hour == 0 and local.minute == 0)
