"""Pages that only the writer can make, on a machine that follows it: asked for there, on behalf of the visitor."""

import asyncio
import logging

from tenderbell.errors import TenderbellError
from tenderbell.pages.cache import StoredPage
from tenderbell.pages.views import rendered
from tenderbell.pages.visitors import visitor_address
from tenderbell.pages.visits import Visit, loggable
from tenderbell.pages.website import Page, Website
from tenderbell.replicas import waiting
from tenderbell.replicas.errors import WriterSilent
from tenderbell.replicas.forwarding import MARK, Forwarding

CIRCLE = "This machine passes forms on, and was passed one: TENDERBELL_WRITER leads in a circle."
NO_FORMS_TITLE = "Forms do not work at the moment"
NO_FORMS = (
    "Everything can be read as usual. The machine that keeps alerts and takes forms does not answer; they come back "
    "with it. Please try again in a few minutes. This machine keeps nothing of what you typed."
)
LEFT_TITLE = "Your wish to leave is kept"
LEFT = (
    "The machine that sends the e-mails does not answer at the moment. It gets your wish as soon as it does.",
    "You need not do anything more.",
)

log = logging.getLogger("tenderbell.site")


class NoAnswer(TenderbellError):
    """The writer gave no page. The text is for the visitor."""


class FromWriter:
    """The way to the writer of one site."""

    def __init__(self) -> None:
        self._ways: dict[str, Forwarding] = {}

    async def ask(self, site: Website, visit: Visit, body: bytes, *, leaves: bool) -> StoredPage:
        """Return the writer's page for a visit whose form was checked. Without the writer, the wish of somebody who
        `leaves` by one click is kept and handed on later. Raises NoAnswer."""
        if MARK in visit.headers:
            raise NoAnswer(CIRCLE)
        writer = site.settings.writer or ""
        way = self._ways.setdefault(writer, Forwarding(writer))
        visitor, scheme = _visitor(site, visit)
        try:
            return await way.pass_on(
                visit.method, visit.path, visit.query, visit.headers, body, visitor=visitor, scheme=scheme
            )
        except WriterSilent as silence:
            log.warning("%s %s could not be passed on: %s", visit.method, loggable(visit.path), silence)
        if leaves and await asyncio.to_thread(waiting.keep, site.settings, visit.path):
            return rendered(site, Page("told.html", {"title": LEFT_TITLE, "words": LEFT, "may_read_outbox": False}))
        raise NoAnswer(NO_FORMS)


def _visitor(site: Website, visit: Visit) -> tuple[str, str]:
    """Return the visitor's address, and whether they came by http or https, as far as a trusted proxy says so."""
    client = visit.scope.get("client")
    peer = client[0] if client else None
    is_trusted = peer in site.settings.proxies
    said = visit.headers.get("x-forwarded-proto") if is_trusted else None
    scheme = said if said in ("http", "https") else visit.scope.get("scheme", "http")
    return visitor_address(peer, visit.headers, site.settings.proxies), str(scheme)
