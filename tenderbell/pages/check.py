"""Is this advert here? What the page shows a commissioner: what was found, what was understood field by field and from
which words, how far it has gone out; or where it was looked for, and when that is done again."""

import sqlite3
from datetime import datetime

from tenderbell.clock import uk
from tenderbell.delays import hours_after_publication, hours_between, hours_words
from tenderbell.edition import Edition
from tenderbell.lookup import look_for, readable
from tenderbell.notice import Record
from tenderbell.opportunity import Opportunity, Sighting, sightings
from tenderbell.pages.cards import Card, card
from tenderbell.pages.provenance import seen_at
from tenderbell.pages.reasons import Fact, plain, why_here
from tenderbell.pages.sources import SourceHealth, Unwatched, source_healths, unwatched
from tenderbell.phrases import (
    NOT_STATED,
    day_words,
    deadline_words,
    exact_money_words,
    kind_words,
    moment_words,
    notice_words,
)
from tenderbell.settings import Settings
from tenderbell.text import safe_link
from tenderbell.themes import theme_names
from tenderbell.unlisted import Reason, Unlisted, unlisted

LONGEST_SHOWN = 300
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
        understood=tuple(understood(one, settings)),
        why=tuple(why_here(one, now)),
        buyer_page=one.buyer_id,
    )


def _seen(notice: Sighting, edition: Edition) -> SeenHere:
    shown, hours = seen_at(notice, edition), hours_between(notice)
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


def understood(one: Opportunity, settings: Settings) -> list[Fact]:
    """Return every field as it was understood, with the words relied on as the note where they are kept."""
    evidence = one.evidence
    return [
        _fact("Title", one.title),
        _fact("Commissioner or funder", one.buyer),
        _fact("What it is", kind_words(one.kind), one.kind_evidence),
        _fact("Published", _moment(one.published_at)),
        _fact("Closes", _closing(one), evidence.get("closes_at") or evidence.get("expected_closes_at")),
        _fact("Notice given", notice_words(one.notice_days) if one.notice_days is not None else None),
        _fact("Early talks until", _moment(one.engagement_closes_at)),
        _fact("Questions until", _moment(one.enquiries_close_at)),
        _fact("Decision", _day(one.decision_expected_at)),
        _fact("Starts", _day(one.starts_at)),
        _fact("Ends", _day(one.ends_at)),
        _fact("Value", _value(one), evidence.get("value")),
        _fact("For charities and community groups", _suitable(one)),
        _fact("Who can apply", _short(one.eligibility)),
        _fact("How to apply", _short(one.how_to_apply)),
        _fact("How bids are scored", _scoring(one)),
        _fact("Lots", f"{len(one.lots)}" if one.lots else None),
        _fact("Subjects", ", ".join(theme_names().get(theme, theme) for theme in one.themes), _themed(one)),
        _fact("Codes (CPV)", ", ".join(f"{s.code} {s.label or ''}".strip() for s in one.subjects[:8])),
        _fact("Districts", _districts(one, settings)),
        _fact("Place of delivery", _short(one.delivery_text)),
        _fact("References", ", ".join([*one.notices[:6], *one.ocids[:3], *one.references[:6]])),
    ]


def _fact(label: str, words: str | None, relied_on: str | None = None) -> Fact:
    if not words or words == NOT_STATED:
        return Fact(label, NOT_STATED, stated=False)
    return Fact(label, words, note=plain(relied_on or ""))


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN].rstrip()}…"


def _moment(moment: datetime | None) -> str | None:
    return moment_words(moment) if moment else None


def _day(moment: datetime | None) -> str | None:
    return day_words(uk(moment).date()) if moment else None


def _closing(one: Opportunity) -> str | None:
    if one.closes_at:
        return deadline_words(one.closes_at)
    return "No deadline: it is always open" if one.rolling else None


def _value(one: Opportunity) -> str | None:
    if one.value is None:
        return None
    yearly = " a year" if one.value_yearly else ""
    basis = f" ({one.value_basis})" if one.value_basis else ""
    return f"{exact_money_words(one.value)}{yearly}{basis}"


def _suitable(one: Opportunity) -> str | None:
    if one.reserved_vcse:
        return "Reserved for them"
    return {True: "Marked as suitable", False: "Not marked as suitable", None: None}[one.vcse_suitable]


def _scoring(one: Opportunity) -> str | None:
    parts = [("quality", one.quality_percent), ("cost", one.cost_percent)]
    return ", ".join(f"{name} {percent:g}%" for name, percent in parts if percent is not None) or _short(one.scoring)


def _themed(one: Opportunity) -> str:
    return " ".join(words for theme in one.themes if (words := one.evidence.get(f"theme:{theme}")))


def _districts(one: Opportunity, settings: Settings) -> str | None:
    names = {district.slug: district.name for district in settings.area.districts}
    return ", ".join(names.get(slug, slug) for slug in one.districts) or None
