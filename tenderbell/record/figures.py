"""Figures and tables: numbers that know out of how many they are, and which rows they were counted from."""

from enum import StrEnum

from tenderbell.notice import Record


class How(StrEnum):
    """How a figure follows from its rows: their count, or a middle of their `notice_days`."""

    COUNT = "count"
    LOWER = "lower quartile"
    MEDIAN = "median"
    UPPER = "upper quartile"


class Figure(Record, frozen=True, omit_defaults=True):
    """One number of a table. `value` None is *nothing to count*; `of` is the denominator; `rows` is the address of the
    rows behind it, on this site; `text` stands where a cell is no number."""

    value: float | None = None
    of: int | None = None
    rows: str | None = None
    how: How = How.COUNT
    text: str | None = None

    @property
    def words(self) -> str:
        """The figure as a page says it: "1,204", "12 of 31", "41.5", "none"."""
        if self.text is not None:
            return self.text
        if self.value is None:
            return "none"
        return plain(self.value) if self.of is None else f"{plain(self.value)} of {self.of:,}"

    @property
    def percent(self) -> str | None:
        """The share in whole per cent, None where the denominator is too small for one to say anything."""
        if self.value is None or self.of is None or self.of < LEAST_FOR_A_SHARE:
            return None
        return f"{100 * self.value / self.of:.0f}%"


LEAST_FOR_A_SHARE = 10
"""Below so many adverts a share in per cent would say more than is known."""


class Row(Record, frozen=True, omit_defaults=True):
    """One line of a table: what it is about, and its figures in the order of the columns."""

    label: str
    figures: tuple[Figure, ...]
    link: str | None = None


class Table(Record, frozen=True, omit_defaults=True):
    """A table of the record. `lead` says what is counted; `head` is the heading of the labels; `empty` is what stands
    there when there are no rows; `most` is how many rows a page shows of those that the CSV has."""

    id: str
    title: str
    lead: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: str = "Nothing to count."
    most: int | None = None

    @property
    def shown(self) -> tuple[Row, ...]:
        """The rows that a page shows."""
        return self.rows if self.most is None else self.rows[: self.most]

    @property
    def left_off(self) -> int:
        """How many rows only the CSV has."""
        return len(self.rows) - len(self.shown)


def plain(value: float) -> str:
    """Return "1,204", or "41.5" for what is no whole number."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def count(value: int, rows: str | None = None, of: int | None = None) -> Figure:
    """Return a figure that counts rows."""
    return Figure(value, of, rows)


def words(text: str) -> Figure:
    """Return a cell that is no number."""
    return Figure(text=text)
