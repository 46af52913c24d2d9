"""What the last harvest and the last comparison of a source did, in numbers and in words, for pages and the terminal.

Beside the state of a source they are kept flat, as columns: those of the run begin with `last_run_`, those of the
comparison with `reconciled_`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tenderbell.phrases import plural
from tenderbell.reconciliations import Reconciliation


class LastRun(msgspec.Struct, frozen=True):
    """What the newest harvest that ended did: requests made and bytes received, notices `listed` by the source, of
    these versions that were `new`, `changed` or `unreadable`; why it ended, and its alarm."""

    requests: int
    bytes: int
    listed: int
    new: int
    changed: int
    unreadable: int
    reason: str | None = None
    alarm: str | None = None

    @property
    def words(self) -> str:
        """What it did: "120 listed, 3 new, 1 changed, in 6 requests and 1.2 MB"."""
        counts = [f"{self.listed:,} listed", f"{self.new:,} new"]
        counts += [f"{self.changed:,} changed"] if self.changed else []
        counts += [f"{self.unreadable:,} unreadable"] if self.unreadable else []
        return f"{', '.join(counts)}, in {plural(self.requests, 'request')} and {size_words(self.bytes)}"


class Done(msgspec.Struct, frozen=True):
    """Both, each None when there was none yet."""

    run: LastRun | None = None
    reconciled: Reconciliation | None = None


_SORTS: tuple[tuple[str, str, type[LastRun] | type[Reconciliation]], ...] = (
    ("run", "last_run_", LastRun),
    ("reconciled", "reconciled_", Reconciliation),
)


def folded(done: Done) -> dict[str, Any]:
    """Return both as columns; what is not known is None."""
    return {
        f"{prefix}{field}": getattr(getattr(done, name), field, None)
        for name, prefix, sort in _SORTS
        for field in sort.__struct_fields__
    }


def unfolded(row: Mapping[str, Any]) -> Done:
    """Return both from a row that has their columns among others."""
    found: dict[str, Any] = {}
    for name, prefix, sort in _SORTS:
        values = {field: row[f"{prefix}{field}"] for field in sort.__struct_fields__}
        if values[sort.__struct_fields__[0]] is not None:
            found[name] = sort(**values)
    return Done(**found)


def size_words(size: int) -> str:
    """Return an amount of data as people say it: "12 kB", "1.2 MB"."""
    return f"{size / 1_000_000:,.1f} MB" if size >= 1_000_000 else f"{-(-size // 1000):,} kB"
