"""A target: promises that hold for any bytes, and good examples of them."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

Check = Callable[[bytes], None]
"""Raises when an input breaks a promise."""


@dataclass(frozen=True)
class Target:
    """What is tried: `promises` in a sentence, `seeds` gives the examples, `ready` what a check needs while it runs."""

    name: str
    promises: str
    seeds: Callable[[], Iterable[bytes]]
    ready: Callable[[], AbstractContextManager[Check]]
