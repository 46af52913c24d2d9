"""What a child printed, read for the lines that the scheduler says."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from schedules.children import Outcome
from tenderbell.phrases import plural
from tenderbell.seeing import log
from tenderbell.seeing.events import EVENTS


def harvest_lines(ids: Sequence[str], outcome: Outcome) -> Iterator[tuple[str, str, bool]]:
    """Yield of whom, what a harvest did and, when it did not finish, why, and whether it finished: for each source, or
    for all of them when it broke off."""
    reports = objects(outcome.output)
    if not reports:
        said = f"The harvest broke off. {outcome.how}"
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


def harvest_fields(report: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of a harvest's report as fields of an event."""
    return {name: report[name] for name in EVENTS["harvest.ended"].fields if name in report and name != "source"}


def note_step(command: Sequence[str], outcome: Outcome, seconds: float) -> None:
    """Note for programs that a command ended, with what it said it did."""
    fields: dict[str, Any] = {"code": outcome.code, "seconds": round(seconds, 3)}
    words = outcome.output.strip().rpartition("\n")[2] if objects(outcome.output) is None else ""
    if command[0] == "send":
        counts = {_SENT[what]: int(count.replace(",", "")) for count, what in _COUNTS.findall(outcome.output)}
        log.note("mail.sent", words, **fields, **counts)
    else:
        log.note("step.ended", words, command=command[0], **fields)


_SENT = {
    word.replace("later", "to be tried later"): word for word in ("sent", "later", "failed", "unknown", "withdrawn")
}
_COUNTS = re.compile(rf"([\d,]+) ({'|'.join(_SENT)})")


def objects(output: str) -> list[dict[str, Any]] | None:
    """Return the objects of the list that a command printed, a single one as a list; None when it printed neither."""
    try:
        read = msgspec.json.decode(output)
    except msgspec.DecodeError:
        return None
    return [found for found in (read if isinstance(read, list) else [read]) if isinstance(found, dict)]
