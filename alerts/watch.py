"""The watch: looks, at each run of the letters and whenever `status` asks, at what only a human can mend.

`found` reads and writes nothing. `keep` raises an alarm for each thing that is found and clears those of its own that
are no longer so; what other rooms have raised is theirs to clear. So it may run at any time and as often as anybody
likes: the alarms are what is true now.
"""

import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from alerts import alarms, bounces, canary, periods
from alerts.alarms import Alarm
from alerts.causes import OWN
from alerts.figures import Figures, figures
from tenderbell import health
from tenderbell.clock import instant, stamp, uk
from tenderbell.database import transaction
from tenderbell.keeping import facts
from tenderbell.phrases import day_words, moment_words, plural, since_words
from tenderbell.settings import Settings
from tenderbell.troubles import Trouble, troubles
from tenderbell.vocabulary import Frequency

OVERDUE = timedelta(minutes=90)
"""How long after a period has ended its digests may take: 10:00 on a UK clock."""

WAITED_LONG = timedelta(hours=3)
IDLE = timedelta(days=1)
"""How long a message may be due, or an event unmatched, while the step that takes it up does not run."""

MOST_UNKNOWN, LEAST_UNKNOWN = 0.01, 5
MOST_BOUNCED, LEAST_SENT = 0.05, 50
HEALS = timedelta(hours=1)
"""How long a step that the machine has failed may go on failing: it is tried again, and memory comes back."""

_CODE = re.compile(r"(5\d\d)[ -](?:.*?\b(5\.\d{1,3}\.\d{1,3})\b)?", re.DOTALL)

Found = Iterator[tuple[str, str]]
"""Subjects and words of alarms."""


def keep(db: sqlite3.Connection, public: sqlite3.Connection | None, settings: Settings, now: datetime) -> int:
    """Raise and clear alarms, and write the operator one e-mail about those to be told; return how many that made."""
    found = dict(chain(_of_private(db, public, settings, now), _of_public(public, now)))
    with transaction(db):
        for subject, words in found.items():
            alarms.raise_alarm(db, subject, words, now)
        for alarm in alarms.raised(db):
            if alarm.subject.startswith(OWN) and alarm.subject not in found:
                alarms.clear(db, alarm.subject)
        bounces.settle_alarm(db, now)
    if public is not None:
        canary.note_checked(db, public, now)
    return alarms.write_alarms(db, settings, now)


def standing(
    db: sqlite3.Connection, public: sqlite3.Connection | None, settings: Settings, now: datetime
) -> list[Alarm]:
    """Return what is wrong at this moment, whether or not a run has noted it yet: what is found by looking now, and
    what other rooms have raised."""
    found = dict(chain(_of_private(db, public, settings, now), _of_public(public, now)))
    noted = {alarm.subject: alarm for alarm in alarms.raised(db)}
    others = [alarm for alarm in noted.values() if not alarm.subject.startswith(OWN)]
    mine = [
        Alarm(subject, words, noted[subject].raised_at, noted[subject].told_at)
        if subject in noted
        else Alarm(subject, words, stamp(now))
        for subject, words in found.items()
    ]
    return sorted([*others, *mine], key=lambda alarm: (alarm.raised_at, alarm.subject))


def _of_private(db: sqlite3.Connection, public: sqlite3.Connection | None, settings: Settings, now: datetime) -> Found:
    counted = figures(db, now)
    yield from _digests(db, now)
    yield from _rates(counted)
    yield from _refused(db, now)
    yield from _waiting(counted, now)
    yield from _idle(db, public, now)
    yield from ((one.subject, one.words) for one in troubles(settings) if not _may_heal(one, now))
    yield from facts.alarms(settings, settings.edition.jobs, now)
    yield from canary.faults(db, public, now)


def _may_heal(one: Trouble, now: datetime) -> bool:
    since = instant(one.since)
    return one.subject.startswith("tenderbell ") and since is not None and now - since < HEALS


def _digests(db: sqlite3.Connection, now: datetime) -> Found:
    """Yield the runs that are missing: over an hour late, and somebody waits for them."""
    for frequency in (Frequency.DAILY, Frequency.WEEKLY):
        period = periods.latest(frequency, now)
        built = db.execute(
            "select exists (select 1 from digest_run where frequency = ?1 and period = ?2) or not exists "
            "(select 1 from profile where frequency = ?1 and ended_at is null and created_at < ?3)",
            (frequency, period.name, stamp(period.end)),
        ).fetchone()[0]
        if not built and period.end + OVERDUE <= now:
            yield (
                f"digests {frequency}",
                _sentence(
                    f"The {frequency} digests of {day_words(uk(period.end).date())} have not been built.",
                    "Run `tenderbell digest`, and see that `tenderbell run` is running.",
                ),
            )


