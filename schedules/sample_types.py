"""What the sample files may say, and the dates that they count from today."""

from datetime import date, datetime, time, timedelta

import msgspec

from tenderbell.clock import UK

Criterion = tuple[str, str, int]
"""Type, name and weight in per cent."""

HOLIDAYS = frozenset({(12, 25), (12, 26), (1, 1)})
"""Month and day of the public holidays that never move."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of a sample file: a misspelt field is an error."""


class Buyer(Strict, frozen=True):
    """A publishing body with the address and mailbox that its notices carry."""

    name: str
    id: str
    street: str
    locality: str
    postcode: str
    region: str
    email: str
    more_ids: tuple[str, ...] = ()
    url: str | None = None
    portal: str | None = None
    sort: str = "publicAuthoritySubCentralGovernment"


class Supplier(Strict, frozen=True):
    """An invented winner."""

    name: str
    id: str
    locality: str
    postcode: str
    region: str
    scale: str
    vcse: bool
    email: str


class SampleLot(Strict, frozen=True):
    """A lot; `value` is net pounds."""

    title: str | None = None
    value: float | None = None


class Sample(Strict, frozen=True):
    """One notice of a process, with the process's fields. Whole numbers named like dates are days from today."""

    id: str
    process: int
    type: str
    buyer: str
    title: str
    description: str
    cpv: tuple[str, ...]
    regions: tuple[str, ...]
    more_buyers: tuple[str, ...] = ()
    days: int = 0
    at: str = "10:00"
    portion: int = 1
    repeat: bool = False
    endless: bool = False
    update: str | None = None
    reference: str | None = None
    regime: str | None = None
    regime_old: str | None = None
    category: str = "services"
    above: bool = True
    direct: bool = False
    value: float | None = None
    gross: float | None = None
    start: int | None = None
    months: int | None = None
    extend: int | None = None
    vcse: bool = False
    sme: bool = False
    lots: tuple[SampleLot, ...] = (SampleLot(),)
    most_lots: int | None = None
    criteria: tuple[Criterion, ...] = ()
    award_text: str | None = None
    eligibility: str | None = None
    framework: str | None = None
    fee: str | None = None
    reserved: str | None = None
    reserved_place: tuple[str, str] | None = None
    portal: str | None = None
    contact: str | None = None
    contact_email: str | None = None
    phone: str | None = None
    notice_text: str | None = None
    closes: int | None = None
    closes_at: str = "12:00"
    was: int | None = None
    eoi: int | None = None
    enquiries: int | None = None
    decision: int | None = None
    engagement: int | None = None
    future: int | None = None
    open_for: int | None = None
    suppliers: tuple[str, ...] = ()
    bids: int | None = None
    vcse_bids: int | None = None
    standstill: int | None = None
    signature: int | None = None
    signed: int | None = None
    performance: str | None = None
    change: str | None = None
    ended: int | None = None
    final: float | None = None
    cancel_lots: tuple[str, ...] = ()
    reason: str | None = None


class Days:
    """Dates counted from the day of `now`, as Find a Tender writes them: UK time with its offset."""

    def __init__(self, now: datetime) -> None:
        self._today = now.astimezone(UK).date()

    def published(self, days: int, at: str) -> datetime:
        """Return an instant of publication: never on a weekend or public holiday, but on the working day before."""
        return datetime.combine(_working_day(self._today + timedelta(days=days), -1), time.fromisoformat(at), UK)

    def deadline(self, days: int, at: str) -> str:
        """Return a deadline: never on a weekend or public holiday, but on the working day after."""
        day = _working_day(self._today + timedelta(days=days), 1)
        return datetime.combine(day, time.fromisoformat(at), UK).isoformat()

    def end(self, days: int) -> str:
        """Return the last second of a day, which is how a date alone is written."""
        return datetime.combine(self._today + timedelta(days=days), time(23, 59, 59), UK).isoformat()

    def begin(self, days: int) -> str:
        """Return the first second of a day."""
        return datetime.combine(self._today + timedelta(days=days), time(), UK).isoformat()


def _working_day(day: date, step: int) -> date:
    while day.weekday() > 4 or (day.month, day.day) in HOLIDAYS:
        day += timedelta(days=step)
    return day
