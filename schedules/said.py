"""What a child printed, read for the lines that the scheduler says."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from schedules.children import Outcome
from tenderbell.phrases import plural


def harvest_lines(ids: Sequence[str], outcome: Outcome) -> Iterator[tuple[str, str, bool]]:
    """Yield of whom, what a harvest did and, when it did not finish, why, and whether it finished: for each source, or
    for all of them when it broke off."""
    reports = objects(outcome.output)
    if not reports:
        said = f"The harvest broke off. {outcome.last_line or f'Exit code {outcome.code}.'}"
        yield ", ".join(ids), said, outcome.code == 0
    for report in reports or ():
        yield report["source"], _harvest_line(report), report["finished"]


def _harvest_line(report: dict[str, Any]) -> str:
    counts = (
        f"{plural(report['notices'], 'notice')}, {report['new']:,} of them new, "
        f"in {plural(report['requests'], 'request')}."
    )
    if report["finished"]:
        return counts
    return f"{report['reason']} {counts}" if report["notices"] else str(report["reason"])


def objects(output: str) -> list[dict[str, Any]] | None:
    """Return the objects of the list that a command printed, a single one as a list; None when it printed neither."""
    try:
        read = msgspec.json.decode(output)
    except msgspec.DecodeError:
        return None
    return [found for found in (read if isinstance(read, list) else [read]) if isinstance(found, dict)]
