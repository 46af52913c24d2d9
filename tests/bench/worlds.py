"""Invented worlds, the same for the same seed: words with a few very common and very many rare ones, buyers,
opportunities, and what people might search for."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from tenderbell.area import Area
from tenderbell.compiling.buyers import buyer_of
from tenderbell.criteria import Criteria
from tenderbell.notice import Lot, Organisation, Subject
from tenderbell.opportunity import Opportunity
from tenderbell.themes import load_themes
from tenderbell.vocabulary import Kind, Reach, Stage

NOW = datetime(2026, 8, 11, 8, tzinfo=UTC)

_PLAIN = """
the of and to for in services service support a provision with contract council public supply community be is works
framework health care delivery management school maintenance design equipment housing young people local providers
tender training lot quality social building repair advice project
""".split()
_ONSETS = "b br c ch d dr f fl g gr h j k l m n p pl qu r s sh st t th tr v w".split()
_VOWELS = "a e i o u ai ea oa ou".split()
_ENDINGS = "ble dge ft ld lk ll m mp n nd ng nt p rd rk rn sk st t th ver wick x".split()
_ACRONYMS = ("SEND", "CAMHS", "NHS", "ICT", "HVAC", "TUPE", "VCSE", "BIM", "PPE", "GIS")
_CODES = (
    ("85312000", "Social work services without accommodation"), ("85000000", "Health and social work services"),
    ("80000000", "Education and training services"), ("45000000", "Construction work"),
    ("72000000", "IT services: consulting, software development, Internet and support"),
    ("90910000", "Cleaning services"), ("60100000", "Road transport services"), ("50700000", "Building repair"),
    ("79600000", "Recruitment services"), ("33100000", "Medical equipments"), ("98000000", "Other services"),
    ("71000000", "Architectural, construction, engineering and inspection services"),
    ("85311300", "Welfare services for children and young people"), ("92000000", "Recreational services"),
)  # fmt: skip
"""CPV codes with their official labels."""

_KINDS = (Kind.CONTRACT,) * 6 + (Kind.GRANT, Kind.GRANT, Kind.FRAMEWORK, Kind.UNCLEAR)
_STAGES = (Stage.OPEN,) * 3 + (Stage.AWARDED,) * 5 + (Stage.PLANNED, Stage.ENGAGEMENT, Stage.CANCELLED)
_REACHES = (Reach.LOCAL,) * 4 + (Reach.REGIONAL, Reach.NATIONAL, Reach.UNSTATED)


class Vocabulary:
    """Words by rank: the word of rank r is about r times as rare as the first one (Zipf)."""

    def __init__(self, dice: random.Random, size: int = 20_000) -> None:
        words = dict.fromkeys(_PLAIN)
        while len(words) < size:
            words[_invented(dice)] = None
        self.words = list(words)
        self._cumulated = list(accumulate(1 / (rank + 2.7) for rank in range(size)))

    def some(self, dice: random.Random, count: int) -> list[str]:
        """Return words as running text has them."""
        return dice.choices(self.words, cum_weights=self._cumulated, k=count)

    def telling(self, dice: random.Random) -> str:
        """Return a word that somebody would search for: none of the most common. Half of them stand in fewer than one
        notice in a hundred, as "young carers" does."""
        return self.words[min(len(self.words) - 1, int(400 * 1.67 ** dice.uniform(0, 7.5)))]

    def text(self, dice: random.Random, count: int) -> str:
        """Return sentences of about `count` words, now and then with an acronym."""
        words = self.some(dice, count)
        for place in range(dice.randrange(9, 14), count, 13):
            words[place] += "."
        if dice.random() < 0.2:
            words[dice.randrange(count)] = dice.choice(_ACRONYMS)
        return " ".join(words).capitalize()


def _invented(dice: random.Random) -> str:
    parts = [dice.choice(_ONSETS) + dice.choice(_VOWELS) for _ in range(dice.randint(1, 2))]
    return "".join(parts) + dice.choice(_ENDINGS)


def length(dice: random.Random, middle: int, most: int) -> int:
    """Return a number of words: half below `middle`, a few far above it, as descriptions are."""
    return max(8, min(most, int(dice.lognormvariate(0, 0.9) * middle)))


class World:
    """A seeded source of everything invented."""

    def __init__(self, seed: int = 1) -> None:
        self.dice = random.Random(seed)
        self.vocabulary = Vocabulary(random.Random(7))
        self.themes = [theme.id for theme in load_themes()]
        self.buyers = [_buyer(random.Random(number), self.vocabulary, number) for number in range(400)]

    def title(self) -> str:
        """Return a line such as notices have."""
        words = self.vocabulary.some(self.dice, self.dice.randint(3, 10))
        return " ".join([self.vocabulary.telling(self.dice).capitalize(), *words])

    def text(self, middle: int, most: int = 1_500) -> str:
        """Return running text of about `middle` words."""
        return self.vocabulary.text(self.dice, length(self.dice, middle, most))

    def buyer(self) -> Organisation:
        """Return one of 400 buyers, some of them much busier than others."""
        return self.buyers[int(len(self.buyers) * self.dice.random() ** 2)]

    def subjects(self) -> tuple[Subject, ...]:
        """Return one to three CPV subjects."""
        return tuple(Subject(*code) for code in self.dice.sample(_CODES, self.dice.choice((1, 1, 2, 3))))

    def opportunity(self, place: int, area: Area, stages: tuple[Stage, ...] = _STAGES) -> Opportunity:
        """Return the opportunity number `place`, counted from the oldest, published in the two years before NOW."""
        dice, buyer = self.dice, self.buyer()
        published = NOW - timedelta(days=730) + timedelta(minutes=10 * place)
        key = f"{place % 999_999 + 1:06d}-{published.year}"
        reach, stage, kind = dice.choice(_REACHES), dice.choice(stages), dice.choice(_KINDS)
        closes = NOW + timedelta(hours=dice.randint(1, 2_400))
        value = None if dice.random() < 0.3 else round(dice.lognormvariate(11.5, 1.8), 2)
        return Opportunity(
            id=f"h6vhtk-{place:06x}",
            number=int(published.timestamp()) * 1000 + place % 1000,
            title=self.title(),
            source="find-a-tender",
            description=self.text(110),
            buyer=buyer.name,
            buyer_id=buyer_of(buyer, area).id,
            buyers=(buyer,),
            kind=kind,
            kind_evidence="The notice is published under the Procurement Act 2023.",
            stage=stage,
            stage_evidence=f"Notice {key}",
            reach=reach,
            reach_rule="B" if reach is Reach.LOCAL else "E",
            reach_value="The work is delivered in the area.",
            districts=_districts(dice, area, reach),
            themes=tuple(dice.sample(self.themes, dice.choice((0, 0, 1, 1, 2)))),
            subjects=self.subjects(),
            published_at=published,
            updated_at=published,
            closes_at=closes if stage is Stage.OPEN else None,
            value=value,
            value_basis="with VAT" if value else None,
            value_gross=value,
            value_net=round(value / 1.2, 2) if value else None,
            currency="GBP" if value else None,
            lots=self._lots(),
            vcse_suitable=dice.choice((True, False, None)),
            sme_suitable=dice.choice((True, None)),
            notice_days=dice.randint(5, 60),
            link=f"https://notices.example.org/Notice/{key}",
            ocids=(f"ocds-h6vhtk-{place:06x}",),
            notices=(key,),
            sources=("find-a-tender",),
            evidence={"closes_at": f"tender.tenderPeriod.endDate, in notice {key}.", "value": f"In notice {key}."},
        )

    def _lots(self) -> tuple[Lot, ...]:
        count = self.dice.choice((0, 0, 0, 1, 1, 1, 1, 2, 4))
        return tuple(Lot(str(n + 1), self.title(), self.text(30), "active") for n in range(count))

    def criteria(self, area: Area) -> Criteria:
        """Return what one person might save: words and a few filters, as the sign-up form makes them."""
        dice = self.dice
        words = [("q", self._words())] if dice.random() < 0.93 else []
        pairs: list[tuple[str, str]] = list(words)
        if dice.random() < 0.35:
            pairs += [
                ("kind", kind) for kind in dice.sample(("contract", "grant", "framework"), dice.choice((1, 1, 2)))
            ]
        if dice.random() < 0.4:
            districts = [district.slug for district in area.districts]
            pairs += [("district", slug) for slug in dice.sample(districts, dice.choice((1, 1, 2)))]
        if dice.random() < (0.2 if words else 1):
            pairs += [("theme", theme) for theme in dice.sample(self.themes, dice.choice((1, 2)))]
        if dice.random() < 0.25:
            pairs.append(("value_max", str(dice.choice((5_000, 25_000, 100_000, 500_000)) + dice.randrange(50) * 100)))
        if dice.random() < 0.1:
            pairs.append(("value_min", str(dice.choice((500, 1_000, 10_000)))))
        if dice.random() < 0.12:
            pairs.append(("cpv", dice.choice(_CODES)[0][: dice.choice((2, 3, 8))]))
        if dice.random() < 0.5:
            pairs.append(("stage", "open"))
        return Criteria.parse(pairs)

    def _words(self) -> str:
        """Return one to three words, sometimes as a phrase, with an OR or with an exclusion."""
        dice = self.dice
        words = [self.vocabulary.telling(dice) for _ in range(dice.choice((1, 1, 2, 2, 3)))]
        shape = dice.random()
        if len(words) == 1:
            return words[0] if shape < 0.9 else dice.choice(_ACRONYMS)
        if shape < 0.25:
            return f'"{words[0]} {dice.choice(_PLAIN[6:])}" ' + " OR ".join(words[1:])
        if shape < 0.55:
            return " OR ".join(words)
        return f"{' OR '.join(words[:-1])} -{words[-1]}" if shape < 0.75 else " ".join(words)


def _buyer(dice: random.Random, vocabulary: Vocabulary, number: int) -> Organisation:
    name = vocabulary.words[60 + number * 7].capitalize()
    sort = dice.choice(("District Council", "County Council", "NHS Foundation Trust", "Housing Association", "College"))
    id = f"GB-PPON-P{number:03d}-{number * 7 % 10_000:04d}-ABCD"
    return Organisation(
        f"{name} {sort}", (id,), ("buyer",), f"UK{dice.choice('CDEFGHIJK')}12", website="https://example.org"
    )


def _districts(dice: random.Random, area: Area, reach: Reach) -> tuple[str, ...]:
    if reach is not Reach.LOCAL or dice.random() < 0.5 or not area.districts:
        return ()
    return (dice.choice(area.districts).slug,)


def searches(world: World, area: Area, count: int, shared: float = 0.3) -> Iterator[str]:
    """Yield canonical criteria: `shared` of them out of a pool of popular ones, the others everybody's own."""
    pool = [world.criteria(area).canonical(profile=True) for _ in range(max(10, count // 300))]
    for _ in range(count):
        if world.dice.random() < shared:
            yield world.dice.choice(pool)
        else:
            yield world.criteria(area).canonical(profile=True)
