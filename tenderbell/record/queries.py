"""The rows behind each figure: addresses of the questions that `tenderbell.record.questions` asks of the open data.

A question answers with at most 1,000 rows; its column `in_all` says how many there are.
"""

from functools import lru_cache
from urllib.parse import quote_plus

ADVERTS, FINDINGS, AWARDS, NOTICES = "report_adverts", "report_findings", "report_awards", "report_notices"

NOWHERE = "-"
"""What stands for *none* in a question: an opportunity without a theme, without a named commissioner."""


def rows(question: str, **asked: object) -> str:
    """Return the address of the rows that answer a question; what is None or empty is not asked."""
    wanted = [f"{name}={_quoted(str(value))}" for name, value in asked.items() if value is not None and value != ""]
    return f"/public/{question}?{'&'.join(wanted)}"


@lru_cache(maxsize=8192)
def _quoted(text: str) -> str:
    """A report of the whole country has tens of thousands of addresses, made of a few hundred values."""
    return quote_plus(text)


def adverts(**asked: object) -> str:
    """Return the address of opportunities by `year`, `reach`, `form`, `kind`, `buyer`, `theme`, `district`, `outside`,
    `notice`, `days_from`, `days_until`, `timetable`."""
    return rows(ADVERTS, **asked)


def findings(**asked: object) -> str:
    """Return the address of findings by `year`, `reach`, `clause`, `result`, `buyer`, `kind`."""
    return rows(FINDINGS, **asked)


def awards(**asked: object) -> str:
    """Return the address of awards by `year` (of the award), `reach`, `buyer`, `sector` (yes, no, unknown)."""
    return rows(AWARDS, **asked)


def notices(**asked: object) -> str:
    """Return the address of notices by `year` and `source`."""
    return rows(NOTICES, **asked)
