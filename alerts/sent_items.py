"""Sent items: what a person says about one thing in an e-mail, by the link beside it: not for us, never this kind,
follow it. The link (ITEM) speaks of one match, so of one person and one opportunity; nothing else can be done with it.
"""

import sqlite3
from datetime import datetime

import msgspec

from alerts import exclusions, hidden, profiles, sent, tokens
from alerts.exclusions import Exclusion
from alerts.profiles import Profile, ProfileState
from alerts.shelf import Shelf
from alerts.tokens import Scope
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.opportunity import Opportunity, ids_of
from tenderbell.settings import Settings

TYPED = "words"
"""The key of the exclusion whose words somebody types."""


class SentItem(msgspec.Struct, frozen=True):
    """What an ITEM link speaks of: whose it is, the opportunity as it is now (None when it is gone) and the ids under
    which they know it, whether they hid it, whether they follow it, and the living searches that told them of it."""

    subscriber: int
    opportunity: Opportunity | None
    ids: tuple[str, ...]
    is_hidden: bool
    follows: bool
    searches: tuple[Profile, ...]


class Proposal(msgspec.Struct, frozen=True):
    """A search as an exclusion would make it, and whether it would still find the opportunity."""

    search: Profile
    criteria: Criteria
    still_finds: bool


def sent_item(db: sqlite3.Connection, public: sqlite3.Connection, token: str, now: datetime) -> SentItem | None:
    """Return what a link speaks of; None when it is not genuine or its owner was forgotten."""
    genuine = tokens.read(db, token, Scope.ITEM)
    row = db.execute("select subscriber, opportunity from match where id = ?", (genuine.id,)) if genuine else None
    match = row.fetchone() if row else None
    if match is None:
        return None
    subscriber, found = match["subscriber"], sent.present(public, match["opportunity"])
    ids = tuple(ids_of(public, found.id)) if found else (match["opportunity"],)
    living = profiles.current(db, subscriber, now)
    told_by = {row[0] for id in ids for row in db.execute(_TOLD_BY, (subscriber, id))}
    return SentItem(
        subscriber,
        found,
        ids,
        any(hidden.hides(db, subscriber, id) for id in ids),
        any(profile.follows in ids for profile in living if profile.follows),
        tuple(profile for profile in living if profile.id in told_by and not profile.follows),
    )


_TOLD_BY = "select distinct profile from match where subscriber = ? and opportunity = ?"


def hide(db: sqlite3.Connection, item: SentItem, now: datetime) -> None:
    """Tell the person no more of the opportunity. Twice is the same as once."""
    with transaction(db):
        hidden.hide(db, item.subscriber, item.ids[0], now)


def show(db: sqlite3.Connection, item: SentItem) -> None:
    """Tell the person of the opportunity again. Twice is the same as once."""
    with transaction(db):
        hidden.show(db, item.subscriber, *item.ids)


def offered(item: SentItem) -> tuple[tuple[Profile, tuple[Exclusion, ...]], ...]:
    """Return for each of the person's searches what it could leave out."""
    if item.opportunity is None:
        return ()
    return tuple((search, exclusions.exclusions(search.criteria, item.opportunity)) for search in item.searches)


def propose(
    public: sqlite3.Connection,
    settings: Settings,
    item: SentItem,
    search: int,
    key: str,
    typed: str,
    now: datetime,
) -> Proposal | None:
    """Return the search that an exclusion makes: the one that was offered under `key`, or that of the words `typed`.
    None when it was not offered, or the words are none."""
    for profile, found in offered(item):
        if profile.id == search and item.opportunity:
            changed = exclusions.without_words(profile.criteria, typed) if key == TYPED else _named(found, key)
            if changed is None:
                return None
            finds = Shelf(public, settings, now).matches(changed.canonical(profile=True), item.opportunity)
            return Proposal(profile, changed, finds)
    return None


def _named(found: tuple[Exclusion, ...], key: str) -> Criteria | None:
    return next((exclusion.criteria for exclusion in found if exclusion.key == key), None)


def save(db: sqlite3.Connection, settings: Settings, proposal: Proposal, now: datetime) -> bool:
    """Give the search its exclusion, and return whether that worked. Only what was proposed can be saved, and the link
    can do no more; repeated it finds nothing left to leave out."""
    search = proposal.search
    if search.state is ProfileState.ENDED:
        return False
    return profiles.change_search(db, settings, search.subscriber, search.id, proposal.criteria, now)
