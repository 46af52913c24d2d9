"""Pages with a form. They alone open `private.db`, in a worker thread, for one request; what is shown by GET cannot
write, because its connection is read-only. Pages that tell counts of `private.db` are made the same way."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import parse_qsl, unquote

from datasette import Response
from datasette.utils.asgi import Request

from tenderbell.database import connect
from tenderbell.errors import TooManyRequests
from tenderbell.pages.outbox import readable_outbox
from tenderbell.pages.unsaved import may_use_reserve, unanswered
from tenderbell.pages.visitors import visitor_address
from tenderbell.pages.website import Page, Website, website_of
from tenderbell.private import open_private
from tenderbell.room import has_reserve
from tenderbell.vocabulary import Frequency

Form = dict[str, str]


class Visitor:
    """One request to a form, with what a view needs of it."""

    def __init__(self, site: Website, request: Request, form: Form) -> None:
        self.site, self.request, self.form = site, request, form
        self.now = site.now()
        self.token = unquote(request.url_vars.get("token") or "")

    @property
    def address(self) -> str:
        """Where the request comes from, for the limit on forms."""
        client = self.request.scope.get("client")
        return visitor_address(client[0] if client else None, self.request.headers, self.site.settings.proxies)

    @property
    def may_read_outbox(self) -> bool:
        """Whether e-mails go to a folder and the visitor sits at this machine."""
        client = self.request.scope.get("client")
        return readable_outbox(self.site.settings, client[0] if client else None, self.request.headers) is not None

    def page(self, template: str, status: int = 200, **context: object) -> Page:
        """Return a page that has a form, with the token that proves that the form is ours."""
        token = self.request.scope["csrftoken"]()
        return Page(template, {"csrftoken": token, "may_read_outbox": self.may_read_outbox, **context}, status)

    def told(self, title: str, *words: str, status: int = 200) -> Page:
        """Return a page that only says something: it needs no token and sets no cookie."""
        context = {"title": title, "words": words, "may_read_outbox": self.may_read_outbox}
        return Page("told.html", context, status)

    def dead_link(self) -> Page:
        """Return the page for a link that is not genuine or does not work any more. It tells nothing else."""
        return self.told(
            "This link does not work any more",
            "It may have been used, may be too old, or may have been cut in two by a mail program.",
            "You can ask for a new link, or begin again.",
            status=404,
        )

    @property
    def public(self) -> sqlite3.Connection:
        """This thread's connection to `public.db`, for reading."""
        return self.site.readers.connection()


FormView = Callable[[sqlite3.Connection, Visitor], Page | Response]
"""Takes `private.db` and the visitor; a Response is for redirects and the like."""


def route(show: FormView, take: FormView | None = None) -> Any:
    """Return a route whose GET shows and whose POST acts; without `take` nothing can be sent to it. Too many posts from
    one network are answered with 429."""

    async def answer(datasette: Any, request: Request) -> Response:
        is_post = request.method == "POST"
        form = read_fields(await request.post_body()) if is_post and _is_urlencoded(request) else {}
        visitor = Visitor(website_of(datasette), request, form)
        if is_post and take is None:
            page = visitor.site.error(405)
            return Response.html(visitor.site.render(page), status=405)
        return await asyncio.to_thread(_answer, (take if is_post and take else show), visitor, is_post)

    return answer


def read_fields(body: bytes) -> Form:
    """Return the fields of a form as a browser sends them: UTF-8, and Windows-1252 from those that do otherwise."""
    text = body.decode("utf-8", "replace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        return dict(parse_qsl(text, keep_blank_values=True, encoding="cp1252"))


def _is_urlencoded(request: Request) -> bool:
    return bool(request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"))


def _answer(view: FormView, visitor: Visitor, is_post: bool) -> Response:
    """Answer a form. One who acts by a link of their own (leaves, pauses, confirms) may use the reserve of a full disk;
    once that is spent, nobody else is stored."""
    settings = visitor.site.settings
    if is_post and not visitor.token and not has_reserve(settings.data):
        return _as_response(visitor, unanswered(visitor.site, is_form=True))
    try:
        return _answered(view, visitor, is_post)
    except sqlite3.OperationalError as fault:
        if not (is_post and visitor.token and may_use_reserve(fault, settings)):
            raise
        return _answered(view, visitor, is_post)


def _answered(view: FormView, visitor: Visitor, is_post: bool) -> Response:
    path = visitor.site.settings.private_path
    with closing(open_private(path) if is_post else connect(path, read_only=True)) as db:
        try:
            page = view(db, visitor)
        except TooManyRequests as refused:
            page = visitor.site.error(429, message=str(refused))
    return page if isinstance(page, Response) else _as_response(visitor, page)


def _as_response(visitor: Visitor, page: Page) -> Response:
    return Response.html(visitor.site.render(page), status=page.status, headers=dict(page.headers))


def chosen_frequency(form: Form) -> Frequency:
    """Return how often somebody wants to be written to, weekly when the form does not say."""
    chosen = form.get("frequency", "")
    return Frequency(chosen) if chosen in set(Frequency) else Frequency.WEEKLY
