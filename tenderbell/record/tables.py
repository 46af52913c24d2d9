"""The tables that the yearly report and the pages of buyers have in common."""

from collections.abc import Mapping

from tenderbell.code import undertakings
from tenderbell.phrases import kind_words
from tenderbell.record import queries
from tenderbell.record.figures import Figure, How, Row, Table, count
from tenderbell.record.middles import THREE_MONTHS, Middles, steps
from tenderbell.record.tally import ADVERT, KEPT, MET, MOVED, NOT_MET, NOT_STATED, OPEN_ENDED, STATED, UNKNOWN, Tally
from tenderbell.vocabulary import Kind

THREE_MONTHS_CLAUSE = "3.2.2"
Scope = Mapping[str, object]
"""Of what figures are: the year, reach or body that a question for their rows has to name."""


def rows_of(scope: Scope, **asked: object) -> str:
    """Return the address of the adverts within a scope."""
    return queries.adverts(**{**scope, "form": ADVERT, **asked})


def middle_figures(found: Middles | None, scope: Scope, **asked: object) -> tuple[Figure, Figure, Figure]:
    """Return the lower quartile, the median and the upper quartile of the days of notice."""
    rows = rows_of(scope, notice=STATED, **asked)
    values = (found.lower, found.median, found.upper) if found else (None, None, None)
    lower, median, upper = (Figure(value, rows=rows, how=how) for value, how in zip(values, MIDDLES, strict=True))
    return lower, median, upper


MIDDLES = (How.LOWER, How.MEDIAN, How.UPPER)


def three_months_figure(tally: Tally, scope: Scope, **asked: object) -> Figure:
    """Return how many adverts gave three calendar months, of those whose days can be counted."""
    results = tally.results(THREE_MONTHS_CLAUSE)
    rows = queries.findings(**{**scope, "clause": THREE_MONTHS_CLAUSE, "result": MET, **asked})
    return count(results[MET], rows, of=results[MET] + results[NOT_MET])


def notice_figures(tally: Tally, scope: Scope, **asked: object) -> tuple[Figure, ...]:
    """Return a line of `NOTICE_COLUMNS`."""
    stated = count(tally.notices()[STATED], rows_of(scope, notice=STATED, **asked), of=tally.advert_count)
    adverts = count(tally.advert_count, rows_of(scope, **asked))
    middle = middle_figures(tally.middles(), scope, **asked)
    return (adverts, stated, *middle, three_months_figure(tally, scope, **asked))


NOTICE_COLUMNS = ("Adverts", "Days can be counted", "A quarter had at most", "Median days", "A quarter had at least",
                  "Three months or more")  # fmt: skip


def notice_by_kind(tally: Tally, scope: Scope) -> Table:
    """Return the notice given, by kind."""
    kinds = tally.kinds()
    rows = [
        Row(kind_words(kind), notice_figures(tally.only(kind=kind), scope, kind=str(kind)))
        for kind in Kind
        if kinds[kind]
    ]
    return Table(
        "notice-by-kind",
        "Days of notice by kind",
        "Days from the first advert to the deadline. What is open all the time and dynamic markets have no such days "
        "and are left out.",
        "Kind",
        NOTICE_COLUMNS,
        tuple(rows),
        empty="No advert to count.",
    )


def spread(tally: Tally, scope: Scope) -> Table:
    """Return how the days of notice spread, in steps of two weeks."""
    days = tally.days()
    of = sum(days.values())
    rows = [
        Row(
            step.words,
            (count(step.count, rows_of(scope, notice=STATED, days_from=step.start, days_until=step.end), of=of),),
        )
        for step in steps(days)
        if of
    ]
    return Table(
        "notice-spread",
        "How the days of notice spread",
        f"Of the {of:,} adverts whose days can be counted. Three months are {THREE_MONTHS} days at most.",
        "Days of notice",
        ("Adverts",),
        tuple(rows),
        empty="No days of notice can be counted.",
    )


def counted(tally: Tally, scope: Scope) -> Table:
    """Return which adverts the days of notice can be counted of, and which are left out."""
    notices = tally.notices()
    lines = (
        ("Days can be counted", STATED),
        ("Open all the time, no deadline given, or a dynamic market: left out", OPEN_ENDED),
        ("A deadline, but we have not seen the first advert", UNKNOWN),
    )
    rows = [
        Row(words, (count(notices[notice], rows_of(scope, notice=notice), of=tally.advert_count),))
        for words, notice in lines
    ]
    return Table(
        "notice-counted",
        "Whose notice can be counted",
        "Only a deadline and a first advert that we have both seen give days of notice.",
        "Advert",
        ("Adverts",),
        tuple(rows) if tally.advert_count else (),
        empty="No advert to count.",
    )


def timetable(tally: Tally, scope: Scope) -> Table:
    """Return how many deadlines stayed where they were first set."""
    found = tally.timetables()
    lines = (("Deadline stayed", KEPT), ("Deadline moved", MOVED), ("No deadline is known", UNKNOWN))
    rows = [
        Row(words, (count(found[word], rows_of(scope, timetable=word), of=tally.advert_count),))
        for words, word in lines
    ]
    return Table(
        "timetable",
        "Deadlines kept or moved",
        "A deadline that moved may have been moved to give people longer. Why is seldom stated.",
        "Deadline",
        ("Adverts",),
        tuple(rows) if tally.advert_count else (),
        empty="No advert to count.",
    )


def by_undertaking(tally: Tally, scope: Scope) -> Table:
    """Return the findings about each undertaking of the Code that notices can show."""
    rows = []
    for one in undertakings():
        results = tally.results(one.clause)
        of = results.total()
        if one.unreadable or not of:
            continue
        figures = tuple(
            count(results[result], queries.findings(**{**scope, "clause": one.clause, "result": result}), of=of)
            for result in (MET, NOT_MET, NOT_STATED)
        )
        rows.append(Row(f"{one.clause} {one.question}", figures, link=f"/glossary#{one.anchor}"))
    return Table(
        "findings",
        "What the adverts state",
        "For each undertaking of the Code that notices can show: in how many of the adverts to which it applies the "
        "notice shows it, shows otherwise, or says nothing.",
        "Undertaking",
        ("Shown", "Shown otherwise", "Not stated"),
        tuple(rows),
        empty="No findings yet.",
    )


def to_the_sector(tally: Tally, scope: Scope) -> Table:
    """Return how many awards went to voluntary organisations and social enterprises."""
    found = tally.sectors()
    lines = (
        ("A supplier is stated to be a voluntary organisation or social enterprise", "yes"),
        ("Suppliers are named, none is stated to be one", "no"),
        ("No supplier is named", "unknown"),
    )
    rows = [
        Row(words, (count(found[word], queries.awards(**{**scope, "sector": word}), of=found.total()),))
        for words, word in lines
    ]
    return Table(
        "awards",
        "Awards to the voluntary sector",
        "By the date of the award. Notices often leave out what sort of body a supplier is, so the first line is the "
        "least it can be.",
        "Award",
        ("Awards",),
        tuple(rows) if found.total() else (),
        empty="No award is known.",
    )
