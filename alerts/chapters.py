"""Chapters: the stories of one digest, put into their sections, each told in words for this person.

What is shown and what stands behind "and 17 more" is decided here, once; the claiming transaction writes it down, and
the page behind the link reads it from there.
"""

import sqlite3

import msgspec

from alerts import links, tokens
from alerts.changes import changes_of
from alerts.claims import Telling
from alerts.doubts import size_doubts
from alerts.items import Item
from alerts.sections import Section
from alerts.shelf import Shelf
from alerts.tokens import Scope
from tenderbell.vocabulary import LIVE_STAGES

MOST_ITEMS = 20
"""Items of one section; what is beyond them is counted as told and reached by a link (ruling 24)."""

_CHANGING = (Section.CHANGED, Section.AWARDS)


class Chapter(msgspec.Struct, frozen=True):
    """One section: the items that are `shown`, in the order of their dates, and the stories that are `beyond` them."""

    section: Section
    items: tuple[Item, ...]
    shown: tuple[Telling, ...]
    beyond: tuple[Telling, ...]

    @property
    def count(self) -> int:
        """How many opportunities it tells, shown or not."""
        return len(self.shown) + len(self.beyond)


def arrange(
    db: sqlite3.Connection, shelf: Shelf, profiles: dict[int, sqlite3.Row], stories: list[Telling]
) -> tuple[Chapter, ...]:
    """Return the sections that have something to tell, in their order. `profiles` are the person's, by number."""
    capacity = max((row["capacity"] for row in profiles.values() if row["capacity"] is not None), default=None)
    found = []
    for section in Section:
        told = [story for story in stories if story.section is section]
        told.sort(key=lambda story: shelf.facts(story.opportunity).sort_key)
        if told:
            shown, beyond = told[:MOST_ITEMS], told[MOST_ITEMS:]
            items = tuple(_item(db, shelf, profiles, story, capacity) for story in shown)
            found.append(Chapter(section, items, tuple(shown), tuple(beyond)))
    return tuple(found)


def _item(
    db: sqlite3.Connection, shelf: Shelf, profiles: dict[int, sqlite3.Row], story: Telling, capacity: int | None
) -> Item:
    opportunity = story.opportunity
    is_live = opportunity.stage_at(shelf.now) in LIVE_STAGES
    facts = shelf.facts(opportunity)
    return Item(
        title=facts.title,
        url=facts.url,
        facts=shelf.piece("facts", opportunity),
        ways=shelf.piece("ways", opportunity),
        changes=tuple(changes_of(opportunity, story.matches)) if story.section in _CHANGING else (),
        reasons=tuple(
            _reason(shelf, profiles[id], story) for id in sorted({match["profile"] for match in story.matches})
        ),
        doubts=(*size_doubts(opportunity, capacity), *shelf.doubts(opportunity)) if is_live else (),
        not_for_us=links.item(shelf.settings, tokens.make(db, Scope.ITEM, story.matches[0]["id"])),
    )


def _reason(shelf: Shelf, profile: sqlite3.Row, story: Telling) -> tuple[str, str]:
    """Return why a profile tells it, after the name of the search. Changes also go to whoever was told, although their
    search finds it no longer."""
    if profile["follows"]:
        return "", "you follow it"
    name, criteria = profile["name"], profile["criteria"]
    if story.section in _CHANGING and not shelf.matches(criteria, story.opportunity):
        return name, "we told you of it before"
    return name, shelf.reasons(criteria, story.opportunity)
