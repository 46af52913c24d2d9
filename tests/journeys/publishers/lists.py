"""Publishers of lists and pages: funders, portals, tables, a page that is watched."""

import re
from typing import Any, ClassVar

from spiders.rehearsal import find_a_grant, govuk, national_lottery, ukri
from spiders.rehearsal.pages import Line, Pages
from spiders.rehearsal.server import Asked
from tests.journeys.publishers.base import PUBLISHED, Publisher, moody, title
from tests.journeys.publishers.feeds import without_links
from tests.spiders.catalogues import announcement
from tests.spiders.place import Place
from tests.spiders.portals import Product


class FindAGrant(Publisher):
    spider = "find-a-grant"
    list_path = "/grants"
    renamed = (b'"searchResult"', b'"hits"')

    def make(self) -> Any:
        return moody(find_a_grant.GrantSite)()

    def add(self, number: int) -> None:
        made = find_a_grant.Grant(f"grant-{number}", title(number), funder=self.buyer, closes="2026-09-14T23:59Z")
        self.server.grants.append(made)

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
        return without_links(body)


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
        # Most of what is announced there is no money, and is passed over.
        said = "grants open" if number < self.first + 20 else "a visit"
        given = {"title": f"{title(number)}: {said}", "body": body, "at": "2026-08-10T09:00:00Z"}
        words = announcement("news").description if number < self.first + 20 else "The minister came."
        path = f"/government/news/news-{number}"
        self.server.announcements.append(govuk.Announcement(path, description=words, **given))

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


def portal(product: Product) -> type[Publisher]:
    """Return the publisher of a portal's product."""
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
    options: ClassVar[dict[str, Any]] = {"main": "main"}
    a_page = 1_000
    renamed = (b"main>", b"section>")

    def make(self) -> Any:
        return moody(Pages)(texts={self.path: "<h1>How to apply</h1>"})

    def add(self, number: int) -> None:
        self.server.texts[self.path] += f"<p>{title(number)}, by {self.buyer}.</p>"

    def clear(self) -> None:
        self.server.texts[self.path] = ""

    def impossible(self, body: bytes) -> bytes:
        raise AssertionError("a page that is watched has neither dates nor rows")

    linkless = impossible
