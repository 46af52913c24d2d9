"""Every event that the log can hold, by name. What is logged under another name is refused, so this list is whole."""

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True):
    """One sort of event: what has happened, and its fields with their units."""

    words: str
    fields: tuple[str, ...] = ()


EVENTS = {
    "site.started": Event("The site listens.", ("site",)),
    "site.misaddressed": Event("Links in e-mails lead to this machine, but not to where the site listens.", ("site",)),
    "scheduler.started": Event("The scheduler runs.", ("jobs",)),
    "scheduler.waiting": Event("The scheduler cannot begin, or cannot go on, and tries again."),
    "scheduler.failed": Event("The scheduler met an error that it does not know.", ("fault",)),
    "scheduler.said": Event("Anything else that the scheduler tells the person at the terminal."),
    "worker.ended": Event("A process of the site ended by itself; another takes its place.", ("how",)),
    "harvest.ended": Event(
        "A source was harvested, or could not be.",
        ("source", "run", "finished", "notices", "new", "changed", "unreadable", "requests"),
    ),
    "harvest.said": Event("A harvest under way tells how far it is.", ("source",)),
    "fact.changed": Event("Something that is known of a source is true no more.", ("count",)),
    "step.ended": Event("A command of the scheduler ended.", ("command", "code", "seconds")),
    "step.failed": Event("A command of the scheduler did not work.", ("command", "code")),
    "mail.sent": Event("The sender ran.", ("code", "seconds", "sent", "later", "failed", "unknown", "withdrawn")),
    "trouble.began": Event("Something stands in the way: a disk, the clock, memory, a database.", ("subject",)),
    "trouble.ended": Event("It is over.", ("subject",)),
    "replica.said": Event("Copying to another place, or following a copy, has begun, failed or gone on."),
    "request.failed": Event("A request could not be answered.", ("method", "room", "fault", "places")),
    "request.slow": Event("An answer took more than two seconds to begin.", ("room", "seconds")),
    "process.uncompiled": Event(
        "The notices of one process could not be compiled; the rest goes on.", ("fault", "places")
    ),
    "library.said": Event(
        "A library that the program is built on warned of something.", ("library", "fault", "places")
    ),
}

ALWAYS = {
    "at": "when, UTC",
    "event": "its name",
    "level": "info, warning or error",
    "words": "the same for people",
}
"""What every line has."""


class Said(str):
    """A line for people, and the same as an event for programs."""

    event: str
    fields: dict[str, Any]

    def __new__(cls, words: str, event: str, **fields: object) -> "Said":
        """Return the line. Raises LookupError for an event or a field that the list has not."""
        check(event, fields)
        line = super().__new__(cls, words)
        line.event, line.fields = event, fields
        return line


def check(event: str, fields: dict[str, Any]) -> None:
    """Raise LookupError for an event or a field that the list has not."""
    known = EVENTS.get(event)
    if known is None:
        raise LookupError(f"There is no event {event!r}: add it to tenderbell.seeing.events.")
    if strange := fields.keys() - set(known.fields):
        raise LookupError(f"The event {event!r} has no field {', '.join(sorted(strange))}: add it to its row.")


def table() -> str:
    """Return the events as a table of the documentation."""
    rows = [
        f"| `{name}` | {event.words} | {', '.join(f'`{field}`' for field in event.fields)} |"
        for name, event in EVENTS.items()
    ]
    return "\n".join(["| event | when | fields |", "|---|---|---|", *rows])
