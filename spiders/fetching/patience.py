"""Waiting as long as a server asks: 429 and 503 with `Retry-After` in seconds or as a date.

Scrapy's own retry ignores Retry-After (stack.md, trap 5). No such answer ever reaches a spider's callback. Publishers
that ask for a wait in another way are named by their spiders: `PATIENCE_CODES` maps statuses to the seconds to wait.
"""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Request, Response

from tenderbell.clock import wall_clock

BUSY = frozenset({429, 503})


class Patience(RetryMiddleware):
    """Retries like Scrapy's own middleware, except that answers of a busy server are waited for."""

    async def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the answer, or the request again after the wait that the server asked for."""
        settings = self.crawler.settings
        default = self._seconds_by_status().get(response.status)
        if default is None:
            return super().process_response(request, response)
        waits = request.meta.get("patience_waits", 0)
        if waits >= settings.getint("PATIENCE_TRIES"):
            return response
        asked = seconds_to_wait(response)
        wait = default if asked is None else asked
        wait = min(wait, settings.getfloat("PATIENCE_LONGEST"))
        self._say(wait)
        await asyncio.sleep(wait)
        again = request.replace(dont_filter=True)
        again.meta["patience_waits"] = waits + 1
        return again

    def _seconds_by_status(self) -> dict[int, float]:
        """Return the statuses that ask for patience, each with the wait when the answer names none."""
        settings = self.crawler.settings
        asked = {int(status): float(seconds) for status, seconds in settings.getdict("PATIENCE_CODES").items()}
        return dict.fromkeys(BUSY, settings.getfloat("PATIENCE_DEFAULT")) | asked

    def _say(self, wait: float) -> None:
        say = getattr(self.crawler.spider, "say", None)
        if say is not None and wait >= 1:
            say(f"asked to wait {wait:.0f} seconds")


def seconds_to_wait(response: Response) -> float | None:
    """Return the seconds that `Retry-After` asks for, counted from the answer's own `Date`; None when it is absent
    or cannot be read."""
    text = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if text.isdigit() and len(text) < 10:
        return float(text)
    until = http_date(text)
    if until is None:
        return None
    now = http_date((response.headers.get("Date") or b"").decode("latin-1")) or wall_clock()
    return max(0.0, (until - now).total_seconds())


def http_date(text: str) -> datetime | None:
    """Return the instant of an HTTP header, None when it cannot be read."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
