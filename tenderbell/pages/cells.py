"""Cells of CSV that no spreadsheet takes for a formula (OWASP, CSV injection)."""

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r")

_CELL = re.compile(rb'"[^"]*(?:""[^"]*)*"|[^",\r\n]+')
_STARTS = re.compile(rb'"?[=+\-@\t\r]')


def defused(text: str) -> str:
    """Return a cell's text, behind an apostrophe when a spreadsheet would run it."""
    return f"'{text}" if text.startswith(FORMULA) else text


class Defuser:
    """Does the same to CSV that somebody else writes, piece by piece. Pieces may end anywhere: what may be the
    beginning of a record is held back until the rest has come."""

    def __init__(self) -> None:
        self._held = b""

    def take(self, piece: bytes, *, is_last: bool) -> bytes:
        """Return the records that are whole now."""
        self._held += piece
        end = len(self._held) if is_last else self._held.rfind(b"\n") + 1
        if not is_last and self._held.count(b'"', 0, end) % 2:
            return b""
        whole, self._held = self._held[:end], self._held[end:]
        return _CELL.sub(_defused, whole)


def _defused(found: re.Match[bytes]) -> bytes:
    cell = found[0]
    if not _STARTS.match(cell):
        return cell
    return b"\"'" + cell[1:] if cell.startswith(b'"') else b"'" + cell
