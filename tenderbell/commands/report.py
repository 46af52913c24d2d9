"""report: the annual monitoring report, in the terminal and as files."""

from collections.abc import Iterator
from pathlib import Path

import click

from tenderbell.clock import uk
from tenderbell.commands.options import as_json, open_to_read, print_json, progress, with_settings
from tenderbell.public import open_public
from tenderbell.record.figures import Figure, Row, Table
from tenderbell.record.periods import NoSuchYear, year_of
from tenderbell.record.report import Report
from tenderbell.record.report import report as report_on
from tenderbell.settings import Settings

MOST_LINES = 12
"""How many lines of a table the terminal shows; the CSV and the page have all of them."""


@click.command()
@click.argument("year", required=False)
@click.option("--csv", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write every table here.")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page that prints.")
@as_json
@with_settings
def report(settings: Settings, year: str | None, folder: Path | None, page: Path | None, as_json: bool) -> None:
    """Print what the adverts of a YEAR show: the annual monitoring report. By default of this year so far."""
    now = settings.clock()
    try:
        wanted = year_of(year or str(uk(now).year), now)
    except NoSuchYear as error:
        raise click.UsageError(str(error)) from error
    with open_to_read(open_public, settings.public_path) as public:
        found = report_on(public, settings.area, settings.edition, wanted, now)
    _write_files(settings, found, folder, page)
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(lines(found)))


def _write_files(settings: Settings, found: Report, folder: Path | None, page: Path | None) -> None:
    if folder:
        from tenderbell.record.export import write_csv

        for path in write_csv(found, folder):
            progress(str(path))
    if page:
        from tenderbell.pages.report import standalone

        page.write_text(standalone(settings, found), encoding="utf-8")
        progress(str(page))


def lines(found: Report) -> Iterator[str]:
    """Yield the report as text: the summary, then every table, then what it cannot know."""
    yield f"Tenders and grants for {found.area}: the report of {found.year.words}"
    yield from found.summary
    for part in found.parts:
        for table in part.tables:
            yield ""
            yield from _table_lines(table)
    yield ""
    yield "What it cannot know"
    yield from (f"  {sentence}" for sentence in found.unknowns)


def _table_lines(table: Table) -> Iterator[str]:
    yield table.title
    if not table.rows:
        yield f"  {table.empty}"
    shown = table.rows[:MOST_LINES]
    single = len(table.columns) == 1
    for row in shown:
        yield f"  {row.label}: {_figure_words(row.figures[0]) if single else _row_words(table, row)}"
    if len(table.rows) > len(shown):
        yield f"  and {len(table.rows) - len(shown):,} more lines: --csv FOLDER writes all of them"


def _row_words(table: Table, row: Row) -> str:
    pairs = zip(table.columns, row.figures, strict=True)
    return "; ".join(f"{column[:1].lower()}{column[1:]} {_figure_words(figure)}" for column, figure in pairs)


def _figure_words(figure: Figure) -> str:
    return f"{figure.words} ({figure.percent})" if figure.percent else figure.words
