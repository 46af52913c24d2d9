"""What the commands share: settings, `--json`, dates, progress, and the other rooms found by name."""

import functools
import importlib
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import click
import msgspec

from tenderbell.checks import check
from tenderbell.clock import moment, uk_day_start
from tenderbell.database import connect
from tenderbell.errors import EmptyDatabase
from tenderbell.keeping.restoring import refuse_half_restored
from tenderbell.settings import Settings

Function = TypeVar("Function", bound=Callable[..., Any])

as_json: Callable[[Function], Function] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for other programs."
)


def room(name: str) -> ModuleType:
    """Return a module of another room. The core imports none of them until a command needs it."""
    return importlib.import_module(name)


def with_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the settings as its first argument. They are read, and the edition with its area is checked, when
    the command runs, so that help always works."""

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        return function(checked(), *args, **kwargs)

    return command


def checked() -> Settings:
    """Return the settings. Raises SettingError for a mistake in them, in the edition or in its area, and HalfRestored
    while a restore waits to be finished."""
    settings = Settings.read()
    check(settings)
    refuse_half_restored(settings)
    return settings


def open_to_read(opener: Callable[[Path], sqlite3.Connection], path: Path) -> closing[sqlite3.Connection]:
    """Return a read-only connection, to be closed by `with`, to a database that `opener` creates when it is missing.
    Raises EmptyDatabase for a file that holds nothing.

    Reading never waits for the process that writes.
    """
    if not path.exists():
        opener(path).close()
    elif not path.stat().st_size:
        raise EmptyDatabase(f"{path} is empty (0 bytes): a full disk or a broken copy leaves such a file. {_MEND}")
    return closing(connect(path, read_only=True))


def print_json(value: object) -> None:
    """Print a value as indented JSON. Instants are UTC ISO 8601."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def progress(line: str) -> None:
    """Print one line about long work on standard error, where it does not mix with results."""
    click.echo(line, err=True)


_MEND = (
    "Delete it, then bring it back from a backup; public.db is made again by `tenderbell rebuild`, which tells nobody."
)


class Instant(click.ParamType[datetime | timedelta]):
    """A date, which begins at midnight in the UK; an ISO 8601 instant (UK time unless it has an offset); or how long
    ago, in hours or days: `48h`, `14d`."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime | timedelta:
        """Return an aware UTC instant, or the time ago. Fails as wrong use when the text is none of these."""
        if isinstance(value, datetime | timedelta):
            return value
        found = _ago(value) or _day(value) or moment(value)
        if found is None:
            self.fail(
                f"{value!r} is no date like 2026-08-10, no instant like 2026-08-10T09:00, no 48h or 14d.", param, ctx
            )
        return found


def resolved(when: datetime | timedelta | None, now: datetime) -> datetime | None:
    """Return the instant that an `Instant` option means at `now`."""
    return now - when if isinstance(when, timedelta) else when


def _ago(text: str) -> timedelta | None:
    found = re.fullmatch(r"([1-9][0-9]{0,4})([hd])", text)
    if not found:
        return None
    return timedelta(hours=int(found[1])) if found[2] == "h" else timedelta(days=int(found[1]))


def _day(text: str) -> datetime | None:
    try:
        return uk_day_start(date.fromisoformat(text))
    except ValueError:
        return None
