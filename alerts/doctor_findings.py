"""What an examination finds: one line for each thing that was looked at."""

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """How a thing is. *Not checked* says nothing about it."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    NOT_CHECKED = "not checked"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: its name, how it is, what was seen (or why nothing was), and what to do, "" for
    nothing."""

    name: str
    verdict: Verdict
    seen: str
    todo: str = ""


def ok(name: str, seen: str) -> Finding:
    """Return that a thing is as it should be."""
    return Finding(name, Verdict.OK, seen)


def warning(name: str, seen: str, todo: str) -> Finding:
    """Return that a thing works and should be better."""
    return Finding(name, Verdict.WARNING, seen, todo)


def wrong(name: str, seen: str, todo: str) -> Finding:
    """Return that a thing must be mended."""
    return Finding(name, Verdict.WRONG, seen, todo)


def not_checked(name: str, why: str, todo: str = "") -> Finding:
    """Return that a thing could not be looked at."""
    return Finding(name, Verdict.NOT_CHECKED, why, todo)
