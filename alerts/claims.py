"""Claims: what waits for one person and is to be told now, gathered by opportunity.

Only the matches of profiles that are due begin a digest; but what it tells is told for all of the person's profiles,
so their waiting matches of the same opportunities are claimed with it, and each is named (ruling 24).
"""

import sqlite3
from collections.abc import Iterable

import msgspec

from alerts import hidden
from alerts.pauses import pause_end
from alerts.profiles import CLOSING, FIRST
from alerts.reminders import is_current
from alerts.sections import NEWS, Section, section_of
from alerts.shelf import Shelf
from tenderbell.clock import instant
from tenderbell.opportunity import Opportunity
from tenderbell.vocabulary import LIVE_STAGES, Stage


class Telling(msgspec.Struct):
    """One opportunity and the waiting matches that tell of it, in the order of their events."""

    opportunity: Opportunity
    matches: list[sqlite3.Row]
    section: Section


class Claims(msgspec.Struct):
    """What one digest tells, and the matches (`dropped`) that are no longer to be told."""

    stories: list[Telling]
    dropped: list[int]


def gather(
    db: sqlite3.Connection,
    shelf: Shelf,
    subscriber: int,
    due: Iterable[int],
    profiles: dict[int, sqlite3.Row],
) -> Claims:
    """Return what waits for the profiles that are due, without what the person hid."""
    claims, wanted = Claims([], []), set(due)
    for opportunity, rows in _waiting(db, shelf, subscriber, wanted, profiles, claims.dropped):
        if any(row["profile"] in wanted for row in rows):
            section = section_of(opportunity, _types(rows, profiles), shelf.now)
            claims.stories.append(Telling(opportunity, rows, section))
    return claims


def _waiting(
    db: sqlite3.Connection,
    shelf: Shelf,
    subscriber: int,
    wanted: set[int],
    profiles: dict[int, sqlite3.Row],
    dropped: list[int],
) -> list[tuple[Opportunity, list[sqlite3.Row]]]:
    """Return what waits for a person and is still to be told, by opportunity; add to `dropped` what waits for the
    profiles `wanted` and is not."""
    rows = db.execute(
        "select * from match where subscriber = ? and state = 'waiting' order by event, id", (subscriber,)
    ).fetchall()
    not_for_them = hidden.ids(db, subscriber, shelf.public) if rows else frozenset()
    found: dict[str, tuple[Opportunity, list[sqlite3.Row]]] = {}
    for row in rows:
        opportunity = shelf.opportunity(row["opportunity"])
        wanted_still = (
            opportunity is not None
            and not_for_them.isdisjoint((opportunity.id, row["opportunity"]))
            and _still_wanted(shelf, opportunity, row, profiles.get(row["profile"]))
        )
        if opportunity and wanted_still:
            found.setdefault(opportunity.id, (opportunity, []))[1].append(row)
        elif row["profile"] in wanted:
            dropped.append(row["id"])
    return list(found.values())


def _types(matches: list[sqlite3.Row], profiles: dict[int, sqlite3.Row]) -> set[str]:
    """Return the types that decide the section. What somebody follows is never new to them."""
    followed = {row["type"] for row in matches if profiles[row["profile"]]["follows"]}
    return followed or {row["type"] for row in matches}


def _still_wanted(shelf: Shelf, opportunity: Opportunity, match: sqlite3.Row, profile: sqlite3.Row | None) -> bool:
    """Return whether a waiting match is still to be told (ruling 25): for an edited profile news only if its new
    criteria find them (changes go in any case, ruling 23), after a pause only what is still open, of the first list
    only what is open still; a reminder only of a deadline that still holds, and by a search only while it finds it."""
    if profile is None or profile["ended_at"]:
        return False
    stage = opportunity.stage_at(shelf.now)
    if match["type"] == CLOSING:
        finds = profile["follows"] or shelf.matches(profile["criteria"], opportunity)
        return bool(finds) and is_current(match, opportunity, shelf.now)
    if match["type"] == FIRST and stage is not Stage.OPEN:
        return False
    if stage not in LIVE_STAGES and _waited_in_pause(match, profile):
        return False
    edited = match["type"] in NEWS and profile["edited_at"] and match["matched_at"] <= profile["edited_at"]
    return not edited or shelf.matches(profile["criteria"], opportunity)


def _waited_in_pause(match: sqlite3.Row, profile: sqlite3.Row) -> bool:
    """Return whether a match waited for the end of a pause: what came in it, and what waited when it began."""
    matched_at, end = instant(match["matched_at"]), pause_end(profile)
    return matched_at is not None and end is not None and matched_at < end
