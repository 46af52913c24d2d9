"""Bad days: what real servers do to the pages of their lists, and to every page when dates are concerned."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from spiders.rehearsal.server import Answer, Asked
from tests.journeys.publishers import Publisher

HTML = {"Content-Type": "text/html; charset=utf-8"}
FEW = 7
_ERROR = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
_LOGIN = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><main><h1>Sign in</h1><form>"
    b"<input name='user'><input type='password' name='password'></form></main></body></html>"
)

Spoil = Callable[[Publisher, Answer], Answer]


@dataclass(frozen=True)
class BadDay:
    """One bad day: `spoil` changes the pages of the list (`everywhere`: all answers), `prepare` the publisher before
    the day, and `grows` adds a page at every request. On the good day before, `many` is more than one page."""

    name: str
    spoil: Spoil = lambda _, answer: answer
    prepare: Callable[[Publisher], None] = lambda _: None
    everywhere: bool = False
    grows: bool = False

    def begin(self, publisher: Publisher) -> None:
        """Let the day begin."""
        self.prepare(publisher)
        kept: list[Answer] = []

        def spoil(asked: Asked, answer: Answer) -> Answer:
            if not self.everywhere and not publisher.is_list(asked):
                return answer
            if self.name == REPEATED:
                kept.append(answer)
                return kept[0]
            return self.spoil(publisher, answer)

        def grow(asked: Asked) -> None:
            if publisher.is_list(asked):
                publisher.add_many(publisher.a_page)

        publisher.server.before = grow if self.grows else None
        publisher.server.spoil = spoil


def _with_body(answer: Answer, body: bytes) -> Answer:
    return Answer(answer.status, body, {name: value for name, value in answer.headers.items() if name != "ETag"})


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * 60_000_000, 1)


def _exploding(publisher: Publisher, answer: Answer) -> Answer:
    return Answer(200, _bomb(), {"Content-Type": answer.headers["Content-Type"], "Content-Encoding": "gzip"})


def _misnamed(publisher: Publisher, answer: Answer) -> Answer:
    kind = answer.headers["Content-Type"].partition(";")[0]
    return Answer(answer.status, answer.body, {"Content-Type": f"{kind}; charset=iso-8859-1"})


def _in_utf16(publisher: Publisher, answer: Answer) -> Answer:
    kind = answer.headers["Content-Type"].partition(";")[0]
    body = answer.body.decode().encode("utf-16-le")
    return Answer(answer.status, body, {"Content-Type": f"{kind}; charset=utf-8"})


def _cut(length: Callable[[int], int]) -> Spoil:
    return lambda _, answer: _with_body(answer, answer.body[: length(len(answer.body))])


def _prepare_many(publisher: Publisher) -> None:
    """New notices, more than a page: where known ones end the walk, only these lead on."""
    publisher.clear()
    publisher.add_many(publisher.a_page + 3)


REPEATED = "a repeated page"
BAD_DAYS = {
    day.name: day
    for day in (
        BadDay("an error page with status 200", lambda _, answer: Answer(200, _ERROR, HTML)),
        BadDay(
            "an empty listing", lambda publisher, answer: publisher.emptied(answer), lambda publisher: publisher.clear()
        ),
        BadDay("changed markup", lambda publisher, answer: _with_body(answer, publisher.changed(answer.body))),
        BadDay(REPEATED, prepare=_prepare_many),
        BadDay("endless paging", prepare=_prepare_many, grows=True),
        BadDay("a login page", lambda _, answer: Answer(200, _LOGIN, HTML)),
        BadDay("a gzip bomb", _exploding),
        BadDay("another charset than it says", _in_utf16),
        BadDay("another charset, readable all the same", _misnamed),
        BadDay("broken after a byte", _cut(lambda length: 1)),
        BadDay("broken in the middle", _cut(lambda length: length // 2)),
        BadDay("broken at the very end", _cut(lambda length: length - 15)),
        BadDay(
            "dates that do not exist",
            lambda publisher, answer: _with_body(answer, publisher.impossible(answer.body)),
            everywhere=True,
        ),
        BadDay(
            "a row without a link",
            lambda publisher, answer: _with_body(answer, publisher.linkless(answer.body)),
        ),
    )
}