def _rates(counted: Figures) -> Found:
    if counted.unknown_week >= LEAST_UNKNOWN and counted.unknown_week > MOST_UNKNOWN * counted.left_week:
        yield (
            "unknown",
            _sentence(
                f"Of {plural(counted.left_week, 'e-mail')} in seven days, for {counted.unknown_week:,} nobody knows "
                "whether they arrived.",
                "The connection to the mail server breaks after the message was handed over: look at its log and its "
                "time limits.",
            ),
        )
    if counted.left_week >= LEAST_SENT and counted.bounce_rate > MOST_BOUNCED:
        yield (
            "bounce rate",
            _sentence(
                f"{counted.bounce_rate:.0%} of {plural(counted.left_week, 'e-mail')} in seven days came back.",
                "Look at the reasons in `tenderbell status` and run `tenderbell doctor`: a mail provider may be "
                "refusing this server.",
            ),
        )


def _refused(db: sqlite3.Connection, now: datetime) -> Found:
    """Yield that the server refuses us: a 5xx that failed no message (it refused the sender), or a 5.7.x. Of what it
    said only the codes are repeated, because the rest may name somebody."""
    rows = db.execute(
        "select reply from outbox where state = 'pending' and reply glob '5[0-9][0-9][ -]*' union all "
        "select reply from outbox where state = 'failed' and done_at > ? and reply like '%5.7.%'",
        (stamp(now - IDLE),),
    ).fetchall()
    codes = [_CODE.match(row["reply"]) for row in rows]
    named = sorted({" ".join(filter(None, code.groups())) for code in codes if code})
    if named:
        yield (
            "refused",
            _sentence(
                f"The mail server refuses what we send ({', '.join(named)}).",
                "Run `tenderbell doctor`: it says whether the user, the password, the sender's address or the DNS "
                "records are not accepted.",
            ),
        )


def _waiting(counted: Figures, now: datetime) -> Found:
    oldest = instant(counted.oldest)
    if oldest is not None and now - oldest > WAITED_LONG:
        yield (
            "waiting",
            _sentence(
                f"{plural(counted.waiting, 'e-mail')} {'waits' if counted.waiting == 1 else 'wait'}, the oldest since "
                f"{moment_words(oldest)}.",
                "Run `tenderbell send`, which says why, and `tenderbell doctor`.",
            ),
        )


def _idle(db: sqlite3.Connection, public: sqlite3.Connection | None, now: datetime) -> Found:
    long_ago = stamp(now - IDLE)
    steps = {row["name"]: row for row in db.execute("select name, cursor, finished_at from step")}
    due = db.execute(
        "select 1 from outbox where state in ('pending', 'unknown') and not_before <= ? limit 1", (long_ago,)
    ).fetchone()
    if due and not _ran_since(steps.get("send"), long_ago):
        yield (
            "sender",
            _sentence("Nothing has been sent for a day, although e-mails are due.", "Start `tenderbell run` again."),
        )
    somebody = db.execute("select 1 from profile where ended_at is null limit 1").fetchone()
    cursor = steps["match"]["cursor"] if "match" in steps else 0
    is_late = somebody and not _ran_since(steps.get("match"), long_ago)
    if public is not None and is_late and _is_behind(public, cursor, long_ago):
        yield (
            "matcher",
            _sentence("Nobody has been matched for a day, although there is news.", "Start `tenderbell run` again."),
        )


def _ran_since(step: sqlite3.Row | None, since: str) -> bool:
    return step is not None and (step["finished_at"] or "") > since


def _is_behind(public: sqlite3.Connection, cursor: int, long_ago: str) -> bool:
    row = public.execute("select noticed_at from event where number > ? order by number limit 1", (cursor,)).fetchone()
    return row is not None and row["noticed_at"] <= long_ago


def _of_public(public: sqlite3.Connection | None, now: datetime) -> Found:
    """Yield the sources in which something is wrong and has been for a day; at once one that usually gives something
    and lists nothing on a weekday (`tenderbell.history` knows what is usual)."""
    if public is None:
        return
    for row in public.execute("select * from source order by id"):
        since = instant(row["since"]) or now
        if row["state"] == health.FAILING:
            is_wrong = health.needs_human(instant(row["last_success"]), now)
        else:
            is_wrong = row["state"] == health.DEGRADED and (now - since > health.PATIENCE or _is_silent(row))
        if is_wrong:
            what = f"{row['title']} has been {row['state']} since {since_words(since, now)}: {row['message']}"
            todo = "Look at its site and at `tenderbell status`: it may have moved, or changed its pages."
            yield f"source {row['id']}", _sentence(what, todo)


def _is_silent(row: sqlite3.Row) -> bool:
    """Return whether the last run of a source listed nothing, was a weekday's, and that is not its habit."""
    last_run = instant(row["last_run"])
    on_a_weekday = last_run is not None and uk(last_run).isoweekday() <= 5
    return on_a_weekday and row["last_run_alarm"] is not None and row["last_run_listed"] == 0


def _sentence(what: str, todo: str) -> str:
    return f"{what if what.endswith(('.', '!', '?')) else f'{what}.'} {todo}"
