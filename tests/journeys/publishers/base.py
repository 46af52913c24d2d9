"""What every publisher is: a rehearsed server with invented notices, its moods, and its row in an edition.

Each publisher has a number of its own, from which the numbers, titles and buyers of its notices are made, so that no
two publishers advertise the same thing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, ClassVar

from spiders.rehearsal.portal import TERMS
from spiders.rehearsal.server import Answer, Asked, LocalServer
from tests.spiders.place import Place

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
        """Take everything off the list, where `emptied` does not do so."""
        return

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
