"""A notice: one publication by a source, as the spider's `read` understood it.

Absent is None (or an empty tuple), which always means *not stated in this notice*: never zero, never "no".
Instants are aware UTC. Money is in the notice's own currency, net and gross kept apart, neither computed from the
other (sources.md section 11, trap 6). All text is plain text: entities decoded once, tags dropped, control
characters removed (`tenderbell.text`).
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from tenderbell.vocabulary import Effect, Kind, Reach


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """The parent of typed, immutable records that can be stored as JSON; absent fields are left out."""


class Money(Record, frozen=True, omit_defaults=True):
    """An amount as stated: `net` without VAT, `gross` with VAT, `low` and `high` the ends of a stated range
    (for a grant, the least and the most one applicant can get), `fund` the whole pot. `yearly` when the amounts are
    stated per year."""

    net: float | None = None
    gross: float | None = None
    low: float | None = None
    high: float | None = None
    fund: float | None = None
    currency: str | None = None
    yearly: bool = False


class Organisation(Record, frozen=True, omit_defaults=True):
    """A party as the notice names it. `ids` are `SCHEME-ID` strings (`GB-PPON-PRHW-3326-HVMG`), the party's own
    first. `roles` are OCDS party roles. `mailbox` is a role mailbox only; officers' addresses are never read.
    `vcse` is only ever what the notice says."""

    name: str
    ids: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    region: str | None = None
    postcode: str | None = None
    mailbox: str | None = None
    website: str | None = None
    vcse: bool | None = None


class Lot(Record, frozen=True, omit_defaults=True):
    """One lot. `status` is the OCDS lot status; `quality_percent` and `cost_percent` its stated weights."""

    id: str
    title: str | None = None
    description: str | None = None
    status: str | None = None
    value: Money | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    extends_to: datetime | None = None
    sme_suitable: bool | None = None
    vcse_suitable: bool | None = None
    quality_percent: float | None = None
    cost_percent: float | None = None


class Subject(Record, frozen=True, omit_defaults=True):
    """A classification code with the label that the notice gives it (CPV unless the scheme says otherwise)."""

    code: str
    label: str | None = None
    scheme: str = "CPV"


class Notice(Record, frozen=True, omit_defaults=True):
    """One version of what a source says. `process` groups notices about one thing: the ocid, else `SOURCE:KEY`.

    `order` sorts the notices of a process, oldest first, when their dates are equal or missing (Find a Tender: the
    notice number). `form` is the source's own name for the type of notice ("UK4", "tender", "feed entry").
    `first_published_at` is set when a source edits notices in place, so that `published_at` is only the latest edit.
    `update` is true when the notice says that it updates an earlier one (OCDS tag `tenderUpdate` and the like).
    `effects_lots` are the lots that a CANCEL_LOTS effect ends. `closes_evidence` says which field gave the deadline.
    `kind` and `reach` are set only when the source or its configuration states them; otherwise the compiler decides.
    `kind_by_default` is true when the kind is only what the edition says of the whole source: words go before it.
    `reservations` are OCDS reservedParticipation codes, `reserved_places` GSS codes. `references` are portal or buyer
    references. `also` are other names under which this very thing is published, not merely mentioned: ocids, notice
    numbers in either spelling, page addresses. `rolling` is true when it has no deadline by design. `tupe` is what it
    says of a transfer of staff. `scoring`, `minimum_requirements`, `monitoring` and `feedback` are its own words
    about how bids are scored, what every bidder must show, reporting afterwards, and telling bidders how they did;
    `contact` is whether it says whom to ask, `glossary` whether it or its documents explain terms. `doubts` are
    sentences about what could not be used ("value 1e9999 is not a number").
    """

    source: str
    key: str
    process: str
    title: str | None
    ocid: str | None = None
    order: str = ""
    form: str | None = None
    form_name: str | None = None
    update: bool = False
    effect: Effect = Effect.NONE
    effects_lots: tuple[str, ...] = ()
    effect_reason: str | None = None
    regime: str | None = None
    published_at: datetime | None = None
    first_published_at: datetime | None = None
    description: str | None = None
    link: str | None = None
    buyers: tuple[Organisation, ...] = ()
    suppliers: tuple[Organisation, ...] = ()
    kind: Kind | None = None
    kind_evidence: str | None = None
    kind_by_default: bool = False
    reach: Reach | None = None
    framework: bool | None = None
    concession: bool | None = None
    dynamic_market: bool | None = None
    category: str | None = None
    method: str | None = None
    subjects: tuple[Subject, ...] = ()
    delivery_regions: tuple[str, ...] = ()
    delivery_text: str | None = None
    closes_at: datetime | None = None
    closes_evidence: str | None = None
    rolling: bool | None = None
    engagement_closes_at: datetime | None = None
    enquiries_close_at: datetime | None = None
    decision_expected_at: datetime | None = None
    expected_open_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    extends_to: datetime | None = None
    value: Money | None = None
    lots: tuple[Lot, ...] = ()
    sme_suitable: bool | None = None
    vcse_suitable: bool | None = None
    reservations: tuple[str, ...] = ()
    reserved_places: tuple[str, ...] = ()
    eligibility: str | None = None
    how_to_apply: str | None = None
    quality_percent: float | None = None
    cost_percent: float | None = None
    tupe: bool | None = None
    awarded_at: datetime | None = None
    scoring: str | None = None
    minimum_requirements: str | None = None
    monitoring: str | None = None
    feedback: str | None = None
    contact: bool | None = None
    glossary: bool | None = None
    references: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


class Raw(Record, frozen=True, omit_defaults=True):
    """One notice exactly as received, with what `read` needs to know of how it came: `url` is where it was fetched,
    `source` the id of the source. `key` is known to the fetcher before anything is interpreted."""

    source: str
    key: str
    body: bytes
    content_type: str = "application/json"
    url: str | None = None


Reader = Callable[[Raw], Notice]
"""A spider's pure `read`: no network, no clock. Raises UnreadableNotice with the reason."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Notice)


def encode(notice: Notice) -> bytes:
    """Return the notice as JSON bytes, the form in which the archive keeps a reading."""
    return _encoder.encode(notice)


def decode(reading: bytes) -> Notice:
    """Return the notice of an archived reading. Raises msgspec.ValidationError when it was written by other code."""
    return _decoder.decode(reading)
