"""Contents: the model of a digest, from which its text and its HTML are both made."""

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from alerts import headlines, links, messages, subscribers, tokens
from alerts.addresses import Address
from alerts.chapters import Chapter
from alerts.items import Item
from alerts.outbox import Message, Sort
from alerts.shelf import Shelf
from alerts.tokens import Scope
from tenderbell.clock import instant, uk

SAMPLE_MARK = "[Sample] "


class Search(msgspec.Struct, frozen=True):
    """A profile as the foot of a letter explains it: its name, since when, its page and the page that ends it."""

    name: str
    follows: bool
    since: str
    frequency: str
    url: str
    end: str


class Part(msgspec.Struct, frozen=True):
    """One section as it is printed; `more` things are left out and shown at `more_at`."""

    title: str
    items: tuple[Item, ...]
    more: int
    more_at: str


def digest(
    db: sqlite3.Connection,
    shelf: Shelf,
    subscriber: int,
    profiles: Iterable[sqlite3.Row],
    chapters: Sequence[Chapter],
    number: int,
) -> Message:
    """Return one person's finished e-mail: every story in its section, and why they get it. `number` is the one that
    the message will have in the outbox: the links behind "and 17 more" carry it."""
    settings = shelf.settings
    owner = subscribers.find(db, subscriber)
    if owner is None:
        raise LookupError(f"Profile of subscriber {subscriber}, who is not in the table.")
    everything = tokens.make(db, Scope.END_ALL, subscriber)
    told = tokens.make(db, Scope.TOLD, number)
    room = headlines.LONGEST - len(SAMPLE_MARK) * settings.edition.sample
    return messages.compose(
        settings,
        Sort.DIGEST,
        Address(owner.email, owner.address),
        headlines.subject(chapters, shelf.now, room=room),
        {
            **foot(db, shelf, subscriber, owner.email, profiles, everything),
            "parts": [_part(shelf, chapter, told) for chapter in chapters],
            "summary": headlines.summary(chapters),
        },
        shelf.now,
        subscriber=subscriber,
        extra=messages.list_headers(settings, everything),
    )


def foot(
    db: sqlite3.Connection,
    shelf: Shelf,
    subscriber: int,
    email: str,
    profiles: Iterable[sqlite3.Row],
    everything: str,
) -> dict[str, object]:
    """Return what every letter to a subscriber ends with: what was checked, which searches it is for, and the ways
    out; `everything` is the token of the link that ends all."""
    settings = shelf.settings
    return {
        "edition": settings.edition,
        "checked": shelf.checked(),
        "searches": [_search(db, shelf, row) for row in profiles],
        "address": email,
        "manage": links.manage(db, settings, subscriber),
        "end_all": links.end_all(settings, everything),
        "site": settings.url,
        "privacy": links.privacy(settings),
    }


def _part(shelf: Shelf, chapter: Chapter, told: str) -> Part:
    more_at = links.told(shelf.settings, told, chapter.section)
    return Part(chapter.section.heading, chapter.items, len(chapter.beyond), more_at)


def _search(db: sqlite3.Connection, shelf: Shelf, profile: sqlite3.Row) -> Search:
    since = instant(profile["created_at"])
    day = uk(since) if since else None
    return Search(
        name=profile["name"],
        follows=bool(profile["follows"]),
        since=f"{day.day} {day:%B %Y}" if day else "",
        frequency=profile["frequency"],
        url=_page(shelf, profile),
        end=links.end_one(db, shelf.settings, profile["id"]),
    )


def _page(shelf: Shelf, profile: sqlite3.Row) -> str:
    """Return the page of a search, or of what is followed."""
    if profile["follows"]:
        return links.opportunity(shelf.settings, profile["follows"])
    return links.search(shelf.settings, shelf.criteria(profile["criteria"]))
