"""Profiles: saved criteria with a frequency, and what their owner can do with them by the link in an e-mail. A change
sets a row to what was asked for, so doing it twice is the same as doing it once."""

import re
import sqlite3
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from alerts import ending, published, subscribers, tokens, wishes
from alerts.addresses import masked
from alerts.pauses import is_paused
from alerts.tokens import Scope
from alerts.wishes import Wishes
from tenderbell.clock import stamp, uk
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.describe import describe
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency, Stage

LONGEST_NAME = 120
LONGEST_PAUSE = timedelta(days=366)
MOST_PROFILES = 50
"""More searches than any person reads; a limit against a manage link that fell into a script's hands."""

_LINK = re.compile(r"(?i)\b(?:[a-z]+://|www\.)[^\s”]*")

FIRST = "first"
"""The type of the matches that a profile starts with: what is open when it is confirmed. Their event is 0."""

CLOSING = "closing"
"""The type of the matches that remind of a deadline (`reminders`)."""


class ProfileState(StrEnum):
    """Whether a profile sends e-mails."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A subscriber's saved search. `paused_until` is the UK day on which e-mails start again, None when they are not
    paused. `watermark` is the newest event at confirmation: only later ones are told. With `follows` it is no search:
    it tells of that one opportunity, and reminds `reminder_days` before its deadline. The last four are its wishes
    (`wishes`)."""

    id: int
    subscriber: int
    name: str
    criteria: Criteria
    frequency: Frequency
    state: ProfileState
    paused_until: date | None
    created_at: str
    watermark: int
    follows: str | None = None
    reminder_days: int | None = None
    capacity: int | None = None
    awards: bool = False
    still_here: bool = False


class Managed(msgspec.Struct, frozen=True):
    """What the manage page shows: the masked address, and the searches and follows that have not ended."""

    address: str
    profiles: tuple[Profile, ...]
    follows: tuple[Profile, ...] = ()


def profile_of(row: sqlite3.Row, now: datetime) -> Profile:
    """Return the profile of a row of the table, as it stands now."""
    paused = is_paused(row, now)
    state = ProfileState.ENDED if row["ended_at"] else ProfileState.PAUSED if paused else ProfileState.ACTIVE
    return Profile(
        id=row["id"],
        subscriber=row["subscriber"],
        name=row["name"],
        criteria=Criteria.parse(row["criteria"]),
        frequency=Frequency(row["frequency"]),
        state=state,
        paused_until=date.fromisoformat(row["paused_until"]) if paused else None,
        created_at=row["created_at"],
        watermark=row["watermark"],
        follows=row["follows"],
        **msgspec.structs.asdict(wishes.wishes_of(row)),
    )


def find(db: sqlite3.Connection, id: int, now: datetime) -> Profile | None:
    """Return the profile with this number, ended or not."""
    row = db.execute("select * from profile where id = ?", (id,)).fetchone()
    return profile_of(row, now) if row else None


def current(db: sqlite3.Connection, subscriber: int, now: datetime) -> tuple[Profile, ...]:
    """Return a subscriber's profiles that have not ended, follows among them, oldest first."""
    rows = db.execute("select * from profile where subscriber = ? and ended_at is null order by id", (subscriber,))
    return tuple(profile_of(row, now) for row in rows)


