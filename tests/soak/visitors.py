"""People at the site, over real HTTP, with a connection for each request: they read, search, sign up and leave."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from tests.soak.letterbox import Letterbox
from tests.soak.publisher import WORDS

PATIENCE_SECONDS = 45.0
"""How long a visitor waits for an answer."""

PAGES = (
    "/", "/", "/opportunities", "/opportunities?stage=open", "/status", "/buyers", "/calendar", "/about", "/glossary",
    "/opportunities.json?stage=open", "/opportunities.atom", "/opportunities.csv?stage=open", "/opportunities.ics",
    "/report/2026", "/check?q=000003-2026", "/alerts/new?q=garden", "/preflight",
)  # fmt: skip

_TOKEN = re.compile(r'name="csrftoken" value="([^"]+)"')
_PAGE = re.compile(r'href="(/opportunities/[a-z0-9-]+)"')


@dataclass(frozen=True)
class Request:
    """One request: from when to when (monotonic), and its status, or what went wrong instead of an answer."""

    start: float
    end: float
    what: str
    status: int = 0
    fault: str = ""


@dataclass
class Reader:
    """Somebody with a search: since when it is confirmed, when they asked to leave, and when leaving was answered."""

    address: str
    word: str
    confirmed_at: datetime | None = None
    leaving_at: datetime | None = None
    left_at: datetime | None = None


@dataclass
class Crowd:
    """Everybody who uses the site at `url`. `requests` are all that were made, `readers` who signed up."""

    url: str
    letterbox: Letterbox
    dice: random.Random
    words: Sequence[str] = WORDS
    requests: list[Request] = field(default_factory=list)
    readers: dict[str, Reader] = field(default_factory=dict)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def browse(self, pause: float) -> None:
        """Read pages and search until the site closes, a little after each."""
        known: list[str] = []
        while not self.closing.is_set():
            point = self.dice.random()
            if point < 0.35 and known:
                path = self.dice.choice(known)
            elif point < 0.6:
                path = f"/opportunities?q={self.dice.choice(self.words)}"
            else:
                path = self.dice.choice(PAGES)
            answer = await self._ask("GET", path)
            if answer is not None and "html" in answer.headers.get("content-type", ""):
                known = [*known, *_PAGE.findall(answer.text)][-200:]
            await self._rest(self.dice.expovariate(1 / pause))

    async def arrive(self, pause: float) -> None:
        """Send new readers, one after the other, until the site closes."""
        async with asyncio.TaskGroup() as group:
            while not self.closing.is_set():
                group.create_task(self._read(len(self.readers) + 1))
                await self._rest(self.dice.expovariate(1 / pause))

    async def _read(self, number: int) -> None:
        """Live one reader's life: sign up, confirm, and perhaps leave after a while."""
        reader = Reader(f"person{number}@d{number % 211}.example.org", self.dice.choice(self.words))
        self.readers[reader.address] = reader
        leaves = self.dice.random() < 0.25
        form = {"search": f"q={reader.word}", "email": reader.address, "frequency": "instant"}
        await self._insist(lambda: self._fill(f"/alerts/new?q={reader.word}", "/alerts/new", form, number))
        link = await self._letter(lambda: self.letterbox.link(reader.address, "confirm"))
        if link is None or not await self._insist(lambda: self._fill(link, link, {}, number)):
            return
        reader.confirmed_at = datetime.now(UTC)
        if leaves:
            await self._leave(reader)

    async def _leave(self, reader: Reader) -> None:
        link = await self._letter(lambda: self.letterbox.link(reader.address, "unsubscribe"))
        await self._rest(self.dice.uniform(0, 240))
        if link is None or self.closing.is_set():
            return
        reader.leaving_at = datetime.now(UTC)
        body = {"List-Unsubscribe": "One-Click"}
        if await self._insist(lambda: self._ask("POST", link, form=body)):
            reader.left_at = datetime.now(UTC)

    async def _letter(self, find: Callable[[], str | None]) -> str | None:
        while not self.closing.is_set():
            if link := find():
                return link
            await self._rest(1)
        return None

    async def _insist(self, ask: Callable[[], Awaitable[httpx.Response | None]]) -> bool:
        """Try again, as people do, until it works or the site closes. Whatever failed is written down all the same."""
        while not self.closing.is_set():
            answer = await ask()
            if answer is not None and answer.status_code == 200:
                return True
            await self._rest(2)
        return False

    async def _fill(self, page: str, target: str, form: Mapping[str, str], number: int) -> httpx.Response | None:
        """Open a page with a form and send the form with the page's token and cookie."""
        shown = await self._ask("GET", page)
        if shown is None or shown.status_code != 200:
            return None
        token = _TOKEN.search(shown.text)
        if token is None:  # what it asks for was done already: the last answer got lost on the way
            return shown
        filled = {**form, "csrftoken": token[1]}
        return await self._ask("POST", target, form=filled, cookies=dict(shown.cookies), number=number)

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        number: int = 0,
    ) -> httpx.Response | None:
        start, what = time.monotonic(), f"{method} {_nameless(path)}"
        headers = {"connection": "close", "x-forwarded-for": f"10.{number // 250 % 250}.{number % 250}.1"}
        try:
            async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, cookies=dict(cookies or {})) as visitor:
                answer = await visitor.request(method, f"{self.url}{path}", data=form, headers=headers)
        except httpx.TransportError as error:
            self.requests.append(Request(start, time.monotonic(), what, fault=f"{type(error).__name__}: {error}"))
            return None
        self.requests.append(Request(start, time.monotonic(), what, status=answer.status_code))
        return answer

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return


def _nameless(path: str) -> str:
    return re.sub(r"^/(confirm|unsubscribe)/.*", r"/\1/TOKEN", path)
