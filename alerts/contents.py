"""Contents: the model of a digest, from which its text and its HTML are both made."""

import sqlite3
from datetime import datetime

import msgspec

from alerts import links, messages, subscribers, tokens
from alerts.addresses import Address
from alerts.checked import checked
from alerts.claims import Telling
from alerts.items import Item, Section, changes_of
from alerts.outbox import Message, Sort
from alerts.shelf import Shelf
from alerts.tokens import Scope
from tenderbell.clock import instant, uk
from tenderbell.phrases import plural
from tenderbell.settings import Settings
from tenderbell.vocabulary import Stage

MOST_ITEMS = 20
"""Items of one section; what is beyond them is counted as told and reached by a link (ruling 24)."""

_SHORT = {
    Section.NEW: "new",
    Section.EARLY: "early",
    Section.CLOSING: "closing soon",
    Section.CHANGED: "changed",
    Section.OPEN_NOW: "open now",
    Section.MISSED: "already over",
}


class Search(msgspec.Struct, frozen=True):
    """A profile as the foot of a digest explains it: its name, since when, its page and the page that ends it."""

    name: str
    follows: bool
    since: str
    frequency: str
    url: str
    end: str


class Chapter(msgspec.Struct, frozen=True):
    """One section with its items; `more` of them are left out and found by the searches in `more_at`."""

    title: str
    items: tuple[Item, ...]
    more: int
    more_at: tuple[tuple[str, str], ...]


def digest(
    db: sqlite3.Connection,
    settings: Settings,
    shelf: Shelf,
    subscriber: int,
    profiles: list[sqlite3.Row],
    stories: list[Telling],
    now: datetime,
) -> Message:
    """Return one person's finished e-mail: every story in its section, and why they get it."""
    owner = subscribers.find(db, subscriber)
    if owner is None:
        raise LookupError(f"Profile of subscriber {subscriber}, who is not in the table.")
    everything = tokens.make(db, Scope.END_ALL, subscriber)
    chapters = _chapters(settings, shelf, profiles, stories)
    model: dict[str, object] = {
        "edition": settings.edition,
        "chapters": chapters,
        "summary": _summary(stories),
        "checked": checked(shelf.public, now),
        "status": links.status(settings),
        "searches": [_search(db, settings, shelf, row) for row in profiles],
        "address": owner.email,
        "manage": links.manage(db, settings, subscriber),
        "end_all": links.end_all(settings, everything),
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
    return messages.compose(
        settings,
        Sort.DIGEST,
        Address(owner.email, owner.address),
        _subject(chapters, stories),
        model,
        now,
        subscriber=subscriber,
        extra=messages.list_headers(settings, everything),
    )


def _chapters(settings: Settings, shelf: Shelf, profiles: list[sqlite3.Row], stories: list[Telling]) -> list[Chapter]:
    by_id = {row["id"]: row for row in profiles}
    found = []
    for section in Section:
        told = [(_item(shelf, by_id, story), story) for story in stories if story.section is section]
        told.sort(key=lambda pair: pair[0].sort_key)
        if told:
            hidden = [story for _, story in told[MOST_ITEMS:]]
            more_at = _more_at(settings, shelf, by_id, hidden)
            found.append(Chapter(section.value, tuple(item for item, _ in told[:MOST_ITEMS]), len(hidden), more_at))
    return found


def _item(shelf: Shelf, profiles: dict[int, sqlite3.Row], story: Telling) -> Item:
    ids = sorted({match["profile"] for match in story.matches})
    reasons = tuple(_reason(shelf, profiles[id], story) for id in ids)
    changes = changes_of(story.opportunity, story.matches) if story.section is Section.CHANGED else ()
    return msgspec.structs.replace(shelf.item(story.opportunity), changes=tuple(changes), reasons=reasons)


def _reason(shelf: Shelf, profile: sqlite3.Row, story: Telling) -> tuple[str, str]:
    """Return why a profile tells it, after the name of the search. Changes also go to whoever was told, although their
    search finds it no longer."""
    if profile["follows"]:
        return "", "you follow it"
    name, criteria = profile["name"], profile["criteria"]
    if story.section is Section.CHANGED and not shelf.matches(criteria, story.opportunity):
        return name, "we told you of it before"
    return name, shelf.reasons(criteria, story.opportunity)


def _more_at(
    settings: Settings, shelf: Shelf, profiles: dict[int, sqlite3.Row], hidden: list[Telling]
) -> tuple[tuple[str, str], ...]:
    """Return the searches whose pages show what a section leaves out."""
    ids = sorted({match["profile"] for story in hidden for match in story.matches})
    return tuple((profiles[id]["name"], _page(settings, shelf, profiles[id], sort="newest")) for id in ids)


def _page(settings: Settings, shelf: Shelf, profile: sqlite3.Row, **having: str) -> str:
    """Return the page of a search, or of what is followed."""
    if profile["follows"]:
        return links.opportunity(settings, profile["follows"])
    return links.search(settings, shelf.criteria(profile["criteria"]).having(**having))


def _search(db: sqlite3.Connection, settings: Settings, shelf: Shelf, profile: sqlite3.Row) -> Search:
    since = instant(profile["created_at"])
    day = uk(since) if since else None
    return Search(
        name=profile["name"],
        follows=bool(profile["follows"]),
        since=f"{day.day} {day:%B %Y}" if day else "",
        frequency=profile["frequency"],
        url=_page(settings, shelf, profile),
        end=links.end_one(db, settings, profile["id"]),
    )


def _summary(stories: list[Telling]) -> str:
    """Return "3 new, 1 changed"."""
    counts = {section: sum(story.section is section for story in stories) for section in Section}
    return ", ".join(f"{count:,} {_SHORT[section]}" for section, count in counts.items() if count)


def _subject(chapters: list[Chapter], stories: list[Telling]) -> str:
    first = chapters[0].items[0].title
    if len(stories) == 1 and stories[0].opportunity.stage is Stage.CANCELLED:
        return f"Cancelled: {first}"
    if len(stories) == 1:
        return f"{_SHORT[stories[0].section].capitalize()}: {first}"
    return f"{_summary(stories)}: {first} and {plural(len(stories) - 1, 'other')}"