def start(
    db: sqlite3.Connection,
    settings: Settings,
    subscriber: int,
    criteria: Criteria,
    frequency: Frequency,
    name: str,
    now: datetime,
    *,
    wanted: Wishes = wishes.NONE,
) -> int:
    """Start a profile inside the caller's transaction and return its number.

    What is open now is offered once: it waits for the first digest. The watermark and that list are read from one
    view of `public.db`, so nothing falls between them. Twice is the same as once: the same search of one person is
    one profile, whose wishes (`wanted`) stay as they were.
    """
    canonical = criteria.canonical(profile=True)
    row = db.execute(
        "select id from profile where subscriber = ? and criteria = ? and follows is null and ended_at is null",
        (subscriber, canonical),
    ).fetchone()
    if row:
        return int(row[0])
    with published.reading(settings) as public:
        watermark = published.newest_event(public) if public else 0
        offers = published.open_now(public, criteria, now) if public else []
    id = _insert(db, subscriber, criteria, frequency, name, watermark, wanted, now)
    db.executemany(
        "insert into match (subscriber, profile, opportunity, event, type, matched_at) select ?1, ?2, ?3, 0, ?4, ?5 "
        "where not exists (select 1 from match where subscriber = ?1 and opportunity = ?3 and state = 'claimed')",
        [(subscriber, id, offer, FIRST, stamp(now)) for offer in offers],
    )
    return id


def _insert(
    db: sqlite3.Connection,
    subscriber: int,
    criteria: Criteria,
    frequency: Frequency,
    name: str,
    watermark: int,
    wanted: Wishes,
    now: datetime,
) -> int:
    values = {
        "subscriber": subscriber,
        "name": name,
        "criteria": criteria.canonical(profile=True),
        "frequency": frequency,
        "watermark": watermark,
        "created_at": stamp(now),
        **msgspec.structs.asdict(wanted),
        "awards": wanted.awards or Stage.AWARDED in criteria.stage,
    }
    row = db.execute(
        f"insert into profile ({', '.join(values)}) values ({', '.join('?' * len(values))}) returning id",
        tuple(values.values()),
    ).fetchone()
    return int(row[0])


def managed(db: sqlite3.Connection, token: str, now: datetime) -> Managed | None:
    """Return what the manage page shows; None for a token that is not a genuine manage link."""
    owner = owner_of(db, token)
    if owner is None:
        return None
    living = current(db, owner.id, now)
    searches = tuple(profile for profile in living if not profile.follows)
    return Managed(masked(owner.email), searches, tuple(profile for profile in living if profile.follows))


def set_frequency(db: sqlite3.Connection, token: str, profile_id: int, frequency: Frequency) -> bool:
    """Write to the owner at another frequency from now on. Returns whether the profile is theirs."""
    return _change(db, token, profile_id, "frequency = ?", frequency)


def rename(db: sqlite3.Connection, token: str, profile_id: int, name: str) -> bool:
    """Give a profile another name; an empty one changes nothing. Returns whether the profile is theirs."""
    plain = clean_name(name)
    return _change(db, token, profile_id, "name = coalesce(?, name)", plain or None)


def clean_name(name: str) -> str:
    """Return a name that fits on one line of a page or an e-mail. Links are cut out: whoever signs somebody else up
    could otherwise send them one."""
    name = _LINK.sub("…", name)
    printable = "".join(char if char.isprintable() else " " for char in name)
    return " ".join(printable.split())[:LONGEST_NAME]


def pause(db: sqlite3.Connection, token: str, profile_id: int, until: date, now: datetime) -> bool:
    """Send nothing for this profile before the UK day `until` (at most a year away). What waits and what matches
    meanwhile waits; on return only what is still open is offered (ruling 25). Returns whether the profile is theirs."""
    latest = min(until, uk(now).date() + LONGEST_PAUSE).isoformat()
    return _change(db, token, profile_id, "paused_at = ?, paused_until = ?, resumed_at = null", stamp(now), latest)


def resume(db: sqlite3.Connection, token: str, profile_id: int, now: datetime) -> bool:
    """End a pause at once; one that is over already stays as it was. Returns whether the profile is theirs."""
    today = uk(now).date().isoformat()
    resumed = "resumed_at = case when paused_until > ? then coalesce(resumed_at, ?) else resumed_at end"
    return _change(db, token, profile_id, resumed, today, stamp(now))


