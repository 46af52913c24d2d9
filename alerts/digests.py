"""Digests: what waits for a person becomes one e-mail in the outbox.

For each person one transaction claims their waiting matches, writes the finished message and notes the period. So a
run that dies has built some people's digests wholly and the others' not at all, and the next run goes on: claimed
matches are claimed, a noted period is never built again for that person, and the period as a whole is noted as built
only after the last of them. Nothing that waits, no e-mail; nor for an address that must not be written to.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime

import msgspec

from alerts import contents, follows, outbox, periods, published, reminders, restored, suppression
from alerts.chapters import Chapter, arrange
from alerts.claims import Claims, gather
from alerts.pauses import is_paused
from alerts.periods import GATHERING, Period
from alerts.shelf import Shelf
from tenderbell.clock import instant, stamp
from tenderbell.database import transaction
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency

Progress = Callable[[int, int], None]
"""Told how many people are done, of how many."""


class BuildReport(msgspec.Struct, kw_only=True):
    """What a run did: digests written, matches told in them, and matches that were no longer to be told."""

    digests: int = 0
    matches: int = 0
    dropped: int = 0


class _Run(msgspec.Struct, frozen=True):
    """One run: its instant, the periods that it builds, whether instant alerts go, and whether it was asked for by
    name (then it does not wait for the hour)."""

    now: datetime
    periods: tuple[Period, ...]
    instant: bool
    by_name: bool


def build(settings: Settings, *, frequency: Frequency | None = None, progress: Progress | None = None) -> BuildReport:
    """Write the digests that are due by the clock into the outbox.

    With a `frequency`, only its digests, and without waiting: instant alerts are not gathered for 15 minutes, and the
    latest daily or weekly period is built for everybody who has had nothing in it, also for profiles that started
    since. Never more than one digest of a period for one person.
    """
    report = BuildReport()
    with closing(open_private(settings.private_path)) as db, published.reading(settings) as public:
        if public is None:
            return report
        run = _plan(db, settings.clock(), frequency)
        shelf = Shelf(public, settings, run.now)
        reminders.write(db, shelf)
        follows.end_what_is_over(db, shelf)
        restored.hold_again(db, public, run.now)
        people = _people(db, run)
        for done, subscriber in enumerate(people, 1):
            with transaction(db):
                _build_one(db, shelf, run, subscriber, report)
            if progress:
                progress(done, len(people))
        for period in run.periods:
            periods.finish(db, period, run.now)
    return report


def _plan(db: sqlite3.Connection, now: datetime, frequency: Frequency | None) -> _Run:
    if frequency is None:
        return _Run(now, tuple(periods.due(db, now)), True, False)
    if frequency is Frequency.INSTANT:
        return _Run(now, (), True, True)
    return _Run(now, (periods.latest(frequency, now),), False, True)


def _people(db: sqlite3.Connection, run: _Run) -> list[int]:
    """Return the subscribers for whose profiles of the run's frequencies something waits."""
    frequencies = [period.frequency.value for period in run.periods] + ["instant"] * run.instant
    rows = db.execute(
        "select distinct p.subscriber from profile p where p.ended_at is null and p.frequency in "
        f"({', '.join('?' * len(frequencies))}) and exists (select 1 from match m where m.subscriber = p.subscriber "
        "and m.profile = p.id and m.state = 'waiting') order by p.subscriber",
        frequencies,
    )
    return [row[0] for row in rows]


def _build_one(db: sqlite3.Connection, shelf: Shelf, run: _Run, subscriber: int, report: BuildReport) -> None:
    if suppression.stops(db, subscriber):
        return
    rows = db.execute("select * from profile where subscriber = ? and ended_at is null order by id", (subscriber,))
    profiles = {row["id"]: row for row in rows}
    due = _due(db, run, subscriber, list(profiles.values()))
    if not due:
        return
    claims = gather(db, shelf, subscriber, due, profiles)
    _drop(db, claims, report)
    if not claims.stories:
        return
    number = outbox.next_number(db)
    chapters = arrange(db, shelf, profiles, claims.stories)
    named = [profiles[id] for id in profiles if id in due or _tells(claims, id)]
    outbox.put(db, contents.digest(db, shelf, subscriber, named, chapters, number), run.now)
    _claim(db, chapters, number, report)
    noted = {period for profile, period in due.items() if _tells(claims, profile)}
    db.executemany(
        "insert into digest values (?, ?, ?, ?)", [(subscriber, *period, number) for period in sorted(noted)]
    )


def _due(db: sqlite3.Connection, run: _Run, subscriber: int, profiles: list[sqlite3.Row]) -> dict[int, tuple[str, str]]:
    """Return the profiles to write for now, each with the frequency and period that the digest is noted under."""
    awake = [row for row in profiles if not is_paused(row, run.now)]
    found = {}
    for period in run.periods:
        if _has_digest(db, subscriber, period):
            continue
        for row in awake:
            if row["frequency"] == period.frequency and (run.by_name or row["created_at"] < stamp(period.end)):
                found[row["id"]] = (period.frequency.value, period.name)
    return found | (_instant_due(db, run, awake) if run.instant else {})


def _instant_due(db: sqlite3.Connection, run: _Run, awake: list[sqlite3.Row]) -> dict[int, tuple[str, str]]:
    """Return the instant profiles, once the first of their waiting matches has waited long enough. Their period is
    named by that match, so it can be noted only once."""
    ids = [row["id"] for row in awake if row["frequency"] == Frequency.INSTANT]
    first, since = db.execute(
        "select min(id), min(matched_at) from match where state = 'waiting' "
        f"and subscriber = ? and profile in ({', '.join('?' * len(ids))})",
        (awake[0]["subscriber"] if awake else None, *ids),
    ).fetchone()
    waited_since = instant(since)
    if waited_since is None or not (run.by_name or waited_since + GATHERING <= run.now):
        return {}
    return {id: (Frequency.INSTANT.value, str(first)) for id in ids}


def _has_digest(db: sqlite3.Connection, subscriber: int, period: Period) -> bool:
    found = db.execute(
        "select 1 from digest where subscriber = ? and frequency = ? and period = ?",
        (subscriber, period.frequency, period.name),
    ).fetchone()
    return found is not None


def _drop(db: sqlite3.Connection, claims: Claims, report: BuildReport) -> None:
    db.executemany("update match set state = 'dropped' where id = ?", [(id,) for id in claims.dropped])
    report.dropped += len(claims.dropped)


def _tells(claims: Claims, profile: int) -> bool:
    return any(match["profile"] == profile for story in claims.stories for match in story.matches)


def _claim(db: sqlite3.Connection, chapters: Sequence[Chapter], number: int, report: BuildReport) -> None:
    """Note with each match which message tells it, in which section, and whether in full or behind "and 17 more"."""
    places = [
        (number, chapter.section, shown, match["id"])
        for chapter in chapters
        for shown, stories in ((1, chapter.shown), (0, chapter.beyond))
        for story in stories
        for match in story.matches
    ]
    db.executemany("update match set state = 'claimed', outbox = ?, section = ?, shown = ? where id = ?", places)
    report.digests += 1
    report.matches += len(places)
