"""Errors are pages of ours with the right status, never a stack trace; JSON addresses get JSON."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from datasette import Response, hookimpl
from datasette.plugins import pm as plugins
from datasette.utils.asgi import Base400, Request
from datasette.views.base import DatasetteError

from tenderbell.pages.rooms import room_of
from tenderbell.pages.unsaved import is_of_machine, unanswered
from tenderbell.pages.visits import loggable
from tenderbell.pages.website import Page, Website, website_of
from tenderbell.seeing.log import extra

log = logging.getLogger("tenderbell.site")

PRINTS_FAULTS = "datasette.handle_exception"


@hookimpl
def startup(datasette: Any) -> None:  # noqa: ARG001
    """Take away Datasette's own answer to errors: although ours is the one that is used, it prints each fault with its
    words to standard error, and they may repeat what somebody typed."""
    if plugins.has_plugin(PRINTS_FAULTS):
        plugins.unregister(name=PRINTS_FAULTS)


@hookimpl(tryfirst=True)
def handle_exception(datasette: Any, request: Request, exception: Exception) -> Callable[[], Awaitable[Response]]:
    """Answer whatever went wrong while Datasette or a page was at work."""

    async def answer() -> Response:
        if is_of_machine(exception):
            about = extra("request.failed", method=request.method, room=room_of(request.path), fault=repr(exception))
            log.error("%s %s could not be answered: %r", request.method, loggable(request.path), exception, extra=about)
            site = website_of(datasette)
            page = await asyncio.to_thread(unanswered, site, is_form=request.method == "POST")
            return _rendered(site, request, page)
        status, message = _told(exception)
        if status >= 500:
            about = extra("request.failed", method=request.method, room=room_of(request.path))
            log.error(
                "%s %s could not be answered", request.method, loggable(request.path), exc_info=exception, extra=about
            )
        return _response(datasette, request, status, message)

    return answer


@hookimpl(tryfirst=True)
def forbidden(datasette: Any, request: Request) -> Response:
    """Answer for what analysts may not open."""
    return _response(datasette, request, 403, "This part of the record is not open. Everything else in it is.")


def _told(exception: Exception) -> tuple[int, str | None]:
    """Return the status, and the message if it was written for people: only Datasette's about a query are."""
    if isinstance(exception, DatasetteError):
        # Datasette says 500 of a column that does not exist; it is the address that is wrong.
        status = 400 if exception.status == 500 else exception.status
        return status, None if exception.message_is_html else str(exception.message)
    if isinstance(exception, json.JSONDecodeError):
        return 400, None
    if isinstance(exception, Base400):
        return exception.status, None
    return 500, None


def _response(datasette: Any, request: Request, status: int, message: str | None) -> Response:
    site = website_of(datasette)
    return _rendered(site, request, site.error(status, message=message))


def _rendered(site: Website, request: Request, page: Page) -> Response:
    headers = dict(page.headers)
    if request.path.endswith(".json"):
        told = {"ok": False, "status": page.status, "error": page.context["error"]}
        return Response.json(told, status=page.status, headers=headers)
    return Response.html(site.render(page), status=page.status, headers=headers)
