"""What a report rests on: which sources gave how much, and what nobody watched."""

import sqlite3

from tenderbell.edition import Edition
from tenderbell.phrases import reach_words
from tenderbell.record import queries
from tenderbell.record.figures import Row, Table, count, words
from tenderbell.record.periods import Year
from tenderbell.record.tally import ADVERT, EARLY, FORM, NO_ADVERT
from tenderbell.vocabulary import Reach


def by_source(db: sqlite3.Connection, edition: Edition, year: Year) -> Table:
    """Return what each source gave in a year, and how well it is now."""
    given: dict[str, tuple[int, int]] = {
        row[0]: (row[1], row[2])
        for row in db.execute(
            "select source, count(*), count(distinct substr(published_at, 1, 10)) from notice "
            "where published_at >= ? and published_at < ? group by source",
            year.bounds,
        )
    }
    health: dict[str, tuple[str, str, int]] = {
        row[0]: (row[1], row[2], row[3]) for row in db.execute("select id, title, state, unreadable from source")
    }
    titles: dict[str, str] = {one.id: one.title for one in edition.sources}
    watched = {one.id for one in edition.sources if one.enabled}
    rows = []
    for source in sorted({*given, *health, *watched}, key=str.lower):
        notices, days = given.get(source, (0, 0))
        title, state, unreadable = health.get(source, (titles.get(source, source), "never run", 0))
        asked = queries.notices(year=year.number, source=source)
        figures = (count(notices, asked), count(days), words(state), count(unreadable))
        rows.append(Row(titles.get(source) or title, figures))
    return Table(
        "sources",
        "Sources",
        "Notices behind the pages of this site, by the year in which each was published. A day counts when something "
        "was published on it. The state, and how many notices could not be read, are as they are now.",
        "Source",
        ("Notices", "Days with notices", "State now", "Could not be read, ever"),
        tuple(rows),
        empty="No source is set up.",
    )


def by_form(db: sqlite3.Connection, year: Year) -> Table:
    """Return what was published for the area, and apart from it what came from elsewhere."""
    found: dict[str, dict[str, int]] = {}
    asked = (
        f"select o.reach, {FORM} as form, count(*) from opportunity o "
        "where o.published_at >= ? and o.published_at < ? group by 1, 2"
    )
    for reach, form, number in db.execute(asked, year.bounds):
        found.setdefault(reach, {})[form] = number
    rows = [_line(str(reach), found.get(reach, {}), year) for reach in Reach if reach in found]
    return Table(
        "published",
        "What was published",
        "The rest of this report is about the adverts of the first line.",
        "Reach",
        ("Adverts", "Early notices", "No advert seen"),
        tuple(rows),
        empty="Nothing that we hold was published.",
    )


def _line(reach: str, forms: dict[str, int], year: Year) -> Row:
    figures = [
        count(forms.get(form, 0), queries.adverts(year=year.number, reach=reach, form=form))
        for form in (ADVERT, EARLY, NO_ADVERT)
    ]
    return Row(reach_words(reach), tuple(figures))


def not_watched(edition: Edition) -> tuple[str, ...]:
    """Return the titles of the sources that the edition knows and does not watch."""
    return tuple(source.title for source in edition.sources if not source.enabled)
