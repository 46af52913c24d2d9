"""The other places of the demonstration: small local servers that behave like Contracts Finder, two portals, the grant
sites, a town council's page and a portal that refuses everybody, with the adverts of `data/samples/places.toml`."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cache

import msgspec

from schedules.sample_cast import Cast, home_cast, sample_file
from schedules.sample_types import Days
from schedules.samples import buyers, samples
from spiders.rehearsal.atamis import AtamisServer
from spiders.rehearsal.contracts_finder import ContractsFinder, Item
from spiders.rehearsal.find_a_grant import Grant, GrantSite
from spiders.rehearsal.govuk import Announcement, GovukApi
from spiders.rehearsal.in_tend import InTendServer
from spiders.rehearsal.national_lottery import Programme, ProgrammeSite
from spiders.rehearsal.pages import Line, Pages
from spiders.rehearsal.portal import Listed
from spiders.rehearsal.procontract import ProContractServer
from spiders.rehearsal.server import LocalServer
from tenderbell.clock import stamp, uk

PORTAL = "supplying-the-south-west"
TOWN = "/tenders"


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A process that a place shows as well."""

    of: str
    place: str
    days: int
    later: int = 0
    value: float | None = None


class Advert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An advert as a place shows it, its dates as days from today."""

    place: str
    id: str
    title: str
    buyer: str
    description: str
    reference: str
    days: int
    closes: int
    closes_at: str = "12:00"
    value: float | None = None
    postcode: str = "GL1 2TG"


class SampleGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A grant of the government's site."""

    id: str
    name: str
    short: str
    funder: str
    low: float
    high: float
    total: float
    days: int
    closes: int
    portion: int = 1


class SampleAnnouncement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An announcement that says until when to apply."""

    path: str
    title: str
    description: str
    days: int
    closes: int


class SampleLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the town council's table; one without a link is what makes its source *degraded*."""

    title: str
    days: int
    closes: int
    value: float
    reference: str = ""
    link: str | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    copy: tuple[Copy, ...]
    advert: tuple[Advert, ...]
    grant: tuple[SampleGrant, ...]
    programme: tuple[Programme, ...]
    announcement: tuple[SampleAnnouncement, ...]
    line: tuple[SampleLine, ...]


class Places:
    """The servers, by the host that stands for each in `schedules/demo.toml`."""

    def __init__(self) -> None:
        self.contracts_finder = ContractsFinder()
        self.procontract = ProContractServer()
        self.in_tend = InTendServer()
        self.atamis = AtamisServer()
        self.grants = GrantSite()
        self.programmes = ProgrammeSite()
        self.govuk = GovukApi()
        self.pages = Pages()

    @property
    def servers(self) -> dict[str, LocalServer]:
        """Every server by its host in the edition."""
        return {
            "http://contracts-finder.sample.example": self.contracts_finder,
            "http://procontract.sample.example": self.procontract,
            "http://in-tend.sample.example": self.in_tend,
            "http://atamis.sample.example": self.atamis,
            "http://grants.sample.example": self.grants,
            "http://programmes.sample.example": self.programmes,
            "http://govuk.sample.example": self.govuk,
            "http://town.sample.example": self.pages,
        }

    def publish(self, now: datetime, portion: int, cast: Cast | None = None) -> None:
        """Let the places show what they have at a portion; a portion holds the ones before it."""
        days, cast = Days(now), cast or home_cast()
        bulletin = _adverts("contracts-finder", cast)
        self.contracts_finder.add(*(_item(number, advert, days) for number, advert in bulletin))
        self.procontract.region = cast.area.name
        self.procontract.items = [_listed(number, one, days, PORTAL) for number, one in _adverts("procontract", cast)]
        self.in_tend.items = [_listed(number, one, days) for number, one in _adverts("in-tend", cast)]
        self.atamis.refuses = True
        self.grants.grants = [_grant(one, now) for one in _file(cast).grant if one.portion <= portion]
        self.programmes.programmes = list(_file(cast).programme)
        self.govuk.announcements = [_announcement(one, now) for one in _file(cast).announcement]
        self.pages.tables = {TOWN: [_line(line, days) for line in _file(cast).line]}


