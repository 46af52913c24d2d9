"""Errors are pages of ours with the right status, never a stack trace; JSON addresses get JSON."""

import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from datasette import Response, hookimpl
from datasette.utils.asgi import Base400, Request
from datasette.views.base import DatasetteError

from tenderbell.pages.visits import loggable
from tenderbell.pages.website import website_of

log = logging.getLogger("tenderbell.site")


@hookimpl(tryfirst=True)
def handle_exception(datasette: Any, request: Request, exception: Exception) -> Callable[[], Awaitable[Response]]:
    """Answer whatever went wrong while Datasette or a page was at work."""

    async def answer() -> Response:
        status, message = _told(exception)
        if status >= 500:
            log.error("%s %s could not be answered", request.method, loggable(request.path), exc_info=exception)
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
    return (503 if isinstance(exception, sqlite3.OperationalError) else 500), None


def _response(datasette: Any, request: Request, status: int, message: str | None) -> Response:
    site = website_of(datasette)
    page = site.error(status, message=message)
    if request.path.endswith(".json"):
        return Response.json({"ok": False, "status": status, "error": page.context["error"]}, status=status)
    return Response.html(site.render(page), status=status)
