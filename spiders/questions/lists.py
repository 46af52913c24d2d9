"""Questions that many spiders share: is the list where it is looked for, may it be read, and is it still understood?"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from protego import Protego
from scrapy.http import Request, Response

from spiders.questions.probe import CannotTell, Probe
from spiders.registry import spider_class
from tenderbell.errors import BrokenResponse
from tenderbell.notice import decode

PRODUCT = "Tenderbell"
"""The name by which a robots.txt may speak of us."""

Check = Callable[[Response], str | None]


def own_address(spider: Any) -> Request:
    """Ask for the source's own address. Raises CannotTell for a file."""
    if "://" not in spider.base:
        raise CannotTell("It is a file of this machine.")
    return Request(spider.base)


def first_page(spider: Any) -> Request:
    """Ask for the first page of the first list, as a harvest does."""
    request: Request = spider.page_request(spider.places[0])
    return request


def known_page(path: str) -> Callable[[Any], Request]:
    """Return a question for the own page, at `path` with the key in it, of the notice that was seen last."""

    def ask(spider: Any) -> Request:
        source = spider.task.source
        row = spider.task.archive.execute(
            "select key from sighting where source = ? order by last_seen desc, key desc limit 1", (source.id,)
        ).fetchone()
        if row is None:
            raise CannotTell("No notice is known yet; harvest first.")
        return Request(f"{spider.base_of(source)}{path.format(key=row[0])}")

    return ask


def known_link(spider: Any) -> Request:
    """Ask for the page to which the newest notice leads. Raises CannotTell when none leads anywhere."""
    row = spider.task.archive.execute(
        "select reading from notice where source = ? and reading is not null order by number desc limit 1",
        (spider.task.source.id,),
    ).fetchone()
    link = decode(row["reading"]).link if row else None
    if link is None:
        raise CannotTell("No notice with a page of its own is known yet; harvest first.")
    return Request(link)


def robots_txt(spider: Any) -> Request:
    """Ask for the robots.txt of the source's host."""
    return Request(urljoin(spider.base, "/robots.txt"))


def is_understood(response: Response) -> str | None:
    """Check that the spider finds in the answer what it finds there when it harvests."""
    if response.status != 200:
        return f"It answered {response.status}."
    source = response.meta["spider"].task.source
    kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
    try:
        found = spider_class(source.spider_name).split(source, response.body, kind, response.url)
    except BrokenResponse as error:
        return str(error)
    if not found:
        raise CannotTell("It lists nothing at the moment.")
    return None


def opens_a_session(response: Response) -> str | None:
    """Check that the answer is a page (200) that sets a cookie."""
    if response.status != 200:
        return f"It answered {response.status}."
    return None if response.headers.getlist("Set-Cookie") else "It sets no cookie."


def every(*checks: Check) -> Check:
    """Return a check that several others hold, in order; the first complaint counts."""

    def check(response: Response) -> str | None:
        return next((seen for check in checks if (seen := check(response))), None)

    return check


def robots_say(*, allowed: tuple[str, ...] = (), forbidden: tuple[str, ...] = ()) -> Check:
    """Return a check that robots.txt allows some addresses, given below the source's own, and forbids others. Where
    there is none, everything is allowed."""

    def check(response: Response) -> str | None:
        rules = Protego.parse("" if response.status in (404, 410) else response.text)
        if response.status not in (200, 404, 410):
            return f"It answered {response.status}."
        base = response.meta["spider"].base
        for path in (*allowed, *forbidden):
            may = rules.can_fetch(f"{base}{path}", PRODUCT)
            if may is not (path in allowed):
                return f"It {'allows' if may else 'forbids'} {path or base}."
        return None

    return check


ADDRESS = (Probe("The address answers with what is read there.", own_address, is_understood),)
