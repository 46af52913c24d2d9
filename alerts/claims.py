"""Claims: what waits for one person and is to be told now, gathered by opportunity.

Only the matches of profiles that are due begin a digest; but what it tells is told for all of the person's profiles,
so their waiting matches of the same opportunities are claimed with it, and each is named (ruling 24).
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

import msgspec

from alerts import follows
from alerts.items import NEWS, Section, section_of
from alerts.pauses import pause_end
from alerts.profiles import CLOSING, FIRST
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
    now: datetime,
) -> Claims:
    """Return what waits for the profiles that are due."""
    claims = Claims([], [])
    waiting = db.execute(
        "select * from match where subscriber = ? and state = 'waiting' order by event, id", (subscriber,)
    ).fetchall()
    wanted = set(due)
    by_opportunity: dict[str, list[sqlite3.Row]] = {}
    for row in waiting:
        opportunity = shelf.opportunity(row["opportunity"])
        if opportunity is None or not _still_wanted(shelf, opportunity, row, profiles.get(row["profile"]), now):
            if row["profile"] in wanted:
                claims.dropped.append(row["id"])
            continue
        by_opportunity.setdefault(opportunity.id, []).append(row)
    for id, rows in by_opportunity.items():
        opportunity = shelf.opportunity(id)
        if opportunity and any(row["profile"] in wanted for row in rows):
            section = section_of(opportunity, _types(rows, profiles), now)
            claims.stories.append(Telling(opportunity, rows, section))
    return claims


def _types(matches: list[sqlite3.Row], profiles: dict[int, sqlite3.Row]) -> set[str]:
    """Return the types that decide the section. What somebody follows is never new to them."""
    followed = {row["type"] for row in matches if profiles[row["profile"]]["follows"]}
    return followed or {row["type"] for row in matches}


def _still_wanted(
    shelf: Shelf, opportunity: Opportunity, match: sqlite3.Row, profile: sqlite3.Row | None, now: datetime
) -> bool:
    """Return whether a waiting match is still to be told (ruling 25): for an edited profile news only if its new
    criteria find them (changes go in any case, ruling 23), after a pause only what is still open, of the first list
    only what is open still; a reminder only of a deadline that still holds."""
    if profile is None or profile["ended_at"]:
        return False
    stage = opportunity.stage_at(now)
    if match["type"] == CLOSING:
        return follows.is_current(match, opportunity, now)
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
