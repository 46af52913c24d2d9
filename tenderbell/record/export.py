"""Tables as CSV: a figure with a denominator takes two columns, and no cell is a formula."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from tenderbell.pages.cells import defused
from tenderbell.record.figures import Figure, Table, plain
from tenderbell.record.report import Report


def as_csv(table: Table) -> str:
    """Return a table with a head, comma separated, lines ended by CR LF (RFC 4180)."""
    written = io.StringIO()
    writer = csv.writer(written)
    with_of = [any(row.figures[place].of is not None for row in table.rows) for place in range(len(table.columns))]
    writer.writerow([defused(cell) for cell in _head(table, with_of)])
    for row in table.rows:
        cells = [cell for figure, has_of in zip(row.figures, with_of, strict=True) for cell in _cells(figure, has_of)]
        writer.writerow([defused(row.label), *cells])
    return written.getvalue()


def _head(table: Table, with_of: list[bool]) -> Iterator[str]:
    yield table.head
    for column, has_of in zip(table.columns, with_of, strict=True):
        yield column
        if has_of:
            yield f"{column}: of"


def _cells(figure: Figure, has_of: bool) -> Iterator[str]:
    if figure.text is not None:
        yield defused(figure.text)
    else:
        yield "" if figure.value is None else plain(figure.value).replace(",", "")
    if has_of:
        yield "" if figure.of is None else str(figure.of)


def write_csv(found: Report, folder: Path) -> list[Path]:
    """Write every table of a report into a folder, which is made when it is missing; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for table in found.tables:
        path = folder / f"{found.year.number}-{table.id}.csv"
        path.write_text(as_csv(table), encoding="utf-8-sig", newline="")
        paths.append(path)
    return paths
