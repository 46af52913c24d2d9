"""One publisher for every spider: its rehearsed server with invented notices, and what the spider looks for in it.

Each publisher has a number of its own, from which the numbers, titles and buyers of its notices are made, so that no
two publishers advertise the same thing.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, ClassVar

import msgspec

from spiders.rehearsal import (
    contracts_finder,
    find_a_grant,
    find_a_tender,
    govuk,
    national_lottery,
    proactis,
    ted,
    ukri,
)
from spiders.rehearsal.find_a_tender import Rehearsal
from spiders.rehearsal.ocds_file import Documents
from spiders.rehearsal.pages import Line, Pages
from spiders.rehearsal.portal import TERMS
from spiders.rehearsal.server import Answer, Asked, LocalServer
from spiders.rehearsal.wordpress import Post, WordPressSite
from tests.spiders.catalogues import announcement
from tests.spiders.place import Place
from tests.spiders.portals import PRODUCTS, Product
from tests.spiders.releases import tender

MORNING = datetime(2026, 8, 11, 6, 30, tzinfo=UTC)
CLOSES = datetime(2026, 9, 14, 11, tzinfo=UTC)
PUBLISHED = "Mon, 10 Aug 2026 09:00:00 +0000"
_WORK = ("Befriending", "Roof repairs", "Meals", "Café kitchens", "Swimming", "Hedges", "Minibuses", "Choirs")
_WHOM = ("carers", "toddlers", "veterans", "pensioners", "newcomers", "farmers", "apprentices")
_WHERE = ("Arle", "Bredon", "Corse", "Dymock", "Elmore", "Frampton", "Guiting", "Hartpury", "Icomb", "Kemble", "Lydney")

Spoiled = Callable[[Asked, Answer], Answer]


class Moody(LocalServer):
    """Put before a rehearsed server. In a bad mood `spoil` gets the answer to everything but robots.txt and terms, and
    `before` hears of each request; nobody is then told that nothing has changed."""

    spoil: Spoiled | None = None
    before: Callable[[Asked], None] | None = None

    def respond(self, asked: Asked) -> Answer:
        if self.spoil is None or asked.path in ("/robots.txt", TERMS):
            return super().respond(asked)
        if self.before is not None:
            self.before(asked)
        kept = {name: value for name, value in asked.headers.items() if not name.startswith("if-")}
        return self.spoil(asked, super().respond(_with(asked, kept)))


def _with(asked: Asked, headers: dict[str, str]) -> Asked:
    return Asked(asked.path, asked.query, headers, asked.method, asked.body, asked.pairs)


def moody(server: type[LocalServer]) -> Any:
    """Return the server's class with moods."""
    return type(f"Moody{server.__name__}", (Moody, server), {})


