"""Which lines of the project an input reaches: what reaches a new one is worth changing further."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from tenderbell.settings import PROJECT

ROOMS = tuple(f"{PROJECT}/{room}/" for room in ("tenderbell", "spiders", "alerts", "site"))


class Coverage:
    """The lines that were reached so far."""

    def __init__(self) -> None:
        self.reached: set[tuple[int, int]] = set()
        self._ours: dict[int, bool] = {}

    def of(self, work: Callable[[], None]) -> bool:
        """Do something and return whether it reached a line that nothing had reached before, also when it raises."""
        before = len(self.reached)
        sys.settrace(self._entered)
        try:
            work()
        finally:
            sys.settrace(None)
        return len(self.reached) > before

    def _entered(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        code = id(frame.f_code)
        is_ours = self._ours.get(code)
        if is_ours is None:
            is_ours = self._ours[code] = frame.f_code.co_filename.startswith(ROOMS)
        return self._line if is_ours else None

    def _line(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            self.reached.add((id(frame.f_code), frame.f_lineno))
        return self._line
