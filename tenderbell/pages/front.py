"""The front door: what happens to every request before and after Datasette sees it.

It keeps out what is not ours to answer, hands kept pages over at once, reads forms whole, checks where they come
from, and gives every response the same headers.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Hashable
from urllib.parse import parse_qsl

from tenderbell.errors import TenderbellError
from tenderbell.pages.answers import (
    FOR_EVER,
    LETTER_POLICY,
    OUTBOX_POLICY,
    POLICY,
    PRIVATE,
    REVALIDATE,
    Answer,
    Collected,
    Download,
    Passing,
)
from tenderbell.pages.cache import Header, StoredPage
from tenderbell.pages.figures import figures
from tenderbell.pages.from_writer import NO_FORMS_TITLE, FromWriter, NoAnswer
from tenderbell.pages.pulse import take_pulse
from tenderbell.pages.rooms import room_of
from tenderbell.pages.unsaved import is_of_machine, unanswered
from tenderbell.pages.views import answer as make
from tenderbell.pages.views import rendered, route_of
from tenderbell.pages.views.route import Route
from tenderbell.pages.visitors import is_foreign, token_cookie
from tenderbell.pages.visits import (
    ANALYSTS,
    FORMS,
    HEALTH,
    LETTER,
    METRICS,
    ONE_CLICK,
    OUTBOX,
    SNAPSHOT,
    STATIC,
    App,
    Message,
    Receive,
    Scope,
    Send,
    Visit,
    loggable,
)
from tenderbell.pages.website import Website
from tenderbell.seeing.access import may_read
from tenderbell.seeing.log import extra
from tenderbell.snapshot import snapshot_of

LARGEST_FORM = 64 * 1024
LARGEST_DRAFT = 512 * 1024
"""What /preflight takes: a whole advert, pasted. In bytes as a browser encodes them."""

MOST_DISCARDED = 64 * 1024 * 1024
"""So much of a form that is too large is read and thrown away, so that the browser gets to see why it was refused."""

LONGEST_ADDRESS = 8000

SLOW_SECONDS = 2.0
"""An answer that takes longer to begin is noted: somebody waited."""

log = logging.getLogger("tenderbell.site")


class Refused(TenderbellError):
    """A request that gets no further than the door. `status` is its HTTP status."""

    def __init__(
        self, status: int, message: str | None = None, headers: tuple[Header, ...] = (), title: str | None = None
    ) -> None:
        super().__init__(message or f"HTTP {status}")
        self.status, self.message, self.headers, self.title = status, message, headers, title


class Front:
    """The ASGI wrapper around Datasette."""

    def __init__(self, app: App, website: Callable[[], Website]) -> None:
        self._app = app
        self._website = website
        self._making: dict[Hashable, asyncio.Future[StoredPage]] = {}
        self._from_writer = FromWriter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = {**scope, "scheme": scheme_of(scope, self._website().settings.proxies)}
        visit = Visit.of(scope)
        answer = Answer(send, visit)
        try:
            await self._answer(visit, receive, answer)
        finally:
            self._count(visit, answer)

    async def _answer(self, visit: Visit, receive: Receive, answer: Answer) -> None:
        try:
            await self._admit(visit, receive, answer)
        except Refused as refused:
            await self._refuse(refused, answer)
        except Exception as fault:
            if is_of_machine(fault):
                about = extra("request.failed", method=visit.method, room=room_of(visit.path), fault=repr(fault))
                log.error("%s %s could not be answered: %r", visit.method, loggable(visit.path), fault, extra=about)
                await self._regret(visit, answer)
                return
            about = extra("request.failed", method=visit.method, room=room_of(visit.path))
            log.exception("%s %s could not be answered", visit.method, loggable(visit.path), extra=about)
            await self._refuse(Refused(500), answer)

    async def _admit(self, visit: Visit, receive: Receive, answer: "Answer") -> None:
        site = self._website()
        check_address(visit)
        if found := STATIC.fullmatch(visit.path):
            await self._hand_static(site, found[1], visit, answer)
        elif (route := route_of(visit.path)) is not None:
            only_reading(visit)
            await self._hand_kept(site, route, visit, answer)
        elif visit.path == HEALTH:
            only_reading(visit)
            await answer.page(take_pulse(site), PRIVATE)
        elif visit.path == METRICS:
            await self._hand_figures(site, visit, answer)
        elif visit.path == SNAPSHOT:
            await self._hand_snapshot(site, visit, answer)
        elif ANALYSTS.fullmatch(visit.path):
            only_reading(visit)
            await self._app(visit.forwarded(), receive, Passing(answer))
        elif FORMS.fullmatch(visit.path) or OUTBOX.fullmatch(visit.path):
            await self._hand_private(site, visit, receive, answer)
        else:
            raise Refused(404)

    async def _hand_static(self, site: Website, name: str, visit: Visit, answer: "Answer") -> None:
        only_reading(visit)
        if name not in site.static:
            raise Refused(404)
        is_current = f"v={site.static_url(name).partition('?v=')[2]}" == visit.query
        await answer.page(site.static[name], FOR_EVER if is_current else REVALIDATE)

    async def _hand_figures(self, site: Website, visit: Visit, answer: Answer) -> None:
        client = visit.scope.get("client")
        if not may_read(client[0] if client else None, visit.headers, site.settings.metrics):
            raise Refused(404)
        only_reading(visit)
        await answer.page(await asyncio.to_thread(figures, site), PRIVATE)

    def _count(self, visit: Visit, answer: Answer) -> None:
        """Count a request, and note one that took long. One that the visitor gave up has no answer to count."""
        if not answer.started:
            return
        room = room_of(visit.path)
        self._website().counted.answered(room, answer.status, answer.seconds)
        if answer.seconds >= SLOW_SECONDS:
            about = extra("request.slow", room=room, seconds=round(answer.seconds, 3))
            log.warning("%s was answered after %.1f seconds", room, answer.seconds, extra=about)

    async def _hand_snapshot(self, site: Website, visit: Visit, answer: Answer) -> None:
        only_reading(visit)
        found = snapshot_of(site.settings)
        if found is None:
            raise Refused(404, "The file is made every night. Please come back tomorrow.", title="There is none yet")
        await answer.file(Download(found.path, "public.db", "application/vnd.sqlite3", found.made_at))

    async def _hand_kept(self, site: Website, route: Route, visit: Visit, answer: Answer) -> None:
        if not site.is_ready:
            await self._wake()
        key = (visit.path, route.matters(visit.query))
        moment = site.moment()
        page = site.cache.get(key, moment)
        site.counted.took(is_kept=page is not None)
        if page is None and route.quick:
            page = make(site, visit.path, visit.query)
        elif page is None:
            page = await self._make_once((key, moment), site, visit)
        if page.status == 200:
            site.cache.keep(key, moment, page)
        await answer.page(page, REVALIDATE if page.status == 200 else None)

    async def _hand_private(self, site: Website, visit: Visit, receive: Receive, answer: "Answer") -> None:
        is_form, body = FORMS.fullmatch(visit.path) is not None, b""
        if visit.method == "POST" and is_form:
            body = await read_form(receive, largest_of(visit))
            check_sender(visit, body, site.url)
            receive = replay(body)
        else:
            only_reading(visit)
        if site.settings.writer is None:
            page = await self._ask(visit, receive)
        elif is_form:
            page = await self._ask_writer(site, visit, body)
        else:
            raise Refused(404)
        await answer.page(page, PRIVATE, policy=policy_for(visit))

    async def _ask_writer(self, site: Website, visit: Visit, body: bytes) -> StoredPage:
        """Let the machine answer that has what this one only follows."""
        leaves = visit.method == "POST" and is_one_click(visit, body)
        try:
            return await self._from_writer.ask(site, visit, body, leaves=leaves)
        except NoAnswer as silence:
            raise Refused(503, str(silence), ((b"retry-after", b"60"),), title=NO_FORMS_TITLE) from None

    async def _make_once(self, wanted: Hashable, site: Website, visit: Visit) -> StoredPage:
        """Make a page once, however many visitors wait for it at this moment."""
        making = self._making.get(wanted)
        if making is None:
            making = asyncio.ensure_future(asyncio.to_thread(make, site, visit.path, visit.query))
            self._making[wanted] = making
            making.add_done_callback(lambda _: self._making.pop(wanted, None))
        return await asyncio.shield(making)

    async def _ask(self, visit: Visit, receive: Receive) -> StoredPage:
        """Let Datasette answer and return its whole response."""
        collected = Collected()
        await self._app(visit.forwarded(), receive, collected)
        return collected.page()

    async def _refuse(self, refused: Refused, answer: "Answer") -> None:
        if answer.started:
            return
        site = self._website()
        if not site.is_ready:
            await self._wake()
        page = rendered(site, site.error(refused.status, message=refused.message, title=refused.title))
        await answer.page(StoredPage(page.status, [*page.headers, *refused.headers], page.body), PRIVATE)

    async def _regret(self, visit: Visit, answer: "Answer") -> None:
        """Say what stands in the way of an answer. The page may be kept by nobody."""
        if answer.started:
            return
        site = self._website()
        if not site.is_ready:
            await self._wake()
        page = await asyncio.to_thread(unanswered, site, is_form=visit.method == "POST")
        await answer.page(rendered(site, page), PRIVATE)

    async def _wake(self) -> None:
        """Let Datasette start up, which it does on its first request."""
        scope = {"type": "http", "method": "GET", "path": "/favicon.ico", "raw_path": b"/favicon.ico",
                 "query_string": b"", "headers": [], "scheme": "http", "http_version": "1.1"}  # fmt: skip
        await self._app(scope, replay(b""), Collected())


ALLOW_READING: tuple[Header, ...] = ((b"allow", b"GET, HEAD"),)


def check_address(visit: Visit) -> None:
    """Refuse what no link of ours looks like; send addresses with a final slash to the one without."""
    if len(visit.path) + len(visit.query) > LONGEST_ADDRESS:
        raise Refused(414, "The address is longer than any search needs. Please shorten it.")
    if visit.method not in ("GET", "HEAD", "POST"):
        allowed = b"GET, HEAD, POST" if FORMS.fullmatch(visit.path) else b"GET, HEAD"
        raise Refused(405, headers=((b"allow", allowed),))
    if visit.path != "/" and visit.path.endswith("/"):
        target = "/" + visit.path.strip("/") + (f"?{visit.query}" if visit.query else "")
        raise Refused(301, headers=((b"location", target.encode("latin-1")),))


def scheme_of(scope: Scope, proxies: Collection[str]) -> str:
    """Return whether the visitor came by http or https, as a trusted proxy says: cookies and headers go by it."""
    client = scope.get("client")
    said = [value for name, value in scope["headers"] if name.lower() == b"x-forwarded-proto"]
    if client and client[0] in proxies and said and said[-1] in (b"http", b"https"):
        return str(said[-1].decode())
    return str(scope.get("scheme", "http"))


def policy_for(visit: Visit) -> str:
    """Return the content security policy of a private page: an e-mail of the outbox stands alone in a sandbox."""
    if LETTER.fullmatch(visit.path):
        return LETTER_POLICY
    return OUTBOX_POLICY if OUTBOX.fullmatch(visit.path) else POLICY


def largest_of(visit: Visit) -> int:
    """Return how many bytes the form of a page may have."""
    return LARGEST_DRAFT if visit.path == "/preflight" else LARGEST_FORM


def only_reading(visit: Visit) -> None:
    """Refuse to take anything that is sent here."""
    if not visit.is_reading:
        raise Refused(405, headers=ALLOW_READING)


async def read_form(receive: Receive, largest: int = LARGEST_FORM) -> bytes:
    """Return the whole body of a form, at most `largest` bytes."""
    body, length = b"", 0
    more = True
    while more and length <= MOST_DISCARDED:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(400)
        length += len(message.get("body", b""))
        body = body + message.get("body", b"") if length <= largest else b""
        more = message.get("more_body", False)
    if length > largest:
        raise Refused(413)
    return body


def check_sender(visit: Visit, body: bytes, site: str) -> None:
    """Refuse forms from elsewhere: a foreign Origin, or a form token that is not the visitor's.

    Without any cookie there is nothing that another site could misuse. A mail program's one-click POST comes from
    nowhere and needs no token; it can do nothing but end e-mails (RFC 8058).
    """
    if is_one_click(visit, body):
        return
    if is_foreign(visit.headers.get("origin"), visit.headers.get("host", ""), site):
        raise Refused(403)
    if visit.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Refused(415)
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise Refused(400) from None
    token = token_cookie(visit.headers.get("cookie", ""))
    if token is not None and form.get("csrftoken") != token:
        raise Refused(403)


def is_one_click(visit: Visit, body: bytes) -> bool:
    """Return whether a mail program asks to end e-mails: as a form of either content type (RFC 8058 section 3.2)."""
    return bool(ONE_CLICK.fullmatch(visit.path)) and b"List-Unsubscribe" in body and b"One-Click" in body


def replay(body: bytes) -> Receive:
    """Return a receiver that gives a body that was read already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
