"""The search page of the Contracts Finder website, for saved copies: its rows hold the main facts of a notice.

It is never fetched (the API says more): a row is read so that a page which somebody saved is not lost. Its key is the
notice's GUID, and its link joins it with the release of the same notice.
"""

import re
from datetime import datetime

from parsel import Selector

from spiders.ocds.contracts_finder import FORM_NAMES
from spiders.ocds.raw_keys import nameless
from tenderbell.edition import Source
from tenderbell.errors import ChangedMarkup, UnreadableNotice
from tenderbell.notice import Notice, Organisation, Raw
from tenderbell.text import clean_line, clean_text
from tenderbell.vocabulary import Effect
from tenderbell.wording import amounts, dates

CONTENT_TYPE = "text/html; profile=contracts-finder-row"
_LINK = re.compile(r"(?i)https://www\.contractsfinder\.service\.gov\.uk/notice/([0-9a-f-]{36})")
_PLACE_IN_SEARCH = re.compile(r'\?origin=[^"]*|\sdata-page="\d+"')
_RESULTS = re.compile(rb"(?i)notice-search-result")
_EFFECTS = {name.lower(): effect for effect, name in FORM_NAMES.items()}
_DATED = re.compile(r"(?P<first>[^,]+?)(?:,\s*last edited\s+(?P<edited>.+))?$")


def is_page(body: bytes) -> bool:
    """Return whether a document is a search page of the website."""
    return body.lstrip()[:1] == b"<" and bool(_RESULTS.search(body))


def is_row(raw: Raw) -> bool:
    """Return whether a raw notice is a row of such a page."""
    return raw.content_type == CONTENT_TYPE


def rows(source: Source, body: bytes) -> list[Raw]:
    """Return the rows of a search page. Raises ChangedMarkup when the page has none although it counts some."""
    page = Selector(text=body.decode("utf-8", "replace"), type="html")
    found = [_raw(source, row) for row in page.css("div.search-result")]
    counted = re.sub(r"\D", "", page.css(".search-result-count::text").get(""))
    if not found and counted.strip("0"):
        raise ChangedMarkup(f"The search page counts {counted} notices and has no row that can be found.")
    return found


def _raw(source: Source, row: Selector) -> Raw:
    """Return a row without what says on which page of which search it stood."""
    body = _PLACE_IN_SEARCH.sub("", row.get()).encode()
    link = _LINK.match(row.css("h2 a::attr(href)").get(""))
    if link is None:
        return Raw(source.id, nameless(body), body, CONTENT_TYPE)
    return Raw(source.id, link[1].lower(), body, CONTENT_TYPE, link[0])


def read_row(raw: Raw) -> Notice:
    """Return what a row says. Raises UnreadableNotice when it has no link."""
    row = Selector(text=raw.body.decode("utf-8", "replace"), type="html")
    link = _LINK.match(row.css("h2 a::attr(href)").get(""))
    if link is None:
        raise UnreadableNotice("The row has no link to a notice.")
    facts = _facts(row)
    dated = _DATED.match(facts.get("publication date", ""))
    first, edited = (dates.published(dated[name]) for name in ("first", "edited")) if dated else (None, None)
    stage = facts.get("procurement stage", "").lower()
    effect = _EFFECTS.get(stage, Effect.NONE)
    closes = dates.deadline(facts.get("closing"))
    buyer = clean_line(row.css(".search-result-sub-header::text").get())
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=clean_line(row.css("h2 a").xpath("string()").get()),
        form=stage or None,
        form_name=FORM_NAMES.get(effect),
        effect=Effect.CLOSE if effect is Effect.OPEN and facts.get("notice status") == "Closed" else effect,
        published_at=edited or first,
        first_published_at=first,
        description=clean_text(row.css("div.wrap-text:not(.search-result-sub-header)::text").get()),
        link=link[0],
        buyers=(Organisation(name=buyer, roles=("buyer",)),) if buyer else (),
        delivery_regions=tuple(part.strip() for part in facts.get("contract location", "").split(",") if part.strip()),
        closes_at=None if effect is Effect.ENGAGE else closes,
        closes_evidence="the search page's “Closing”" if closes and effect is not Effect.ENGAGE else None,
        engagement_closes_at=closes if effect is Effect.ENGAGE else None,
        expected_open_at=dates.published(facts.get("approach to market date")),
        value=amounts.money(facts.get("contract value")),
        doubts=_doubts(facts, closes),
    )


def _doubts(facts: dict[str, str], closes: datetime | None) -> tuple[str, ...]:
    written = facts.get("closing")
    return (f"The closing date “{written[:60]}” could not be read.",) if written and closes is None else ()


def _facts(row: Selector) -> dict[str, str]:
    """Return the labelled lines of a row by their labels in lower case."""
    found = {}
    for entry in row.css(".search-result-entry"):
        label = clean_line(entry.css("strong::text").get()) or ""
        text = clean_line(" ".join(entry.xpath("./text()").getall()))
        if label and text:
            found[label.lower()] = text
    return found
