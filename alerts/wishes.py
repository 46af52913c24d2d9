"""Wishes: what somebody wants of an alert besides the search itself."""

import sqlite3

import msgspec

REMINDERS = (14, 7, 3)
"""How many UK days before a deadline a reminder may be asked for."""

LARGEST = 1_000_000_000
"""Pounds; no piece of work that is advertised here is worth more."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What comes with a profile: `capacity` is the most pounds that a group wants to take on in one piece of work, None
    when it did not say; `reminder_days` before the deadline of what was told, None for no reminder; `awards`
    whether to tell who got it; `still_here` whether to write once a month although nothing was found."""

    capacity: int | None = None
    reminder_days: int | None = None
    awards: bool = False
    still_here: bool = False


NONE = Wishes()


def wishes_of(row: sqlite3.Row) -> Wishes:
    """Return the wishes in a row of `profile` or `request`."""
    return Wishes(
        capacity=row["capacity"],
        reminder_days=row["reminder_days"],
        awards=bool(row["awards"]),
        still_here=bool(row["still_here"]),
    )


def sensible(wishes: Wishes) -> Wishes:
    """Return wishes without what no form of ours sends: other reminders, amounts that are no amount."""
    days, pounds = wishes.reminder_days, wishes.capacity
    return msgspec.structs.replace(
        wishes,
        reminder_days=days if days in REMINDERS else None,
        capacity=pounds if pounds is not None and 0 < pounds <= LARGEST else None,
    )
