"""An opportunity: what a process looks like to somebody who might apply, and how to load it from `public.db`."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tenderbell.notice import Lot, Organisation, Record, Subject
from tenderbell.vocabulary import Kind, Reach, Result, Stage


class Change(Record, frozen=True, omit_defaults=True):
    """One fact that a later notice stated differently. `field` is a field of `Opportunity`; `old` and `new` are
    stored stamps, numbers or words, None for *not stated*; `at` is when that notice was published."""

    field: str
    old: str | None
    new: str | None
    at: datetime | None
    notice: str


class Statement(Record, frozen=True, omit_defaults=True):
    """What one source says of a fact on which sources disagree: a stored stamp for `closes_at`, pounds for `value`.
    `why` says why it is the one that is followed; the others have none."""

    field: str
    source: str
    notice: str
    value: str
    at: datetime | None = None
    why: str | None = None


class Finding(Record, frozen=True, omit_defaults=True):
    """What the notices of an opportunity show about one undertaking of the Code: `clause` is its number ("3.2.2"),
    `words` say what was found in a sentence for people, `field` is the field of `Opportunity` that it rests on, and
    `relied_on` the value or the words of the notice that decided it."""

    clause: str
    result: Result
    words: str
    field: str | None = None
    relied_on: str | None = None


class Opportunity(Record, frozen=True, omit_defaults=True, kw_only=True):
    """A compiled process. None is *not stated*; instants are aware UTC; values are in pounds unless `currency` says
    otherwise. `evidence` holds, for each derived or disputed fact, the notice and the words that decided it.

    `changes` is the history that the notices themselves tell, oldest first; it is the same after a rebuild. `value`
    is the one number that filters use and `value_basis` says which it is (ruling 15), `value_yearly` that it is
    stated per year. `districts` are slugs of the area's districts, empty when it concerns the whole county. `notices`
    are the sources' keys, newest first. `engagement_closes_at` may lie in the past while the stage is still
    *engagement*. `unconfirmed` marks an opportunity that only its text connects with the area (rule F). `rolling` is
    true when it has no deadline by design. `statements` are what the sources say where they disagree. `findings` are
    what they show about the Code, in the order of its clauses. `first_early_at` is the first early notice (a plan or
    early talks), `warning_days` the UK calendar days from it to the deadline. `awarded_at` is when the award was made
    or, failing that, published. `scoring` is how bids are scored in the notice's own words, `minimum_requirements`
    what every bidder must show, `monitoring` what it says of reporting afterwards, `feedback` what it says of telling
    bidders how they did, `contact` whether it says whom to ask, `glossary` whether it or its documents explain terms.
    """

    id: str
    number: int
    title: str
    source: str
    description: str | None = None
    buyer: str | None = None
    buyer_id: str | None = None
    buyers: tuple[Organisation, ...] = ()
    suppliers: tuple[Organisation, ...] = ()
    kind: Kind = Kind.UNCLEAR
    kind_evidence: str | None = None
    stage: Stage = Stage.OPEN
    stage_evidence: str | None = None
    cancel_reason: str | None = None
    reach: Reach = Reach.UNSTATED
    reach_rule: str | None = None
    reach_value: str | None = None
    unconfirmed: bool = False
    districts: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    closes_at: datetime | None = None
    rolling: bool | None = None
    engagement_closes_at: datetime | None = None
    enquiries_close_at: datetime | None = None
    decision_expected_at: datetime | None = None
    expected_open_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    extends_to: datetime | None = None
    value: float | None = None
    value_basis: str | None = None
    value_net: float | None = None
    value_gross: float | None = None
    value_low: float | None = None
    value_high: float | None = None
    value_fund: float | None = None
    value_yearly: bool = False
    currency: str | None = None
    lots: tuple[Lot, ...] = ()
    category: str | None = None
    method: str | None = None
    sme_suitable: bool | None = None
    vcse_suitable: bool | None = None
    reserved_vcse: bool = False
    reserved_places: tuple[str, ...] = ()
    eligibility: str | None = None
    how_to_apply: str | None = None
    quality_percent: float | None = None
    cost_percent: float | None = None
    tupe: bool | None = None
    notice_days: int | None = None
    warning_days: int | None = None
    first_early_at: datetime | None = None
    awarded_at: datetime | None = None
    scoring: str | None = None
    minimum_requirements: str | None = None
    monitoring: str | None = None
    feedback: str | None = None
    contact: bool | None = None
    glossary: bool | None = None
    findings: tuple[Finding, ...] = ()
    link: str | None = None
    delivery_text: str | None = None
    references: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    ocids: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    statements: tuple[Statement, ...] = ()
    evidence: dict[str, str] = msgspec.field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    def stage_at(self, now: datetime) -> Stage:
        """Return the stage as pages show it: an open opportunity is closed once its deadline has passed (ruling 10)."""
        if self.stage is Stage.OPEN and self.closes_at is not None and self.closes_at <= now:
            return Stage.CLOSED
        return self.stage


class Sighting(Record, frozen=True, omit_defaults=True):
    """One notice of an opportunity as the page lists it: where, what, first and last seen."""

    source: str
    key: str
    form: str | None
    form_name: str | None
    title: str | None
    link: str | None
    published_at: datetime | None
    effect: str | None
    first_seen: datetime | None
    last_seen: datetime | None


class Buyer(Record, frozen=True, omit_defaults=True):
    """A public body or funder with a page. `local` when it is one of the area's bodies."""

    id: str
    name: str
    sort: str | None
    identifiers: tuple[str, ...]
    website: str | None
    mailbox: str | None
    local: bool


