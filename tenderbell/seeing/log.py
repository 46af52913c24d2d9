"""The log: one line an event, with nothing of anybody's in it.

As `text` it is for the person at the terminal: the sentences alone, on standard output, and what went wrong on standard
error. As `json` each event is an object on standard error. Every line, also a library's, goes through here.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

from tenderbell.clock import stamp, wall_clock
from tenderbell.seeing.events import Said, check
from tenderbell.seeing.scrubbing import scrubbed
from tenderbell.settings import PROJECT

TEXT, JSON = "text", "json"
OWN = frozenset({"site.started", "site.misaddressed"})
"""Events that hold an address of the site's own, which is no secret."""

MOST_FRAMES = 12

SERVER = ("uvicorn", "uvicorn.error")
"""Loggers of the web server, which gives them a way of their own to standard error unless it is told otherwise."""

Entry = MutableMapping[str, Any]


class ToStandardError(logging.Handler):
    """Writes lines to what is standard error at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        print(self.format(record), file=sys.stderr, flush=True)


def configure(how: str) -> None:
    """Set up the log of this process as `text` or `json`. Twice is the same as once."""
    last = _configure_events(how)
    handler = ToStandardError()
    handler.setFormatter(
        ProcessorFormatter(
            processors=[ProcessorFormatter.remove_processors_meta, _clean, last], foreign_pre_chain=[_of_library]
        )
    )
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one.formatter, ProcessorFormatter)] + [handler]
    root.setLevel(logging.WARNING)
    for name in SERVER:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.NOTSET)


def _configure_events(how: str) -> structlog.typing.Processor:
    """Set up what `say` and `note` write, and return what makes a line of an event."""
    is_json = how == JSON
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if is_json else _sentence
    structlog.configure(
        processors=[_clean, last] if is_json else [_only_for_people, _clean, last],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr if is_json else sys.stdout),
        cache_logger_on_first_use=False,
    )
    return last


def say(line: str) -> None:
    """Write what the person at the terminal is told, at once; a line without an event is `scheduler.said`."""
    said = line if isinstance(line, Said) else Said(line, "scheduler.said")
    _write(said.event, str(said), said.fields)


def note(event: str, words: str = "", **fields: object) -> None:
    """Write an event that only programs are told."""
    check(event, fields)
    _write(event, words, {**fields, "_for_programs": True})


def extra(event: str, **fields: object) -> dict[str, Said]:
    """Return what makes a line of the standard library's log an event: `log.warning(words, extra=extra(...))`."""
    return {"said": Said("", event, **fields)}


def _write(event: str, words: str, fields: dict[str, Any]) -> None:
    if not structlog.is_configured():
        _configure_events(TEXT)
    structlog.get_logger().info(event, level="info", words=words, **fields)


def _only_for_people(logger: object, method: str, entry: Entry) -> Entry:  # noqa: ARG001
    if entry.get("_for_programs"):
        raise structlog.DropEvent
    return entry


def _sentence(logger: object, method: str, entry: Entry) -> str:  # noqa: ARG001
    """Return the sentence, and where a fault arose."""
    fault = [entry["fault"], *entry["places"]] if "places" in entry else []
    where = "".join(f"\n  {place}" for place in fault)
    return f"{entry['words']}{where}"


def _of_library(logger: object, method: str, entry: Entry) -> Entry:  # noqa: ARG001
    """Make an event of a line of the standard library's log."""
    record: logging.LogRecord = entry["_record"]
    said = getattr(record, "said", None)
    if said is None:
        said = Said("", "library.said", library=record.name)
    made: Entry = {"event": said.event, "level": record.levelname.lower(), "words": entry["event"], **said.fields}
    if record.exc_info and record.exc_info[0]:
        places = _places(record.exc_info[2])
        made.update(fault=record.exc_info[0].__name__, places=places)
    return {**made, "_record": record, "_from_structlog": False}


def _clean(logger: object, method: str, entry: Entry) -> Entry:  # noqa: ARG001
    """Put the fields in order, with the time in front, and take out what is somebody's."""
    entry.pop("_for_programs", None)
    event = entry.pop("event")
    # The time at which it was written: the clock of the settings may stand still.
    made: Entry = {"at": stamp(wall_clock()), "event": event, **entry}
    if event not in OWN:
        foreign = {name: text for name, text in entry.items() if isinstance(text, str) and name not in _OURS}
        made.update({name: scrubbed(text) for name, text in foreign.items()})
    return made


_OURS = ("at", "event", "level")


def _places(trace: TracebackType | None) -> list[str]:
    """Return where a fault arose, the innermost last. What it says is left out: it may repeat what somebody typed."""
    frames = traceback.extract_tb(trace)[-MOST_FRAMES:]
    return [f"{_shown(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]


def _shown(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else "/".join(path.parts[-2:])