@contextmanager
def answering() -> Iterator[Places]:
    """Start the servers, and stop them afterwards."""
    places = Places()
    with ExitStack() as stack:
        for server in places.servers.values():
            stack.enter_context(server)
        yield places


@cache
def _file(cast: Cast) -> _File:
    return msgspec.convert(cast.told(sample_file("places")), _File)


def _adverts(place: str, cast: Cast) -> Iterator[tuple[int, Advert]]:
    """Yield (number, advert) of everything that a place shows, copies first."""
    copies = [_copied(copy, cast) for copy in _file(cast).copy if copy.place == place]
    yield from enumerate([*copies, *(advert for advert in _file(cast).advert if advert.place == place)], start=1)


def _copied(copy: Copy, cast: Cast) -> Advert:
    """Return a process as another place shows it: the words and dates of its newest advert on Find a Tender."""
    advert = [sample for sample in samples(cast) if sample.id == copy.of and sample.closes is not None][-1]
    return Advert(
        copy.place,
        copy.of,
        advert.title,
        buyers(cast)[advert.buyer].name,
        advert.description,
        advert.reference or "",
        copy.days,
        (advert.closes or 0) + copy.later,
        advert.closes_at,
        copy.value or advert.value,
        buyers(cast)[advert.buyer].postcode,
    )


def _item(number: int, advert: Advert, days: Days) -> Item:
    return Item(
        advert.title,
        buyer=advert.buyer,
        number=number,
        reference=advert.reference,
        description=advert.description,
        postcode=advert.postcode,
        buyer_postcode=advert.postcode,
        value=advert.value,
        published=days.published(advert.days, "09:30"),
        closes=datetime.fromisoformat(days.deadline(advert.closes, advert.closes_at)),
    )


def _listed(number: int, advert: Advert, days: Days, portal: str = "") -> Listed:
    return Listed(
        number,
        advert.title,
        advert.buyer,
        opens=days.published(advert.days, "00:00"),
        closes=datetime.fromisoformat(days.deadline(advert.closes, advert.closes_at)),
        reference=advert.reference,
        description=advert.description,
        value=f"£{advert.value:,.0f}" if advert.value else "N/A",
        portal=portal,
    )


def _grant(one: SampleGrant, now: datetime) -> Grant:
    opens, closes = (uk(now).date() + timedelta(days=days) for days in (one.days, one.closes))
    return Grant(
        one.id,
        one.name,
        short=one.short,
        funder=one.funder,
        low=one.low,
        high=one.high,
        total=one.total,
        opens=f"{opens}T00:01Z",
        closes=f"{closes}T23:59Z",
        created=f"{opens}T09:00:00.000Z",
        tabs={"Eligibility": ("Charities, community interest companies and groups with a constitution.",)},
    )


def _announcement(one: SampleAnnouncement, now: datetime) -> Announcement:
    closes = uk(now).date() + timedelta(days=one.closes)
    body = f"<p>{one.description}</p><p>Closing date: 5pm on {closes.day} {closes:%B %Y}.</p>"
    at = stamp(Days(now).published(one.days, "09:00"))
    return Announcement(one.path, one.title, one.description, body, at)


def _line(line: SampleLine, days: Days) -> Line:
    closes = datetime.fromisoformat(days.deadline(line.closes, "12:00"))
    return Line(
        line.title,
        link=line.link,
        reference=line.reference,
        buyer="Wallbrook Town Council",
        published=f"{days.published(line.days, '09:00'):%d/%m/%Y}",
        closes=f"{closes:%d/%m/%Y %H:%M}",
        value=f"£{line.value:,.0f}",
    )