_decoder = msgspec.json.Decoder(Opportunity)


def load(db: sqlite3.Connection, numbers: Sequence[int]) -> list[Opportunity]:
    """Return the opportunities with these numbers, in the order given; missing ones are left out."""
    marks = ", ".join("?" * len(numbers))
    rows = db.execute(f"select number, record from opportunity where number in ({marks})", tuple(numbers))
    found = {row[0]: _decoder.decode(row[1]) for row in rows}
    return [found[number] for number in numbers if number in found]


def find(db: sqlite3.Connection, id: str) -> Opportunity | None:
    """Return the opportunity with this id, None when there is none (see `redirected`)."""
    row = db.execute("select record from opportunity where id = ?", (id,)).fetchone()
    return _decoder.decode(row[0]) if row else None


def find_all(db: sqlite3.Connection, ids: Iterable[str]) -> list[Opportunity]:
    """Return the opportunities with these ids, in the order given; missing ones are left out."""
    return [found for id in ids if (found := find(db, id)) is not None]


def redirected(db: sqlite3.Connection, id: str) -> str | None:
    """Return the id under which a merged opportunity goes on, None when `id` was never merged."""
    row = db.execute("select opportunity from redirect where id = ?", (id,)).fetchone()
    return str(row[0]) if row else None


def ids_of(db: sqlite3.Connection, id: str) -> list[str]:
    """Return the id of an opportunity and those under which it was known before it was merged, its own first."""
    merged = db.execute("select id from redirect where opportunity = ? order by id", (id,))
    return [id, *(str(row[0]) for row in merged)]


def sightings(db: sqlite3.Connection, id: str) -> list[Sighting]:
    """Return the notices of an opportunity, newest first."""
    rows = db.execute(
        "select source, key, form, form_name, title, link, published_at, effect, first_seen, last_seen "
        "from notice left join sighting using (source, key) where opportunity = ? order by published_at desc, key desc",
        (id,),
    )
    return [msgspec.convert(dict(row), Sighting, strict=False) for row in rows]


def buyer(db: sqlite3.Connection, id: str) -> Buyer | None:
    """Return the buyer with this id, None when there is none."""
    row = db.execute("select * from buyer where id = ?", (id,)).fetchone()
    if row is None:
        return None
    return msgspec.convert({**dict(row), "identifiers": msgspec.json.decode(row["identifiers"])}, Buyer, strict=False)
