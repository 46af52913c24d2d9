"""The canary: a search for everything, whose e-mail must go each day. If it does not, other people's do not either.

It is the operator's own, so nobody has to confirm it: `keep` makes it at the first run, starts it again when it was
ended, and ends it when the edition no longer names an address. It goes the way of all searches (matcher, digest,
outbox, sender). On a day without news `write_word` sends a few lines that it is still there, noted as the digest of
that day: `digest` is unique for a person and a period, so a day has one e-mail, however often the steps run.

`faults` says what the canary did not get. It writes nothing, so it may be asked at any time.

`step` remembers it: under `canary` the number of its profile, under `canary-checked` the event up to which all that
was to be told of is known to have become its matches.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta

from alerts import alarms, ending, links, messages, outbox, periods, subscribers, suppression
from alerts.addresses import Address
from alerts.outbox import Sort
from alerts.periods import Period
from tenderbell.clock import stamp, uk
from tenderbell.database import transaction
from tenderbell.opportunity import find, redirected
from tenderbell.phrases import day_words, plural
from tenderbell.settings import Settings
from tenderbell.vocabulary import LIVE_STAGES, EventType, Frequency

NAME = "Canary: everything, every day"

PATIENCE = timedelta(minutes=90)
"""How long after a period has ended its e-mail may take: 10:00 on a UK clock."""

STEP, CHECKED = "canary", "canary-checked"

MOST_CHECKED = 2_000
"""Events that one run looks back at; the next run goes on where it stopped."""

IS_CANARY = "(select cursor from step where name = 'canary')"
"""The number of the canary's profile, as a condition of SQL: `profile.id is not {IS_CANARY}` counts people only."""

_ARRIVALS = (EventType.NEW, EventType.OPENED, EventType.REOPENED)
"""Events after which an opportunity can be applied for, or prepared."""


def address(settings: Settings) -> Address | None:
    """Return the address that the canary's e-mails go to, None when the edition names neither it nor an operator."""
    mail = settings.edition.mail
    chosen = mail.canary or mail.operator
    return Address(chosen, chosen.lower()) if chosen else None


def keep(db: sqlite3.Connection, public: sqlite3.Connection | None, settings: Settings, now: datetime) -> None:
    """Have one living canary for the edition's address, and none without one: daily, for everything, whatever was made
    of it by the links in its e-mails. Twice is the same as once."""
    to = address(settings)
    with transaction(db):
        present = profile(db)
        if present is not None and (to is None or _owner_key(db, present) != to.key):
            ending.end(db, [present["id"]], present["subscriber"], "canary", now)
            db.execute("delete from step where name in (?, ?)", (STEP, CHECKED))
            present = None
        if to is not None and present is None and public is not None:
            _start(db, public, to, now)
        db.execute(
            "update or ignore profile set criteria = '', frequency = ?, paused_at = null, paused_until = null "
            f"where id = {IS_CANARY} and ended_at is null "
            "and (criteria <> '' or frequency <> ? or paused_until is not null)",
            (Frequency.DAILY, Frequency.DAILY),
        )


def profile(db: sqlite3.Connection) -> sqlite3.Row | None:
    """Return the canary's living profile."""
    row: sqlite3.Row | None = db.execute(
        f"select * from profile where id = {IS_CANARY} and ended_at is null"
    ).fetchone()
    return row


def _owner_key(db: sqlite3.Connection, row: sqlite3.Row) -> str | None:
    owner = subscribers.find(db, row["subscriber"])
    return owner.address if owner else None


def _start(db: sqlite3.Connection, public: sqlite3.Connection, to: Address, now: datetime) -> None:
    """Start the profile. Unlike a person's it has no first list of what is open now: that may be the whole country's.
    A search for everything that the same person has already becomes the canary."""
    owner = subscribers.ensure(db, to, now)
    newest = int(public.execute("select coalesce(max(number), 0) from event").fetchone()[0])
    row = db.execute(
        "select id, watermark from profile where subscriber = ? and criteria = '' and follows is null "
        "and ended_at is null",
        (owner.id,),
    ).fetchone()
    if row is None:
        row = db.execute(
            "insert into profile (subscriber, name, criteria, frequency, watermark, created_at) "
            "values (?, ?, '', ?, ?, ?) returning id, watermark",
            (owner.id, NAME, Frequency.DAILY, newest, stamp(now)),
        ).fetchone()
    db.execute("update profile set frequency = ? where id = ?", (Frequency.DAILY, row["id"]))
    _note(db, STEP, row["id"], now)
    _note(db, CHECKED, newest, now)


def _note(db: sqlite3.Connection, name: str, cursor: int, now: datetime) -> None:
    db.execute(
        "insert into step (name, cursor, finished_at) values (?, ?, ?) on conflict (name) do update set "
        "cursor = excluded.cursor, finished_at = excluded.finished_at",
        (name, cursor, stamp(now)),
    )


def write_word(db: sqlite3.Connection, settings: Settings, now: datetime) -> int:
    """Write the few lines of a day without news, once the day's digests are built, and return how many that made."""
    period = periods.latest(Frequency.DAILY, now)
    with transaction(db):
        present = profile(db)
        if present is None or present["created_at"] >= stamp(period.end) or not _is_built(db, period):
            return 0
        owner = subscribers.find(db, present["subscriber"])
        if owner is None or _message(db, owner.id, period) or suppression.reason(db, owner.address) is not None:
            return 0
        to = Address(owner.email, owner.address)
        number = outbox.put(db, _word(settings, to, period, now), now)
        values = (owner.id, period.frequency, period.name, number)
        db.execute("insert into digest (subscriber, frequency, period, outbox) values (?, ?, ?, ?)", values)
    return 1


