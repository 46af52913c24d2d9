"""The on-screen outbox: for whoever sits at this machine, while e-mails go to a folder instead of a mail server."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from datasette import Response, hookimpl
from datasette.utils.asgi import Request

from tenderbell.pages.outbox import OpenLetter, framed, letters, linked, open_letter, readable_outbox
from tenderbell.pages.website import Page, Website, website_of


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """The outbox, one e-mail, and its HTML part in a frame of its own."""
    return [
        (r"^/outbox$", show_outbox),
        (r"^/outbox/(?P<name>[^/]+)\.html$", show_html_part),
        (r"^/outbox/(?P<name>[^/]+)$", show_letter),
    ]


def _folder(site: Website, request: Request) -> Path | None:
    client = request.scope.get("client")
    return readable_outbox(site.settings, client[0] if client else None, request.headers)


def _shown(site: Website, page: Page | None) -> Response:
    chosen = page or site.error(404)
    return Response.html(site.render(chosen), status=chosen.status)


async def _opened(site: Website, request: Request) -> OpenLetter | None:
    folder = _folder(site, request)
    return await asyncio.to_thread(open_letter, folder, unquote(request.url_vars["name"])) if folder else None


async def show_outbox(datasette: Any, request: Request) -> Response:
    """The newest e-mails."""
    site = website_of(datasette)
    folder = _folder(site, request)
    found = await asyncio.to_thread(letters, folder) if folder else None
    return _shown(site, None if found is None else Page("outbox.html", {"letters": found}))


async def show_letter(datasette: Any, request: Request) -> Response:
    """One e-mail: its text with links that work here, and its HTML part beside it."""
    site = website_of(datasette)
    opened = await _opened(site, request)
    if opened is None:
        return _shown(site, None)
    return _shown(site, Page("letter.html", {"opened": opened, "text": linked(opened.text, site.url)}))


async def show_html_part(datasette: Any, request: Request) -> Response:
    """The HTML part as it came, alone in a sandbox (see its content security policy)."""
    site = website_of(datasette)
    opened = await _opened(site, request)
    if opened is None or opened.html is None:
        return _shown(site, None)
    return Response.html(framed(opened.html, site.url))
