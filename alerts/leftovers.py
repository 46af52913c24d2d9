"""What waits for a profile that has ended."""

import sqlite3


def hand_on(db: sqlite3.Connection, subscriber: int, profile: int) -> None:
    """Give the changes that wait for an ended search, of what the person was told of, to their earliest search that
    lives (ruling 23: whoever was told hears of changes), and drop what else waits: all of it, when the profile only
    followed one opportunity. Twice is the same as once."""
    db.execute(
        "update or ignore match set profile = heir.id from (select min(id) as id from profile "
        "where subscriber = ?1 and ended_at is null and follows is null) heir where subscriber = ?1 and profile = ?2 "
        "and state = 'waiting' and type not in ('new', 'first', 'awarded') and heir.id is not null "
        "and exists (select 1 from profile ended where ended.id = ?2 and ended.follows is null) and exists "
        "(select 1 from match told where told.opportunity = match.opportunity and told.subscriber = ?1 "
        "and told.state = 'claimed')",
        (subscriber, profile),
    )
    db.execute(
        "update match set state = 'dropped' where subscriber = ? and profile = ? and state = 'waiting'",
        (subscriber, profile),
    )