def wish(db: sqlite3.Connection, token: str, profile_id: int, wanted: Wishes) -> bool:
    """Give a search other wishes, a follow another reminder; whoever follows hears of the award in any case. Returns
    whether the profile is theirs."""
    values = msgspec.structs.asdict(wishes.sensible(wanted))
    days = values.pop("reminder_days")
    of_searches = [f"{name} = case when follows is null then ? else {name} end" for name in values]
    return _change(db, token, profile_id, ", ".join(["reminder_days = ?", *of_searches]), days, *values.values())


def edit(
    db: sqlite3.Connection, settings: Settings, token: str, profile_id: int, criteria: Criteria, now: datetime
) -> bool:
    """Give a profile other criteria (`change_search`) from the manage page."""
    owner = owner_of(db, token)
    return owner is not None and change_search(db, settings, owner.id, profile_id, criteria, now)


def change_search(
    db: sqlite3.Connection, settings: Settings, subscriber: int, profile_id: int, criteria: Criteria, now: datetime
) -> bool:
    """Give a profile other criteria, and the name that describes them unless its owner named it. What waits is checked
    against them when the digest is built (ruling 25). Returns False when the profile is not theirs or they have that
    search already, and for a follow, which has none."""
    old = find(db, profile_id, now)
    if old is None or old.subscriber != subscriber or old.follows or old.state is ProfileState.ENDED:
        return False
    named = old.name != clean_name(describe(old.criteria, settings.area))
    name = old.name if named else clean_name(describe(criteria, settings.area))
    asks, asked = Stage.AWARDED in criteria.stage, Stage.AWARDED in old.criteria.stage
    values = (criteria.canonical(profile=True), name, asks or (old.awards and not asked), stamp(now), old.id)
    try:
        with transaction(db):
            db.execute("update profile set criteria = ?, name = ?, awards = ?, edited_at = ? where id = ?", values)
    except sqlite3.IntegrityError:
        return False
    return True


def end_profile(db: sqlite3.Connection, token: str, profile_id: int, now: datetime) -> bool:
    """End one profile from the manage page. Returns whether it is theirs. Repeating it changes nothing."""
    owner = owner_of(db, token)
    with transaction(db):
        return owner is not None and ending.end(db, [profile_id], owner.id, "manage", now) > 0


def end_all(db: sqlite3.Connection, token: str, now: datetime) -> bool:
    """End every profile from the manage page. Returns whether the token was genuine. Repeating it changes nothing."""
    owner = owner_of(db, token)
    if owner is None:
        return False
    with transaction(db):
        ending.end(db, [profile.id for profile in current(db, owner.id, now)], owner.id, "manage", now)
    return True


def add_profile(
    db: sqlite3.Connection, settings: Settings, token: str, criteria: Criteria, frequency: Frequency, now: datetime
) -> Profile | None:
    """Start another search of the owner of a manage link; no second confirmation is needed (ruling 28). None when the
    token is not genuine or the owner has 50 searches already."""
    owner = owner_of(db, token)
    if owner is None:
        return None
    with transaction(db):
        if len(current(db, owner.id, now)) >= MOST_PROFILES:
            return None
        name = clean_name(describe(criteria, settings.area))
        id = start(db, settings, owner.id, criteria, frequency, name, now)
    return find(db, id, now)


def owner_of(db: sqlite3.Connection, token: str) -> subscribers.Subscriber | None:
    """Return whose manage link this is; None when it is not genuine."""
    genuine = tokens.read(db, token, Scope.MANAGE)
    return subscribers.find(db, genuine.id) if genuine else None


def _change(db: sqlite3.Connection, token: str, profile_id: int, assignments: str, *values: object) -> bool:
    owner = owner_of(db, token)
    if owner is None:
        return False
    with transaction(db):
        changed = db.execute(
            f"update profile set {assignments} where id = ? and subscriber = ? and ended_at is null",
            (*values, profile_id, owner.id),
        ).rowcount
    return changed > 0
