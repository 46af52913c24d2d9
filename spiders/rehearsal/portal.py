"""What the rehearsed portals share: invented adverts, a page of terms, sessions, and pages that change at every visit
where real ones do."""

import itertools
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from spiders.rehearsal.server import Answer, Asked, LocalServer
from tenderbell.clock import uk

HTML = {"Content-Type": "text/html; charset=utf-8"}
TERMS = "/terms"
FRIENDLY = (
    "These are the terms and conditions of this website. By using it you agree to them. The content may be read, "
    "quoted and linked to by anybody, provided that the source is named. We try to keep it correct, but we give no "
    "warranty that it is. We are not liable for any loss that follows from its use. English law applies."
)
FORBIDDING = (
    FRIENDLY + " You must not: attempt to gain access to areas that are not public; use any robot, spider or other "
    "automated means to access the website or copy its content; or impair its operation."
)


@dataclass(frozen=True)
class Listed:
    """One invented advert. `number` makes its ids; `portal` and `list` say where it is listed; `value` and `sort` are
    in the portal's own words."""

    number: int
    title: str
    buyer: str
    opens: datetime | None = None
    closes: datetime | None = None
    reference: str = ""
    description: str = ""
    value: str = "N/A"
    sort: str = "Open procedure"
    category: str = "Services"
    portal: str = ""
    list: str = "Current"
    email: str = "procurement@example.org"

    @property
    def guid(self) -> str:
        """An id in the form of a GUID, the same for the same number."""
        return str(uuid5(NAMESPACE_URL, f"advert-{self.number}"))


class PortalServer(LocalServer, ABC):
    """A portal. `items` may be changed while it runs. A session lasts for `lifetime` requests, for ever when None;
    `count` is the number of requests answered, which its pages show in places that mean nothing."""

    def __init__(
        self, items: list[Listed] | None = None, *, terms: str = FRIENDLY, lifetime: int | None = None, **server: Any
    ) -> None:
        super().__init__(**server)
        self.items = list(items or [])
        self.terms = terms
        self.lifetime = lifetime
        self.sessions: dict[str, int] = {}
        self.count = 0
        self._names = itertools.count(1)
        self._counting = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        """Return the terms, or what the product answers."""
        with self._counting:
            self.count += 1
            if asked.path == TERMS:
                return page("Terms of use", f"<main><h1>Terms of use</h1><p>{escape(self.terms)}</p></main>")
            return self.product(asked)

    @abstractmethod
    def product(self, asked: Asked) -> Answer:
        """Return what the product answers."""

    def open_session(self) -> dict[str, str]:
        """Begin a session and return the header that sets its cookie."""
        name = f"s{next(self._names)}"
        self.sessions[name] = 0
        return {"Set-Cookie": f"session={name}; path=/; HttpOnly"}

    def session(self, asked: Asked) -> str | None:
        """Return the session of a request, None when it has none or has outlived it."""
        name = asked.cookies.get("session", "")
        if name not in self.sessions:
            return None
        self.sessions[name] += 1
        return name if self.lifetime is None or self.sessions[name] <= self.lifetime else None


def page(title: str, inside: str, headers: dict[str, str] | None = None) -> Answer:
    """Return a web page."""
    head = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    return Answer(200, f"{head}<body>{inside}</body></html>".encode(), {**HTML, **(headers or {})})


def login() -> Answer:
    """Return the form that somebody without a session gets, with status 200."""
    form = '<form method="post"><input name="user"><input type="password" name="password"></form>'
    return page("Sign in", f"<h1>Sign in</h1>{form}")


def day(moment: datetime | None) -> str:
    """Return a UK date as portals write it."""
    return "" if moment is None else uk(moment).strftime("%d/%m/%Y")


def minute(moment: datetime | None) -> str:
    """Return a UK date with its time of day."""
    return "" if moment is None else uk(moment).strftime("%d/%m/%Y %H:%M")


def portion(items: list[Listed], number: int, size: int) -> tuple[list[Listed], int]:
    """Return (the items of a page, how many pages there are)."""
    return items[(number - 1) * size : number * size], -(-len(items) // size)


def numbered(asked: Asked, name: str) -> int:
    """Return a page number from the query, 1 when it names none."""
    text = asked.query.get(name, "1")
    return int(text) if text.isdecimal() and int(text) > 0 else 1
