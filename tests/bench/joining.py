"""(f) Join: a quarter of a million processes, one in twenty of them seen through a second source."""

import random
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

import msgspec

from tenderbell.archive import open_archive
from tenderbell.area import Area, load_area
from tenderbell.compiling.joining import choices
from tenderbell.compiling.joining.groups import Groups
from tenderbell.compiling.joining.sides import side_of
from tenderbell.database import transaction
from tenderbell.notice import Notice, Organisation
from tenderbell.public import open_public
from tenderbell.vocabulary import Effect
from tests.bench.measuring import Figure, Sizes, at_least, at_most, say
from tests.bench.worlds import NOW, World

BATCH = 500
YEARS = timedelta(days=3 * 365)
BUYERS = 3_000
DUPLICATES = 0.05
SOURCES = ("find-a-tender", "contracts-finder", "procontract-south-west", "in-tend-publicagroup")
SORTS = ("Council", "NHS Trust", "College", "Parish Council")
WEIGHTS = (60, 25, 8, 7)


def measure(sizes: Sizes, folder: Path) -> list[Figure]:
    """Return the figures of (f)."""
    say(f"(f) joining {sizes.processes:,} processes")
    done = join(arrivals(sizes.processes, 1), folder, load_area("united-kingdom"))
    tenth = max(1, len(done.seconds) // 10)
    first, last = sum(done.cpu[:tenth]), sum(done.cpu[-tenth:])
    note = f"{sum(done.cpu):.0f} s of processor time"
    duplicates = [name for name in done.pages if name.startswith("again:")]
    joined = sum(original(name) in done.pages[name] for name in duplicates)
    wrong = sum(len({original(name) for name in group}) > 1 for group in set(done.pages.values()))
    return [
        at_most("f", f"{len(done.pages):,} processes joined", sum(done.seconds), 60, "s", note),
        at_most(
            "f", "last tenth / first tenth", last / first, 2, note="of processor time; linear about 1, square about 19"
        ),
        at_least("f", "duplicates joined", 100 * joined / len(duplicates), 90, "%", f"of {len(duplicates):,}"),
        at_most("f", "groups of different things", wrong, 0, note="each would hide an advert behind another"),
    ]


@dataclass
class Joined:
    """The seconds that each batch took, by the clock and of the processor, and with which processes each process shares
    a page at the end."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    pages: dict[str, tuple[str, ...]] = field(default_factory=dict)


def join(notices: Iterator[Notice], folder: Path, area: Area) -> Joined:
    """Tell joining about one process a notice, as the compiler does: in batches, each in one transaction."""
    done = Joined()
    with closing(open_archive(folder / "archive.db")) as archive, closing(open_public(folder / "public.db")) as public:
        choices.prepare(archive)
        groups = Groups(public, archive)
        while batch := list(islice(notices, BATCH)):
            start, cpu = time.perf_counter(), time.process_time()
            with transaction(public):
                found = _learn(groups, batch, area)
            done.seconds.append(time.perf_counter() - start)
            done.cpu.append(time.process_time() - cpu)
            done.pages.update((process, group) for group in found for process in group)
    return done


def _learn(groups: Groups, batch: Sequence[Notice], area: Area) -> list[tuple[str, ...]]:
    touched: set[str] = set()
    for notice in batch:
        touched |= groups.learn(side_of(notice.process, [notice], area))
    return groups.around(touched)


def original(process: str) -> str:
    """Return the process of which `process` is a copy, itself when it is none."""
    return process.removeprefix("again:")


def arrivals(count: int, seed: int) -> Iterator[Notice]:
    """Yield `count` notices in the order of their publication over three years, each of a process of its own; one in
    twenty is a copy of an earlier one in another source, in that source's wording."""
    market, begin = _Market(seed), NOW - YEARS
    waiting: list[tuple[datetime, Notice]] = []
    made = 0
    while made < count:
        moment = begin + YEARS * (made / count)
        ripe = [notice for due, notice in waiting if due <= moment][: count - made]
        waiting = [(due, notice) for due, notice in waiting if due > moment]
        yield from ripe
        made += len(ripe)
        if made < count:
            notice = market.notice(made, moment)
            yield notice
            made += 1
            if market.dice.random() < DUPLICATES / (1 - DUPLICATES):
                copy = market.copy(notice)
                waiting.append((copy.published_at or moment, copy))


class _Market:
    """Who buys what: some buyers buy more than others, some things again every year, some many times on one day (each
    call-off with a reference of its own)."""

    def __init__(self, seed: int) -> None:
        self.dice, self.world = random.Random(seed), World(seed)
        words = self.world.vocabulary.words
        self.buyers = [
            Organisation(f"{words[400 + number].capitalize()} {sort}", roles=("buyer",))
            for number, sort in zip(range(BUYERS), cycle(SORTS), strict=False)
        ]
        self.bought: dict[str, deque[tuple[datetime, str]]] = defaultdict(deque)
        self.call_offs: list[Notice] = []

    def notice(self, place: int, moment: datetime) -> Notice:
        """Return the notice number `place`, published at `moment`."""
        dice = self.dice
        if self.call_offs:
            return self._numbered(self.call_offs.pop(), place, moment)
        buyer = self.buyers[int(BUYERS * dice.random() ** 2)]
        again = self._bought_a_year_ago(buyer.name, moment)
        effect = dice.choices((Effect.OPEN, Effect.AWARD, Effect.ENGAGE, Effect.PLAN), (50, 38, 8, 4))[0]
        effect = Effect.OPEN if again else effect
        notice = Notice(
            source=dice.choices(SOURCES, WEIGHTS)[0],
            key="",
            process="",
            title=again or self.world.title(),
            effect=effect,
            closes_at=moment.replace(hour=12, minute=0) + timedelta(dice.randint(10, 45)) if effect == "open" else None,
            buyers=(buyer,),
            references=self._references(place),
        )
        if effect in (Effect.OPEN, Effect.AWARD):
            self.bought[buyer.name].append((moment, notice.title or ""))
        if effect is Effect.AWARD and dice.random() < 0.02:
            self.call_offs = [notice] * dice.randint(2, 12)
        return self._numbered(notice, place, moment)

    def _numbered(self, notice: Notice, place: int, moment: datetime) -> Notice:
        """Return a notice with its own number, ocid and, one of several call-offs, reference."""
        prefix = {"find-a-tender": "ocds-h6vhtk", "contracts-finder": "ocds-b5fd17"}.get(notice.source)
        ocid = f"{prefix}-{place:06x}" if prefix else None
        return msgspec.structs.replace(
            notice,
            key=f"{place:06}",
            process=ocid or f"{notice.source}:{place:06}",
            ocid=ocid,
            published_at=moment,
            references=(f"CALL{place:06}",) if self.call_offs else notice.references,
        )

    def copy(self, notice: Notice) -> Notice:
        """Return the same thing as another source says it, up to five days later."""
        dice, buyer, title = self.dice, notice.buyers[0], notice.title or ""
        closes = notice.closes_at
        if closes and dice.random() < 0.1:
            closes += timedelta(7)
        said = dice.choices(
            (title, title.upper(), f"Invitation to tender: {title}", f"{buyer.name} - {title}", f"{title} (re-issued)",
             _with_a_slip(title, dice), f"Provision of {title} in {buyer.name.split()[0]}"),
            (50, 12, 8, 8, 4, 8, 10),
        )[0]  # fmt: skip
        return msgspec.structs.replace(
            notice,
            source=dice.choice([source for source in SOURCES if source != notice.source]),
            process=f"again:{notice.process}",
            ocid=None,
            title=said,
            published_at=(notice.published_at or NOW) + timedelta(hours=dice.randint(1, 120)),
            closes_at=None if dice.random() < 0.05 else closes,
            buyers=(msgspec.structs.replace(buyer, name=buyer.name.upper() if dice.random() < 0.2 else buyer.name),),
            references=notice.references if dice.random() < 0.6 else (),
        )

    def _bought_a_year_ago(self, buyer: str, moment: datetime) -> str | None:
        """Return the title of something that the buyer wanted about a year before and, every second time, wants
        again."""
        bought = self.bought[buyer]
        while bought and moment - bought[0][0] > timedelta(days=330):
            _, title = bought.popleft()
            if self.dice.random() < 0.5:
                return title
        return None

    def _references(self, place: int) -> tuple[str, ...]:
        sort = self.dice.random()
        if sort < 0.3:
            return (f"DN{1_000_000 + place}",)
        if sort < 0.6:
            return (f"PROC/{place:06}",)
        return ("TBC",) if sort < 0.65 else ()


def _with_a_slip(title: str, dice: random.Random) -> str:
    """Return a title with two letters of its longest word in the wrong order."""
    word = max(title.split(), key=len)
    place = dice.randrange(1, max(2, len(word) - 2))
    return title.replace(word, word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :])
