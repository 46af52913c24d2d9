"""Is this advert here? What the page shows a commissioner: what was found, what was understood field by field and from
which words, how far it has gone out; or where it was looked for, and when that is done again."""

import sqlite3
from datetime import datetime

from tenderbell.delays import hours_after_publication, hours_between, hours_words
from tenderbell.edition import Edition
from tenderbell.lookup import look_for, readable
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity, Sighting, sightings
from tenderbell.pages.cards import Card, card
from tenderbell.pages.provenance import seen_at
from tenderbell.pages.reasons import Fact, why_here
from tenderbell.pages.sources import SourceHealth, Unwatched, source_healths, unwatched
from tenderbell.pages.understood import understood
from tenderbell.settings import Settings
from tenderbell.text import safe_link
from tenderbell.unlisted import Reason, Unlisted, unlisted

MOST_SEEN = 30


class SeenHere(Record, frozen=True, omit_defaults=True):
    """One notice of an advert: where it was seen, first and last, and how soon after its publication."""

    source: str
    form: str
    key: str
    link: str | None
    published: str
    first: str
    last: str
    after: str


class Found(Record, frozen=True, omit_defaults=True):
    """An advert that is here. `after` says how soon it was seen; `silent` that it came with a source's first
    collection, of which nobody is told."""

    opportunity: Opportunity
    card: Card
    seen: tuple[SeenHere, ...]
    after: str
    silent: bool
    understood: tuple[Fact, ...]
    why: tuple[Fact, ...]
    buyer_page: str | None


class Check(Record, frozen=True, omit_defaults=True):
    """What looking for `query` came to: `found`, or `candidates` to choose from, or `kept` (archived, not listed), or
    nothing. `sources` are those that were searched, `places` those that nobody watches. `link` is what a report of a
    missing advert starts with."""

    query: str
    found: Found | None = None
    candidates: tuple[Card, ...] = ()
    kept: Unlisted | None = None
    sources: tuple[SourceHealth, ...] = ()
    places: tuple[Unwatched, ...] = ()
    link: str = ""

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is in the archive and is for another area."""
        return self.kept is not None and self.kept.reason is Reason.ELSEWHERE


def check(public: sqlite3.Connection, held: sqlite3.Connection | None, settings: Settings, typed: str) -> Check:
    """Look for what was typed: a link, a notice number, an OCID, a portal's reference, a title. `held` is the archive,
    None before there is one."""
    text, now = readable(typed), settings.clock()
    if not text:
        return Check("")
    looked = look_for(public, text)
    if looked.found:
        return Check(text, found=_found(public, looked.found, settings, now))
    if looked.candidates:
        return Check(text, candidates=tuple(card(one, settings.area, now) for one in looked.candidates))
    return Check(
        text,
        kept=unlisted(settings, public, held, text) if held else None,
        sources=source_healths(public, settings.edition),
        places=unwatched(settings.edition),
        link=safe_link(text) or "",
    )


def _found(public: sqlite3.Connection, one: Opportunity, settings: Settings, now: datetime) -> Found:
    notices = sightings(public, one.id)
    hours = hours_after_publication(notices)
    return Found(
        opportunity=one,
        card=card(one, settings.area, now),
        seen=tuple(_seen(notice, settings.edition) for notice in notices[:MOST_SEEN]),
        after=hours_words(hours) if hours is not None else "",
        silent=_came_silently(public, one.id),
        understood=tuple(understood(one, settings.area)),
        why=tuple(why_here(one, now)),
        buyer_page=one.buyer_id,
    )


def _seen(notice: Sighting, edition: Edition) -> SeenHere:
    shown, hours = seen_at(notice, edition), hours_between(notice.published_at, notice.first_seen)
    return SeenHere(
        source=shown.source,
        form=shown.form,
        key=shown.key,
        link=shown.link,
        published=shown.published,
        first=shown.first_seen,
        last=shown.last_seen,
        after=hours_words(hours) if hours is not None else "",
    )


def _came_silently(public: sqlite3.Connection, id: str) -> bool:
    row = public.execute("select silent from event where opportunity = ? order by number limit 1", (id,)).fetchone()
    return bool(row and row[0])
