"""The oracle: a plain model of who must be told of what and when (rulings 23 to 25 and 30), written from the rulings
and not from the product. It keeps everything in Python objects and looks at no database.

The driver tells it what happened, in the order in which it happened; `tellings` is what must have arrived: for each
person and opportunity, the e-mails (by the instant at which they were written) and the events that each told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UK = ZoneInfo("Europe/London")
GATHERING = timedelta(minutes=15)
LIVE = ("planned", "engagement", "open")
CHANGES = ("opened", "deadline", "value", "cancelled", "reopened", "awarded")
FIRST = 0


@dataclass(frozen=True)
class Facts:
    """What a search may ask of an opportunity."""

    words: frozenset[str]
    kind: str
    stage: str
    value: int | None
    closes_at: datetime | None

    def stage_at(self, now: datetime) -> str:
        """Closed is computed (ruling 10)."""
        over = self.stage == "open" and self.closes_at is not None and self.closes_at <= now
        return "closed" if over else self.stage


@dataclass(frozen=True)
class Wish:
    """What somebody searches for."""

    either: tuple[str, ...] = ()
    without: str = ""
    kind: str = ""
    value_max: int | None = None
    stages: tuple[str, ...] = ()

    def query(self) -> str:
        """Return it as a query string of the site."""
        words = " OR ".join(self.either) + (f" -{self.without}" if self.without else "")
        pairs = [("q", words.strip()), ("kind", self.kind), *(("stage", stage) for stage in self.stages)]
        pairs.append(("value_max", "" if self.value_max is None else str(self.value_max)))
        return "&".join(f"{name}={value.replace(' ', '+')}" for name, value in pairs if value)

    def finds(self, facts: Facts, now: datetime) -> bool:
        """Return whether the site's search would find it."""
        if self.either and not facts.words.intersection(self.either):
            return False
        if (self.without and self.without in facts.words) or (self.kind and facts.kind != self.kind):
            return False
        if self.value_max is not None and (facts.value is None or facts.value > self.value_max):
            return False
        return not self.stages or facts.stage_at(now) in self.stages


@dataclass
class Search:
    """A person's saved search. `after` is the newest event when it began."""

    wish: Wish
    frequency: str
    after: int
    created_at: datetime
    edited_at: datetime | None = None
    pause_end: datetime | None = None
    ended: bool = False

    def hears(self, event: "Event") -> bool:
        """Return whether it is told of an event at all."""
        return not self.ended and self.after < event.number and (event.type != "awarded" or self.wants_awards)

    @property
    def wants_awards(self) -> bool:
        return "awarded" in self.wish.stages


@dataclass(frozen=True)
class Event:
    """Something that happened, by its place in the order."""

    number: int
    opportunity: int
    type: str


@dataclass
class Match:
    """What one search is to tell."""

    search: Search
    opportunity: int
    event: int
    type: str
    matched_at: datetime
    state: str = "waiting"


@dataclass
class Person:
    """A subscriber: searches in the order in which they began, and what they were told or are to be told."""

    name: str
    searches: list[Search] = field(default_factory=list)
    matches: dict[int, list[Match]] = field(default_factory=dict)
    digests: set[tuple[str, date]] = field(default_factory=set)
    hidden: dict[int, datetime] = field(default_factory=dict)
    gone_at: datetime | None = None

    def living(self) -> list[Search]:
        return [search for search in self.searches if not search.ended]

    def waiting(self) -> list[Match]:
        found = [match for matches in self.matches.values() for match in matches if match.state == "waiting"]
        return sorted(found, key=lambda match: (match.event, self.searches.index(match.search)))


Telling = tuple[str, int, datetime]
"""A person's name, an opportunity, and the instant at which the e-mail was written."""


