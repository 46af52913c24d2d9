"""GOV.UK: announcements of chosen organisations about funding that can be applied for.

Publisher: Government Digital Service, for the organisations that the edition chooses
Area: United Kingdom
Licence: Open Government Licence v3.0
Access: search API and content API, no key; never /search/all, which robots.txt forbids; robots.txt is obeyed
Limits: 1,500 results a page allowed, 100 asked for; a request a second
Quirks: an unknown parameter is a 422; only what speaks of funding and of applying is fetched; plain news makes no page
Last checked live: never; against the API's documentation of November 2025
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec
from scrapy.http import Request

from spiders.formats.lenient import decode
from spiders.lists.catalogue import Catalogue
from spiders.lists.rows import Listing, Page, Place, Row, canonical_json, nameless
from spiders.questions.grants import GOVUK
from spiders.readers.govuk_announcements import read_announcement
from spiders.words.funding_words import is_about_funding
from tenderbell import archive
from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, ChangedMarkup
from tenderbell.notice import Reader

SEARCH = "/api/search.json"
CONTENT = "/api/content"
A_PAGE = 100
OVERLAP = timedelta(days=7)
"""How far back a later harvest looks again: an edited announcement comes up under its new date anyway."""

FIELDS = ("title", "link", "description", "public_timestamp", "organisations", "format")
_KEPT_OF_PAGE = (
    "base_path", "content_id", "title", "description", "document_type", "first_published_at", "public_updated_at",
    "withdrawn_notice",
)  # fmt: skip
_KEPT_OF_DETAILS = ("body", "parts")


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`organisations` are the slugs of those whose announcements are looked at ("home-office"); `formats` the API's
    names of the formats wanted, all when empty; `words` are what is searched for, nothing in particular when empty:
    then everything that the organisations publish is looked at."""

    organisations: tuple[str, ...]
    formats: tuple[str, ...] = ()
    words: str | None = None


class Govuk(Catalogue):
    """Walks the search results of the last days, and fetches the announcements that speak of applying for funding."""

    name = "govuk"
    address = "https://www.gov.uk"
    probes = GOVUK
    options_type = Options
    steady: ClassVar[bool] = False
    lists_everything = False

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads an announcement."""
        del area
        base = Govuk.base_of(source)
        return lambda raw: read_announcement(raw, base, source.reach, source.kind)

    def page_request(self, place: Place) -> Request:
        """Return what asks for the next results: newest first, from the day after which they are wanted."""
        del place
        return Request(f"{self.base}{self.search(self.shown)}")

    def is_oddly_empty(self) -> bool:
        """Return False: only what is new was asked for."""
        return False

    def search(self, start: int) -> str:
        """Return the path of the results from `start` on."""
        task, options = self.task, self.options
        first_time = not archive.has_finished(task.archive, task.source.id)
        back = timedelta(days=task.source.since_days) if first_time else OVERLAP
        since = _day(task.since or task.clock() - back)
        until = f",to:{_day(task.until)}" if task.until else ""
        query = [("q", options.words)] if options.words else []
        query += [("filter_organisations", slug) for slug in options.organisations]
        query += [("filter_format", name) for name in options.formats]
        query += [("filter_public_timestamp", f"from:{since}{until}"), ("order", "-public_timestamp")]
        query += [("count", str(A_PAGE)), ("start", str(start)), ("fields", ",".join(FIELDS))]
        return f"{SEARCH}?{urlencode(query, safe=':,')}"

    @classmethod
    def understand(cls, source: Source, body: bytes, content_type: str) -> Listing | Page:
        """Return the results of a search, or what is kept of a content item."""
        del content_type
        answer = _object(body)
        results = answer.get("results")
        if isinstance(results, list):
            return _listing(cls, source, results, answer.get("total"))
        path = answer.get("base_path")
        if not isinstance(path, str) or not isinstance(answer.get("details"), dict):
            raise ChangedMarkup("The answer holds neither search results nor a content item (results, base_path).")
        return Page(canonical_json(_kept(answer)), path)


def _day(moment: datetime) -> str:
    return uk(moment).date().isoformat()


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = decode(body)
    except ValueError as error:
        start = body[:200].lstrip().lower()
        page = "a web page, not JSON" if start.startswith((b"<!doctype", b"<html")) else f"no whole JSON: {error}"
        raise BrokenResponse(f"The answer is {page}." if body.strip() else "The answer is empty.") from None
    if not isinstance(answer, dict):
        raise BrokenResponse("The answer is JSON, but no object.")
    return answer


def _listing(cls: type[Govuk], source: Source, results: list[Any], total: object) -> Listing:
    """Return the results. What does not speak of applying for funding is a row that is not wanted: it is not kept."""
    found = [item for item in results if isinstance(item, dict)]
    rows = [(_row(cls, source, item), is_about_funding(_words(item))) for item in found]
    return Listing(
        [row for row, is_wanted in rows if is_wanted],
        others=tuple(row.key for row, is_wanted in rows if not is_wanted),
        total=total if isinstance(total, int) and not isinstance(total, bool) else 0,
        unknown=len(results) - len(found),
    )


def _row(cls: type[Govuk], source: Source, item: dict[str, Any]) -> Row:
    kept = {name: item.get(name) for name in FIELDS if item.get(name) is not None}
    kept["organisations"] = _titles(item.get("organisations"))
    text = canonical_json(kept)
    path = cls.path_of(source, item.get("link"))
    return Row(path, text, f"{cls.base_of(source)}{CONTENT}{path}") if path else Row(nameless(text), text)


def _words(item: dict[str, Any]) -> str:
    return "\n".join(text for name in ("title", "description") if isinstance(text := item.get(name), str))


def _titles(organisations: object) -> list[str]:
    found = organisations if isinstance(organisations, list) else []
    titles = (item.get("title") for item in found if isinstance(item, dict))
    return [title for title in titles if isinstance(title, str)]


def _kept(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a content item that say something: never its request ids, update times and navigation."""
    links = answer.get("links")
    organisations = links.get("organisations") if isinstance(links, dict) else None
    return {
        **{name: answer[name] for name in _KEPT_OF_PAGE if answer.get(name) is not None},
        "details": {name: answer["details"][name] for name in _KEPT_OF_DETAILS if answer["details"].get(name)},
        "organisations": _titles(organisations),
    }