def _word(settings: Settings, to: Address, period: Period, now: datetime) -> outbox.Message:
    model: dict[str, object] = {
        "edition": settings.edition,
        "day": day_words(uk(period.end).date()),
        "status": links.status(settings),
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
    extra = alarms.list_header(settings)
    subject = f"Still here: nothing new by {day_words(uk(period.end).date())}"
    return messages.compose(settings, Sort.ALARM, to, subject, model, now, extra=extra, template="canary")


def _is_built(db: sqlite3.Connection, period: Period) -> bool:
    values = (period.frequency, period.name)
    return db.execute("select 1 from digest_run where frequency = ? and period = ?", values).fetchone() is not None


def _message(db: sqlite3.Connection, subscriber: int, period: Period) -> sqlite3.Row | None:
    """Return the e-mail that was written to the canary for a period."""
    row: sqlite3.Row | None = db.execute(
        "select o.state, o.done_at from digest d join outbox o on o.id = d.outbox "
        "where d.subscriber = ? and d.frequency = ? and d.period = ?",
        (subscriber, period.frequency, period.name),
    ).fetchone()
    return row


def last_sent(db: sqlite3.Connection) -> str | None:
    """Return when the canary's last e-mail went out, as a stored stamp; None when none did, or there is no canary."""
    present = profile(db)
    if present is None:
        return None
    row = db.execute(
        "select max(o.done_at) from digest d join outbox o on o.id = d.outbox "
        "where d.subscriber = ? and d.frequency = ? and o.state = 'sent'",
        (present["subscriber"], Frequency.DAILY),
    ).fetchone()
    return str(row[0]) if row[0] else None


def faults(db: sqlite3.Connection, public: sqlite3.Connection | None, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what the canary did not get, each as the subject and the words of an alarm."""
    present = profile(db)
    if present is None:
        return
    period = periods.latest(Frequency.DAILY, now)
    if period.end + PATIENCE <= now and present["created_at"] < stamp(period.end):
        found = _message(db, present["subscriber"], period)
        if found is None or found["state"] != "sent":
            yield "canary", _missing_words(found, period)
    if public is not None and (untold := _untold(db, public, present, now)):
        yield "canary matches", _untold_words([id for _, id in untold])


def _missing_words(found: sqlite3.Row | None, period: Period) -> str:
    day = day_words(uk(period.end).date())
    if found is None:
        return (
            f"The canary's e-mail of {day} was not written: probably nobody's was. See that `tenderbell run` is "
            "running, and run `tenderbell digest`."
        )
    return (
        f"The canary's e-mail of {day} is {found['state']}, not sent: others may not have theirs. Run "
        "`tenderbell doctor`, and look at `tenderbell status`."
    )


def _untold_words(ids: list[str]) -> str:
    came = plural(len(ids), "opportunity", "opportunities")
    return (
        f"{came} came that the search for everything was not told of ({', '.join(ids[:3])}): others may be missing "
        "theirs. Run `tenderbell match`; if this stays, tell the developers."
    )


def _untold(
    db: sqlite3.Connection, public: sqlite3.Connection, present: sqlite3.Row, now: datetime
) -> list[tuple[int, str]]:
    """Return the events that the matcher has passed, with their opportunities, that can be applied for and of which
    the canary has no match."""
    rows = _events(db, public, present)
    names = {row["opportunity"]: redirected(public, row["opportunity"]) or row["opportunity"] for row in rows}
    missing = {old for old, id in names.items() if _is_live(public, id, now) and not _is_known(db, present, {old, id})}
    return [(row["number"], names[row["opportunity"]]) for row in rows if row["opportunity"] in missing]


def _events(db: sqlite3.Connection, public: sqlite3.Connection, present: sqlite3.Row) -> list[sqlite3.Row]:
    checked, matched = _cursor(db, CHECKED), _cursor(db, "match")
    return public.execute(
        f"select number, opportunity from event where number > ? and number <= ? and not silent "
        f"and type in ({', '.join('?' * len(_ARRIVALS))}) order by number limit ?",
        (max(checked, present["watermark"]), matched, *_ARRIVALS, MOST_CHECKED),
    ).fetchall()


def _cursor(db: sqlite3.Connection, name: str) -> int:
    row = db.execute("select cursor from step where name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _is_live(public: sqlite3.Connection, id: str, now: datetime) -> bool:
    found = find(public, id)
    return found is not None and found.stage_at(now) in LIVE_STAGES


def _is_known(db: sqlite3.Connection, present: sqlite3.Row, ids: set[str]) -> bool:
    """Return whether the canary's owner has a match of an opportunity, or follows it, which is told in its own way."""
    return any(
        db.execute(
            "select exists (select 1 from match where opportunity = ?1 and subscriber = ?2) or exists "
            "(select 1 from profile where follows = ?1 and subscriber = ?2 and ended_at is null)",
            (id, present["subscriber"]),
        ).fetchone()[0]
        for id in ids
    )


def note_checked(db: sqlite3.Connection, public: sqlite3.Connection, now: datetime) -> None:
    """Note the event up to which the canary has what it should: those are not looked at again."""
    present = profile(db)
    if present is None:
        return
    rows, untold = _events(db, public, present), _untold(db, public, present, now)
    last = untold[0][0] - 1 if untold else rows[-1]["number"] if rows else _cursor(db, "match")
    with transaction(db):
        _note(db, CHECKED, max(last, _cursor(db, CHECKED)), now)
