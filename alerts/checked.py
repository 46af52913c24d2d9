"""Which sources were checked, and which failed since when: every digest says so, because silence must be explained."""

import sqlite3
from collections.abc import Collection
from datetime import datetime

import msgspec

from tenderbell.clock import instant
from tenderbell.health import Answer, Standing, answer
from tenderbell.phrases import short_day


class Checked(msgspec.Struct, frozen=True):
    """The titles of the sources that answered lately, and a sentence for each that did not, or not in full."""

    working: tuple[str, ...]
    faults: tuple[str, ...]


def checked(public: sqlite3.Connection, now: datetime) -> Checked:
    """Return how the sources are doing, as `public.db` has it."""
    rows = public.execute("select title, state, since, last_run, last_success from source order by title").fetchall()
    worth = [(row, answer(_standing(row), now)) for row in rows]
    working = tuple(row["title"] for row, found in worth if found in (Answer.FULL, Answer.PARTIAL))
    faults = [_fault(row, now) for row, found in worth if found not in (Answer.FULL, Answer.PARTIAL)]
    return Checked(working, (*faults, *(_gap(row["title"]) for row, found in worth if found is Answer.PARTIAL)))


def fault_words(public: sqlite3.Connection, ids: Collection[str], now: datetime) -> tuple[str, ...]:
    """Return a sentence for each of these sources whose silence cannot be believed; of all, when none is named."""
    rows = public.execute(
        "select id, title, state, since, last_run, last_success from source order by title"
    ).fetchall()
    chosen = [row for row in rows if row["id"] in ids] or rows
    doubtful = [(row, answer(_standing(row), now)) for row in chosen]
    return tuple(
        _gap(row["title"]) if found is Answer.PARTIAL else _fault(row, now)
        for row, found in doubtful
        if found is not Answer.FULL
    )


def _standing(row: sqlite3.Row) -> Standing:
    return Standing(row["title"], row["state"], instant(row["last_run"]), instant(row["last_success"]))


def _gap(title: str) -> str:
    return f"{title} answered, but we may be missing some of its notices: look there yourself."


def _fault(row: sqlite3.Row, now: datetime) -> str:
    success, since = instant(row["last_success"]), instant(row["since"])
    if success:
        return f"We have not been able to check {row['title']} since {short_day(success, now)}."
    if since:
        return f"We have not been able to check {row['title']} yet; we have tried since {short_day(since, now)}."
    return f"We have not checked {row['title']} yet."