def title(number: int) -> str:
    """Return a title that no other number has."""
    work, whom, where = _WORK[number % 8], _WHOM[number // 8 % 7], _WHERE[number // 56 % 11]
    return f"{work} for {whom} of {where}, lot {number}"


class Publisher(ABC):
    """One publisher on a server of its own. `a_page` notices stand on one page of its list."""

    spider: ClassVar[str]
    options: ClassVar[dict[str, Any]] = {}
    more: ClassVar[dict[str, Any]] = {}
    path: ClassVar[str] = ""
    list_path: ClassVar[str] = ""
    a_page: ClassVar[int] = 10
    renamed: ClassVar[tuple[bytes, bytes]]

    def __init__(self, index: int) -> None:
        self.first = index * 1_000 + 1
        self.buyer = f"{_WHERE[index % 11]} {_WHOM[index // 11 % 7].title()} Council {index}"
        self.numbers = iter(range(self.first, self.first + 1_000))
        self.server: Any = self.make()

    @abstractmethod
    def make(self) -> Any:
        """Return the server, without notices, not started."""

    @abstractmethod
    def add(self, number: int) -> None:
        """Publish one more notice."""

    def add_many(self, count: int) -> None:
        """Publish more notices."""
        for number in islice(self.numbers, count):
            self.add(number)

    def clear(self) -> None:
        """Take everything off the list."""

    def emptied(self, answer: Answer) -> Answer:
        """Return a page of the list once everything has been taken off it."""
        return answer

    def is_list(self, asked: Asked) -> bool:
        """Return whether a request asks for a page of the list."""
        return asked.path == self.list_path

    def changed(self, body: bytes) -> bytes:
        """Return a page of the list whose markup is another."""
        return body.replace(*self.renamed)

    @abstractmethod
    def impossible(self, body: bytes) -> bytes:
        """Return an answer whose dates do not exist."""

    @abstractmethod
    def linkless(self, body: bytes) -> bytes:
        """Return a page of the list whose first notice has neither a link nor a reference."""

    def row(self, place: Place, id: str) -> None:
        """Add the publisher to an edition."""
        place.source(self.spider, f"{self.server.url}{self.path}", id, delay=0, options=self.options, **self.more)


def _package(body: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    found = msgspec.json.decode(body)
    change(found)
    return bytes(msgspec.json.encode(found))


def _none(package: dict[str, Any]) -> None:
    package["releases"] = []
    package.pop("links", None)


def _nameless(package: dict[str, Any]) -> None:
    for release in package.get("releases", [])[:1]:
        for name in ("id", "ocid"):
            release.pop(name, None)


class _Releases(Publisher):
    """A publisher of OCDS packages."""

    renamed = (b'"releases"', b'"notices"')

    def impossible(self, body: bytes) -> bytes:
        return re.sub(rb'"endDate":(\s*)"2026-\d\d-\d\d', rb'"endDate":\1"2026-09-31', body)

    def linkless(self, body: bytes) -> bytes:
        return _package(body, _nameless)

    def emptied(self, answer: Answer) -> Answer:
        return Answer(answer.status, _package(answer.body, _none), answer.headers)


class FindATender(_Releases):
    spider = "find-a-tender"
    list_path = find_a_tender.API
    more: ClassVar[dict[str, Any]] = {"since_days": 1}
    a_page = 100

    def make(self) -> Any:
        # The newest come first, and a page that is added later lies behind those that were shown.
        self.numbers = iter(range(self.first + 900, self.first, -1))
        return moody(Rehearsal)()

    def add(self, number: int) -> None:
        self.server.add_releases([self.release(number)])

    def release(self, number: int) -> dict[str, Any]:
        """Return an invented release."""
        found = tender(number, MORNING + timedelta(seconds=number % 1_000), title=title(number))
        party = {**found["parties"][0], "id": f"GB-PPON-{self.first:04d}-XXXX-ZZZZ", "name": self.buyer}
        party.pop("identifier")
        return {**found, "parties": [party], "buyer": {"id": party["id"], "name": self.buyer}}


class ContractsFinder(_Releases):
    spider = "contracts-finder"
    list_path = contracts_finder.SEARCH
    more: ClassVar[dict[str, Any]] = {"since_days": 1}
    a_page = 100

    def make(self) -> Any:
        return moody(contracts_finder.ContractsFinder)()

    def add(self, number: int) -> None:
        at = MORNING - timedelta(seconds=number - self.first)
        self.server.add(
            contracts_finder.Item(title(number), self.buyer, number, published=at, closes=CLOSES, region=None)
        )


class OcdsFile(FindATender):
    spider = "ocds-file"
    list_path = path = "/releases.json"
    more: ClassVar[dict[str, Any]] = {}
    a_page = 1_000

    def make(self) -> Any:
        return moody(Documents)({self.path: b'{"releases": []}'})

    def add(self, number: int) -> None:
        package = msgspec.json.decode(self.server.documents[self.path])
        package["releases"].append(self.release(number))
        self.server.documents[self.path] = msgspec.json.encode(package)


class Scotland(_Releases):
    spider = "public-contracts-scotland"
    list_path = proactis.NOTICES
    options: ClassVar[dict[str, Any]] = {"types": [2, 3, 5]}
    prefix: ClassVar[str] = "ocds-r6ebe6"

    def make(self) -> Any:
        return moody(proactis.Proactis)(prefix=self.prefix, with_ids=self.prefix != "ocds-r6ebe6")

    def add(self, number: int) -> None:
        closes = CLOSES.isoformat().replace("+00:00", "Z")
        self.server.items.append(proactis.Item(title(number), number, buyer=self.buyer, closes=closes))

    def emptied(self, answer: Answer) -> Answer:
        return Answer(200, b'{"publishedDate": "2026-08-11T00:00:00Z"}', answer.headers)


class Wales(Scotland):
    spider = "sell2wales"
    prefix = "ocds-kuma6s"


class TedSearch(Publisher):
    spider = "ted"
    list_path = ted.SEARCH
    a_page = 100
    renamed = (b'"notices"', b'"hits"')

    def make(self) -> Any:
        return moody(ted.Ted)()

    def add(self, number: int) -> None:
        self.server.items.append(ted.Item(title(number), number, buyer=self.buyer, closes="2026-09-14"))

    def clear(self) -> None:
        self.server.items = []

    def impossible(self, body: bytes) -> bytes:
        return body.replace(b"2026-09-14", b"2026-09-31").replace(b"2026-08-10", b"2026-08-35")

    def linkless(self, body: bytes) -> bytes:
        return re.sub(rb'"publication-number": "[^"]+", ', b"", body, count=1)


class FindAGrant(Publisher):
    spider = "find-a-grant"
    list_path = "/grants"
    renamed = (b'"searchResult"', b'"hits"')

    def make(self) -> Any:
        return moody(find_a_grant.GrantSite)()

    def add(self, number: int) -> None:
        given = {"funder": self.buyer, "closes": "2026-09-14T23:59Z"}
        self.server.grants.append(find_a_grant.Grant(f"grant-{number}", title(number), **given))

    def clear(self) -> None:
        self.server.grants = []

    def impossible(self, body: bytes) -> bytes:
        return body.replace(b"2026-09-14", b"2026-09-31")

    def linkless(self, body: bytes) -> bytes:
        return body.replace(f'"label": "grant-{self.first}"'.encode(), b'"label": ""')


class Ukri(Publisher):
    spider = "ukri"
    list_path = ukri.FEED
    a_page = 20
    renamed = (b"item>", b"artikel>")

    def make(self) -> Any:
        return moody(ukri.CallSite)()

    def add(self, number: int) -> None:
        given: dict[str, Any] = {"published": PUBLISHED, "closes": "14 September 2026 4:00pm UK time"}
        self.server.calls.append(ukri.Call(f"call-{number}", title(number), funders=(self.buyer,), **given))

    def clear(self) -> None:
        self.server.calls = []

    def impossible(self, body: bytes) -> bytes:
        return body.replace(b"14 September", b"31 September").replace(b"10 Aug 2026", b"35 Aug 2026")

    def linkless(self, body: bytes) -> bytes:
        return _without_links(body)


class Govuk(Publisher):
    spider = "govuk"
    list_path = govuk.SEARCH
    options: ClassVar[dict[str, Any]] = {"organisations": ["sample-office"]}
    a_page = 100
    renamed = (b'"results"', b'"hits"')

    def make(self) -> Any:
        return moody(govuk.GovukApi)()

    def add(self, number: int) -> None:
        body = f"<p>{self.buyer} pays.</p><p>Closing date: 14 September 2026 at noon.</p>"
        given = {"title": f"{title(number)}: grants open", "body": body, "at": "2026-08-10T09:00:00Z"}
        made = announcement(f"news-{number}")
        self.server.announcements.append(govuk.Announcement(made.path, description=made.description, **given))

    def clear(self) -> None:
        self.server.announcements = []

    def impossible(self, body: bytes) -> bytes:
        return body.replace(b"14 September", b"31 September").replace(b"2026-08-10T", b"2026-08-35T")

    def linkless(self, body: bytes) -> bytes:
        return re.sub(rb'"link": "[^"]+"', b'"link": ""', body, count=1)


class Lottery(Publisher):
    spider = "national-lottery"
    list_path = national_lottery.FINDER
    renamed = (b'class="card', b'class="tile')

    def make(self) -> Any:
        return moody(national_lottery.ProgrammeSite)()

    def add(self, number: int) -> None:
        made = national_lottery.Programme(
            f"programme-{number}", title(number), summary=f"Money from {self.buyer}.", closing="14 September 2026"
        )
        self.server.programmes.append(made)

    def clear(self) -> None:
        self.server.programmes = []

    def impossible(self, body: bytes) -> bytes:
        return body.replace(b"14 September", b"31 September")

    def linkless(self, body: bytes) -> bytes:
        return body.replace(f' href="{national_lottery.FINDER}/programme-{self.first}"'.encode(), b"")


class _Portal(Publisher):
    """A portal, as `tests.spiders.portals` has it."""

    product: ClassVar[Product]

    def make(self) -> Any:
        return moody(self.product.server)()

    def add(self, number: int) -> None:
        self.server.items.append(self.product.item(number, title=title(number), buyer=self.buyer))

    def clear(self) -> None:
        self.server.items = []

    def is_list(self, asked: Asked) -> bool:
        return bool(self.server.counts(asked))

    def impossible(self, body: bytes) -> bytes:
        return body.replace(b"14/09/2026", b"31/09/2026").replace(b"/Date(1789383600000)/", b"/Date(9e99)/")

    def linkless(self, body: bytes) -> bytes:
        number = self.first
        uid = f"uid=a07{number:015d}".encode()
        body = body.replace(self.product.reference(number).encode(), b"").replace(uid, b"uid=")
        body = body.replace(self.product.item(number).guid.encode(), b"").replace(b'"ProjectID": %d,' % number, b"")
        return body.replace(b"PID=%d&" % number, b"PID=&").replace(b"goToDetail('%d'" % number, b"goToDetail(''")

    def row(self, place: Place, id: str) -> None:
        self.product.source(place, self.server, id=id, delay=0)


def _portal(product: Product) -> type[Publisher]:
    a_page = {"in-tend": 50, "eu-supply": 20}.get(product.spider, 10)
    members = {"spider": product.spider, "product": product, "renamed": (product.gone, b'"Rows"'), "a_page": a_page}
    return type(f"{product.server.__name__}Publisher", (_Portal,), members)


class Table(Publisher):
    spider = "table"
    list_path = path = "/tenders"
    options: ClassVar[dict[str, Any]] = {
        "rows": "table.list tbody tr", "reference": "Reference", "buyer": "Organisation", "published": "Published",
        "closes": "Closing date", "value": "Value", "next": "a.next", "empty": "There are no opportunities",
    }  # fmt: skip
    more: ClassVar[dict[str, Any]] = {"kind": "contract"}
    a_page = 20
    renamed = (b'class="list"', b'class="grid"')

    def make(self) -> Any:
        return moody(Pages)({self.path: ()})

    def add(self, number: int) -> None:
        line = Line(
            title(number), f"/tenders/{number}", f"WTC/{number:06d}", self.buyer, "10/08/2026", "14/09/2026", "£9,000"
        )
        self.server.tables[self.path].append(line)

    def clear(self) -> None:
        self.server.tables[self.path] = []

    def impossible(self, body: bytes) -> bytes:
        return body.replace(b"14/09/2026", b"31/09/2026").replace(b"10/08/2026", b"35/08/2026")

    def linkless(self, body: bytes) -> bytes:
        body = body.replace(f' href="/tenders/{self.first}"'.encode(), b"")
        return body.replace(f"WTC/{self.first:06d}".encode(), b"")


class WatchedPage(Publisher):
    spider = "watched-page"
    list_path = path = "/apply"
    a_page = 1_000
    renamed = (b"main>", b"section>")

    def make(self) -> Any:
        return moody(Pages)(texts={self.path: "<h1>How to apply</h1>"})

    def add(self, number: int) -> None:
        self.server.texts[self.path] += f"<p>{title(number)}, by {self.buyer}.</p>"

    def clear(self) -> None:
        self.server.texts[self.path] = ""

    def impossible(self, body: bytes) -> bytes:
        raise NotImplementedError

    linkless = impossible


class WordPress(Publisher):
    spider = "wordpress"
    list_path = "/feed/"
    more: ClassVar[dict[str, Any]] = {"kind": "grant"}
    renamed = (b"item>", b"artikel>")

    def make(self) -> Any:
        return moody(WordPressSite)()

    def add(self, number: int) -> None:
        at = MORNING - timedelta(minutes=number - self.first)
        text = f"<p>{self.buyer} gives grants. Closing date: 14 September 2026.</p>"
        self.server.posts.append(Post(number, title(number), text, at))

    def clear(self) -> None:
        self.server.posts = []

    def impossible(self, body: bytes) -> bytes:
        return re.sub(rb"\d\d Aug 2026", b"35 Aug 2026", body.replace(b"14 September", b"31 September"))

    def linkless(self, body: bytes) -> bytes:
        return _without_links(body)


class Feed(WordPress):
    spider = "feed"
    list_path = path = "/news.xml"
    a_page = 1_000

    def make(self) -> Any:
        self.items: list[str] = []
        server = moody(Rehearsal)()
        server.set_feed(self.path, _feed(()))
        return server

    def add(self, number: int) -> None:
        link = f"{self.server.url}/news/{number}"
        text = f"{self.buyer} gives grants. Closing date: 14 September 2026."
        said = f"<title>{title(number)}</title><link>{link}</link><description>{text}</description>"
        self.items.append(f'<item>{said}<guid isPermaLink="true">{link}</guid><pubDate>{PUBLISHED}</pubDate></item>')
        self.server.set_feed(self.path, _feed(self.items))

    def clear(self) -> None:
        self.items.clear()
        self.server.set_feed(self.path, _feed(()))


def _feed(items: Iterable[str]) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>News</title>'
    return f"{head}<link>https://news.example/</link>{''.join(items)}</channel></rss>".encode()


def _without_links(body: bytes) -> bytes:
    before, start, rest = body.partition(b"<item>")
    first, end, after = rest.partition(b"</item>")
    first = re.sub(rb"<link>.*?</link>|<guid.*?</guid>", b"", first, flags=re.DOTALL)
    return before + start + first + end + after


PUBLISHERS: dict[str, type[Publisher]] = {
    publisher.spider.replace("-", "_"): publisher
    for publisher in (
        FindATender, ContractsFinder, OcdsFile, Scotland, Wales, TedSearch, FindAGrant, Ukri, Govuk, Lottery, Table,
        WatchedPage, WordPress, Feed, *map(_portal, PRODUCTS),
    )
}  # fmt: skip
"""By the name of the spider's module."""
