"""A county for a month: opportunities come, change and go, people join, edit, pause, hide and leave. Everything is done
to the product and told to the oracle."""

import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerts import hidden, profiles, suppression
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.vocabulary import Frequency, Kind, Stage
from tests.alerts.world import World
from tests.soak.mail_server import DEAD
from tests.soak.oracle import UK, Facts, Oracle, Search, Wish

WORDS = (
    "carers hall roof youth garden transport sport arts music refuge debt woodland bridge kitchen library market "
    "meadow minibus nursery orchard pantry playground river shelter stable theatre workshop yard allotment canal"
).split()
KINDS = ("contract", "grant", "grant", "loan")
FREQUENCIES = ("weekly", "weekly", "weekly", "daily", "instant")


class Bell(World):
    """The world of the tests of alerts, which keeps its connection to `private.db` while it is told to."""

    _kept: sqlite3.Connection | None = None

    @contextmanager
    def private(self) -> Iterator[sqlite3.Connection]:
        if self._kept is not None:
            yield self._kept
            return
        with super().private() as db:
            yield db

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep one connection for the block: thousands of forms in a row."""
        with super().private() as db:
            self._kept = db
            try:
                yield
            finally:
                self._kept = None


@dataclass
class Subscribed:
    """A search as both sides know it."""

    name: str
    profile: profiles.Profile
    search: Search
    canonical: str


class County:
    """What happens, the same for the same seed."""

    def __init__(self, bell: Bell, oracle: Oracle, dice: random.Random) -> None:
        self.bell = bell
        self.oracle = oracle
        self.dice = dice
        self.versions: dict[int, list[datetime]] = defaultdict(list)
        self.subscribed: list[Subscribed] = []
        self._by_name: dict[str, list[Subscribed]] = defaultdict(list)
        self._numbers = 0

    @property
    def address(self) -> str:
        """A new address; one in a hundred of no mailbox."""
        self._numbers += 1
        name = DEAD if self.dice.random() < 0.01 else "person"
        return f"{name}{self._numbers}@d{self._numbers % 211}.example.org"

    def join(self, count: int) -> None:
        """So many people sign up, each for one or two searches."""
        with self.bell.keeping():
            for _ in range(count):
                address = self.address
                for _ in range(self.dice.choice((1, 1, 1, 2, 3))):
                    self._subscribe(address)

    def _subscribe(self, address: str) -> None:
        wish, frequency = self._wish(), self.dice.choice(FREQUENCIES)
        canonical = Criteria.parse(wish.query()).canonical(profile=True)
        if any(item.canonical == canonical for item in self._of(address)):
            return
        profile = self.bell.subscribe(wish.query(), Frequency(frequency), address)
        search = self.oracle.join(address, wish, frequency, self.bell.now)
        item = Subscribed(address, profile, search, canonical)
        self.subscribed.append(item)
        self._by_name[address].append(item)

    def _of(self, name: str) -> list[Subscribed]:
        return [item for item in self._by_name[name] if not item.search.ended]

    def _wish(self) -> Wish:
        dice = self.dice
        return Wish(
            either=tuple(dice.sample(WORDS, dice.choice((1, 1, 1, 2)))) if dice.random() < 0.97 else (),
            without=dice.choice(WORDS) if dice.random() < 0.1 else "",
            kind=dice.choice(KINDS) if dice.random() < 0.3 else "",
            value_max=dice.choice((10_000, 50_000)) if dice.random() < 0.2 else None,
            stages=dice.choice(((), (), ("open",), ("open",), ("awarded", "open"))),
        )

    def publish(self, count: int) -> None:
        """So many opportunities are new, and about as many that are known change."""
        for _ in range(count):
            self._publish_new()
        for number in self.dice.sample(sorted(self.oracle.facts), min(count, len(self.oracle.facts))):
            self._change(number)

    def _publish_new(self) -> None:
        dice = self.dice
        stage = dice.choice(("open", "open", "open", "engagement", "planned"))
        closes_at = self.bell.now + timedelta(hours=dice.choice((5, 30, 100, 500, 900))) if stage == "open" else None
        facts = Facts(
            frozenset(dice.sample(WORDS, 2)), dice.choice(KINDS), stage, dice.choice((None, 4_000, 40_000)), closes_at
        )
        self._store(len(self.oracle.facts) + 1, facts, ["new"])

    def _change(self, number: int) -> None:
        facts, types = self._changed(self.oracle.facts[number])
        if types:
            self._store(number, facts, types)

    def _changed(self, facts: Facts) -> tuple[Facts, list[str]]:
        point, now = self.dice.random(), self.bell.now
        if facts.stage in ("cancelled", "awarded"):
            later = now + timedelta(days=20)
            reopened = facts.closes_at == later or facts.stage == "awarded"
            return (facts, []) if reopened else (replace(facts, stage="open"), ["reopened"])
        if facts.stage in ("planned", "engagement"):
            return replace(facts, stage="open", closes_at=now + timedelta(days=self.dice.randint(1, 30))), ["opened"]
        if point < 0.35:
            moved = (facts.closes_at or now) + timedelta(days=self.dice.randint(1, 9))
            return replace(facts, closes_at=moved), ["deadline"]
        if point < 0.5:
            return replace(facts, value=(facts.value or 0) + self.dice.randint(1, 30_000)), ["value"]
        if point < 0.65:
            return replace(facts, stage="cancelled"), ["cancelled"]
        if point < 0.8:
            return replace(facts, stage="awarded"), ["awarded"]
        return replace(facts, words=frozenset(self.dice.sample(WORDS, 2))), ["revised"]

    def _store(self, number: int, facts: Facts, types: list[str]) -> None:
        """Compile an opportunity, one time in ten silently, as a rebuild does. Its title says which version it is."""
        self.versions[number].append(self.bell.now)
        silent = self.dice.random() < 0.1
        known: dict[str, Any] = {
            "title": f"{' and '.join(sorted(facts.words))} o{number}v{len(self.versions[number])}",
            "kind": Kind(facts.kind),
            "stage": Stage(facts.stage),
            "value": facts.value,
            "closes_at": facts.closes_at,
        }
        self.bell.publish(f"opportunity-{number}", silent=silent, **known)
        self.oracle.publish(number, facts, [] if silent else types)

    def act(self, size: int) -> None:
        """People join, edit, pause, resume, hide, complain, end a search and leave."""
        self.join(max(1, size // 300))
        living = [item for item in self.subscribed if not item.search.ended]
        each = max(1, size // 400)
        with self.bell.keeping():
            for doing in (self._edit, self._pause, self._resume, self._hide, self._hide, self._end):
                for item in self.dice.sample(living, min(each, len(living))):
                    if not item.search.ended:
                        doing(item)
            for item in self.dice.sample(living, min(max(1, size // 1000), len(living))):
                if not item.search.ended:
                    self.dice.choice((self._leave, self._complain))(item)

    def _token(self, item: Subscribed) -> str:
        return self.bell.manage_token(item.profile)

    def _edit(self, item: Subscribed) -> None:
        wish = self._wish()
        criteria = Criteria.parse(wish.query())
        with self.bell.private() as db:
            done = profiles.edit(db, self.bell.settings, self._token(item), item.profile.id, criteria, self.bell.now)
        if done:
            item.search.wish, item.search.edited_at = wish, self.bell.now
            item.canonical = criteria.canonical(profile=True)

    def _pause(self, item: Subscribed) -> None:
        until = self.bell.now.astimezone(UK).date() + timedelta(days=self.dice.randint(1, 12))
        with self.bell.private() as db:
            assert profiles.pause(db, self._token(item), item.profile.id, until, self.bell.now)
        item.search.pause_end = datetime(until.year, until.month, until.day, tzinfo=UK)

    def _resume(self, item: Subscribed) -> None:
        paused = [one for one in self.subscribed if one.search.pause_end and one.search.pause_end > self.bell.now]
        item = next((one for one in paused if not one.search.ended), item)
        with self.bell.private() as db:
            assert profiles.resume(db, self._token(item), item.profile.id, self.bell.now)
        if item.search.pause_end and item.search.pause_end > self.bell.now:
            item.search.pause_end = self.bell.now

    def _hide(self, item: Subscribed) -> None:
        known = sorted(self.oracle.people[item.name].matches)
        if known:
            number = self.dice.choice(known)
            with self.bell.private() as db, transaction(db):
                hidden.hide(db, item.profile.subscriber, f"opportunity-{number}", self.bell.now)
            self.oracle.hide(item.name, number, self.bell.now)

    def _end(self, item: Subscribed) -> None:
        """End one search, of somebody to whom no e-mail is on its way: what that would tell is another question."""
        with self.bell.private() as db:
            busy = "select 1 from outbox where subscriber = ? and state in ('pending', 'sending', 'unknown')"
            if db.execute(busy, (item.profile.subscriber,)).fetchone():
                return
            assert profiles.end_profile(db, self._token(item), item.profile.id, self.bell.now)
        self.oracle.end(item.name, item.search)

    def _leave(self, item: Subscribed) -> None:
        with self.bell.private() as db:
            assert profiles.end_all(db, self._token(item), self.bell.now)
        self.oracle.leave(item.name, self.bell.now)

    def _complain(self, item: Subscribed) -> None:
        with self.bell.private() as db, transaction(db):
            suppression.suppress(db, item.name, suppression.COMPLAINT, self.bell.now)
        self.oracle.leave(item.name, self.bell.now)