class Oracle:
    """Everything that has happened, and what follows from it."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.facts: dict[int, Facts] = {}
        self.events: list[Event] = []
        self.tellings: dict[Telling, set[int]] = {}
        self._matched = 0
        self._built: set[tuple[str, date]] = set()

    def publish(self, opportunity: int, facts: Facts, types: Iterable[str]) -> None:
        """An opportunity is new or has changed."""
        self.facts[opportunity] = facts
        for type in types:
            self.events.append(Event(len(self.events) + 1, opportunity, type))

    def join(self, name: str, wish: Wish, frequency: str, now: datetime) -> Search:
        """Somebody confirms a search. What is open now is offered once, except what they were told of."""
        person = self.people.setdefault(name, Person(name))
        search = Search(wish, frequency, len(self.events), now)
        person.searches.append(search)
        for opportunity, facts in self.facts.items():
            told = any(match.state == "claimed" for match in person.matches.get(opportunity, ()))
            if facts.stage_at(now) == "open" and wish.finds(facts, now) and not told:
                _add(person, Match(search, opportunity, FIRST, "first", now))
        return search

    def leave(self, name: str, now: datetime) -> None:
        """Somebody ends everything, or complains: nothing may go to them any more."""
        person = self.people[name]
        person.gone_at = now
        for search in person.searches:
            search.ended = True

    def hide(self, name: str, opportunity: int, now: datetime) -> None:
        """Not for us."""
        self.people[name].hidden[opportunity] = now

    def end(self, name: str, search: Search) -> None:
        """One search of several ends: the changes that wait for it go to the earliest that lives."""
        person = self.people[name]
        search.ended = True
        heir = next(iter(person.living()), None)
        for match in [match for match in person.waiting() if match.search is search]:
            told = any(other.state == "claimed" for other in person.matches[match.opportunity])
            taken = any(
                other.search is heir and other.event == match.event for other in person.matches[match.opportunity]
            )
            if heir and told and not taken and match.type not in ("new", "first", "awarded"):
                match.search = heir
            else:
                match.state = "dropped"

    def match(self, now: datetime) -> None:
        """Events become matches: first the news, then the changes in their order."""
        events = self.events[self._matched :]
        self._matched = len(self.events)
        touched = {event.opportunity for event in events}
        finding = {id: self._finding(id, now) for id in touched}
        for id in sorted(touched):
            if self.facts[id].stage_at(now) in LIVE:
                self._tell_news(id, [event for event in events if event.opportunity == id], finding[id], now)
        for event in events:
            if event.type in CHANGES:
                self._tell_change(event, finding[event.opportunity], now)

    def _finding(self, opportunity: int, now: datetime) -> list[tuple[Person, Search]]:
        facts = self.facts[opportunity]
        return [
            (person, search)
            for person in self.people.values()
            for search in person.living()
            if search.wish.finds(facts, now)
        ]

    def _tell_news(self, id: int, events: list[Event], finding: list[tuple[Person, Search]], now: datetime) -> None:
        for person, search in finding:
            later = [event for event in events if event.number > search.after]
            before = person.matches.get(id, ())
            told = any(
                match.state == "claimed" or (match.state == "waiting" and match.search is search) for match in before
            )
            if later and not told:
                _add(person, Match(search, id, later[0].number, "new", now))

    def _tell_change(self, event: Event, finding: list[tuple[Person, Search]], now: datetime) -> None:
        for person in list(self.people.values()):
            before = [
                match
                for match in person.matches.get(event.opportunity, ())
                if match.event < event.number and match.state != "dropped"
            ]
            if not before:
                continue
            tellers = [match.search for match in before]
            hearing = [*tellers, *(search for owner, search in finding if owner is person)]
            if (
                event.type != "awarded"
                and all(search.ended for search in tellers)
                and not any(search.hears(event) for search in hearing)
            ):
                hearing = [search for search in person.living() if search.hears(event)][:1]
            for search in person.searches:
                if search in hearing and search.hears(event):
                    _add(person, Match(search, event.opportunity, event.number, event.type, now))

    def build(self, now: datetime) -> None:
        """Digests are written: what is due, and with it what the person's other searches would tell of the same."""
        periods = [period for period in (_latest("daily", now), _latest("weekly", now)) if period not in self._built]
        for person in self.people.values():
            if person.gone_at is None and (waiting := person.waiting()):
                self._build_one(person, waiting, periods, now)
        self._built.update(periods)

    def _build_one(self, person: Person, waiting: list[Match], periods: list[tuple[str, date]], now: datetime) -> None:
        due = list(_due(person, waiting, periods, now))
        ids = {id(search) for search, _ in due}
        wanted: dict[int, list[Match]] = {}
        for match in waiting:
            if self._still_wanted(person, match, now):
                wanted.setdefault(match.opportunity, []).append(match)
            elif id(match.search) in ids:
                match.state = "dropped"
        told = [matches for matches in wanted.values() if any(id(match.search) in ids for match in matches)]
        for matches in told:
            self.tellings[person.name, matches[0].opportunity, now] = {match.event for match in matches}
            for match in matches:
                match.state = "claimed"
        telling = {id(match.search) for matches in told for match in matches}
        person.digests |= {period for search, period in due if period and id(search) in telling}

    def _still_wanted(self, person: Person, match: Match, now: datetime) -> bool:
        facts = self.facts[match.opportunity]
        stage = facts.stage_at(now)
        search = match.search
        if search.ended or match.opportunity in person.hidden or (match.type == "first" and stage != "open"):
            return False
        if stage not in LIVE and search.pause_end and match.matched_at < search.pause_end:
            return False
        edited = search.edited_at and match.type in ("new", "first") and match.matched_at <= search.edited_at
        return not edited or search.wish.finds(facts, now)


def _add(person: Person, match: Match) -> None:
    held = person.matches.setdefault(match.opportunity, [])
    if not any(other.search is match.search and other.event == match.event for other in held):
        held.append(match)


def _latest(frequency: str, now: datetime) -> tuple[str, date]:
    """Return the latest period that has ended: 08:30 on a UK clock, weekly ones on Monday (ruling 30)."""
    local = now.astimezone(UK)
    day = local.date() - timedelta(days=local.time() < time(8, 30))
    return frequency, day - timedelta(days=day.weekday()) if frequency == "weekly" else day


def _due(
    person: Person, waiting: list[Match], periods: list[tuple[str, date]], now: datetime
) -> Iterator[tuple[Search, tuple[str, date] | None]]:
    awake = [search for search in person.living() if search.pause_end is None or search.pause_end <= now]
    for frequency, day in periods:
        end = datetime.combine(day, time(8, 30), UK)
        for search in awake:
            fits = search.frequency == frequency and search.created_at < end
            if fits and (frequency, day) not in person.digests:
                yield search, (frequency, day)
    instant = [search for search in awake if search.frequency == "instant"]
    since = [match.matched_at for match in waiting if any(match.search is search for search in instant)]
    if since and min(since) + GATHERING <= now:
        yield from ((search, None) for search in instant)
