"""Reading values of unknown type: what has the wrong type is absent, and a sentence about it is kept."""

from datetime import datetime
from typing import Any

from tenderbell.clock import moment
from tenderbell.text import clean_line, clean_text

Object = dict[str, Any]
NOTHING: Object = {}
MOST_DOUBTS = 50
_SHOWN = 40
_LONGEST_CODE = 500
_LEAST_MONEY = 1.0
_MOST_MONEY = 1e12


class Reading:
    """The doubts of one notice, and the questions put to its values. `at` is the path of the parent, for the doubts.
    Null and an empty list are *absent*; publishers write both for an empty object."""

    def __init__(self) -> None:
        self.doubts: list[str] = []

    def doubt(self, sentence: str) -> None:
        """Keep a sentence about something that could not be used."""
        if len(self.doubts) < MOST_DOUBTS and sentence not in self.doubts:
            self.doubts.append(sentence)

    def wrong(self, value: object, at: str, wanted: str) -> None:
        """Keep a doubt about a value of another type than `wanted`."""
        shown = repr(value) if isinstance(value, str | int | float | bool) else _kind(value)
        self.doubt(f"{at} is {shown[:_SHOWN]}, not {wanted}.")

    def object(self, parent: Object, name: str, at: str) -> Object:
        """Return a JSON object, empty when absent."""
        value = parent.get(name)
        if isinstance(value, dict):
            return value
        if value is not None and value != []:
            self.wrong(value, f"{at}{name}", "an object")
        return NOTHING

    def objects(self, parent: Object, name: str, at: str) -> list[Object]:
        """Return the JSON objects of a list, empty when absent."""
        value = parent.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(value, f"{at}{name}", "a list")
            return []
        for item in value:
            if not isinstance(item, dict):
                self.wrong(item, f"An item of {at}{name}", "an object")
                return [item for item in value if isinstance(item, dict)]
        return value

    def words(self, parent: Object, name: str, at: str) -> list[str]:
        """Return the strings of a list of codes, empty when absent."""
        value = parent.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(value, f"{at}{name}", "a list")
            return []
        for item in value:
            if not isinstance(item, str):
                self.wrong(item, f"An item of {at}{name}", "a text")
        return [word for item in value if (word := _code(item))]

    def word(self, parent: Object, name: str, at: str) -> str | None:
        """Return a code or an identifier: a string without white space at its ends. Numbers are no identifiers, but a
        whole number is shown as it stands."""
        value = parent.get(name)
        if value is None:
            return None
        if type(value) is str and value.isascii() and value.isprintable():
            return value.strip()[:_LONGEST_CODE] or None
        if isinstance(value, int) and not isinstance(value, bool):
            self.wrong(value, f"{at}{name}", "a text")
            return str(value) if abs(value) < 10**18 else None
        if not isinstance(value, str):
            self.wrong(value, f"{at}{name}", "a text")
            return None
        return _code(value)

    def line(self, parent: Object, name: str, at: str) -> str | None:
        """Return one line of plain text."""
        return clean_line(self._string(parent, name, at))

    def text(self, parent: Object, name: str, at: str) -> str | None:
        """Return plain text with its line breaks."""
        return clean_text(self._string(parent, name, at))

    def _string(self, parent: Object, name: str, at: str) -> str | None:
        value = parent.get(name)
        if value is None or isinstance(value, str):
            return value
        self.wrong(value, f"{at}{name}", "a text")
        return None

    def flag(self, parent: Object, name: str, at: str) -> bool | None:
        """Return true or false."""
        value = parent.get(name)
        if value is None or value is True or value is False:
            return value
        self.wrong(value, f"{at}{name}", "true or false")
        return None

    def instant(self, parent: Object, name: str, at: str) -> datetime | None:
        """Return an instant in UTC; a date alone is the end of that UK day (ruling 13)."""
        value = parent.get(name)
        if value is None:
            return None
        read = moment(value)
        if read is None:
            self.wrong(value, f"{at}{name}", "a date")
        return read

    def number(self, parent: Object, name: str, at: str) -> float | None:
        """Return a finite number that is not negative."""
        value = parent.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(value, f"{at}{name}", "a number")
            return None
        if not 0 <= value <= _MOST_MONEY:
            self.doubt(f"{at}{name} is {str(value)[:_SHOWN]}, which cannot be meant.")
            return None
        return float(value)

    def money(self, parent: Object, name: str, at: str) -> float | None:
        """Return an amount of money. Nothing below one pound is an amount: 0 and 0.01 are placeholders (sources.md
        section 11, trap 6)."""
        amount = self.number(parent, name, at)
        if amount is not None and amount < _LEAST_MONEY:
            self.doubt(f"{at}{name} is {amount:g}, which states no value.")
            return None
        return amount


def _kind(value: object) -> str:
    return "a list" if isinstance(value, list) else "an object"


def _code(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    if value.isascii() and value.isprintable():
        return value.strip()[:_LONGEST_CODE] or None
    return (clean_line(value) or "")[:_LONGEST_CODE] or None
