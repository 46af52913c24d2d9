"""What an entry or a page of a configured source says, as a notice: its kind, reach and buyer are the source's."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from spiders.feeds.entries import DATES, Fields
from spiders.words.kinds import stated_by
from spiders.words.mentions import labelled_notices, labelled_references
from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.edition import Source
from tenderbell.notice import Notice, Organisation, Raw
from tenderbell.phrases import plural
from tenderbell.references import canonical_link
from tenderbell.text import clean_line, clean_text, safe_link
from tenderbell.vocabulary import Effect
from tenderbell.wording.dates import deadline_doubts, labelled_deadline, published

LONGEST_KEY = 300
NAMELESS = "nameless-"
"""The beginning of the key of an entry that has neither an id nor a link."""


def key_of(entry: Fields) -> str:
    """Return the entry's id, else its canonical link, else a name made of its words (ruling 5)."""
    key = clean_line(entry.get("id")) or canonical_link(entry.get("link"))
    if key and len(key) <= LONGEST_KEY:
        return key
    digest = hashlib.blake2b((key or str(entry.get("title"))).encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"{NAMELESS}{digest}" if not key else f"{key[:200]}…{digest}"


def nameless_words(raws: Iterable[Raw]) -> str | None:
    """Return a sentence about entries that have neither an id nor a link, None when there are none."""
    count = sum(raw.key.startswith(NAMELESS) for raw in raws)
    return f"{plural(count, 'entry', 'entries')} had neither an id nor a link." if count else None


def buyers_of(source: Source, area: Area) -> tuple[Organisation, ...]:
    """Return who stands behind a feed: a body of the area by its id, or anybody else by name."""
    if source.buyer is None:
        return ()
    body = area.body_by_slug.get(source.buyer)
    if body is None:
        return (Organisation(source.buyer, roles=("buyer",)),)
    return (Organisation(body.name, body.ids, ("buyer",), postcode=body.postcode),)


def notice_of(entry: Fields, raw: Raw, source: Source, buyers: tuple[Organisation, ...], what: str = "feed") -> Notice:
    """Return what the fields of an entry say; `what` the entry is one of."""
    title = clean_line(entry.get("title"))
    text = clean_text(entry.get("content")) or clean_text(entry.get("summary"))
    dates = [date for name in DATES if (date := published(entry.get(name)))]
    near = dates[0] if dates else None
    deadline = labelled_deadline(text, near)
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=title,
        order=stamp(max(dates)) if dates else "",
        form=f"{what} entry",
        form_name=f"Entry of the {what} “{source.title}”",
        effect=Effect.OPEN,
        published_at=dates[0] if dates else None,
        description=text,
        link=safe_link(entry.get("link")) or safe_link(entry.get("id")),
        buyers=buyers,
        reach=source.reach,
        closes_at=deadline[0] if deadline else None,
        closes_evidence=f"the text says “{deadline[1]}”" if deadline else None,
        references=labelled_references(title, text),
        also=labelled_notices(text),
        doubts=(*_doubts(entry, dates), *deadline_doubts(text, near)),
        **stated_by(source),
    )


def _doubts(entry: Fields, dates: list[datetime]) -> tuple[str, ...]:
    written = next((entry[name] for name in DATES if entry.get(name)), None)
    return (f"The date {str(written)[:40]!r} could not be read.",) if written and not dates else ()
