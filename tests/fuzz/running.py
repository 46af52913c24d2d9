"""Running a target for a time: examples first, then changes of them; what broke a promise is made small."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.fuzz.coverage import Coverage
from tests.fuzz.mutation import mutated
from tests.fuzz.promises import PATIENCE_SECONDS, within
from tests.fuzz.targets import Target

MOST_FINDINGS = 5
TRACED = 4
"""One input of so many is watched for new lines: watching makes it several times slower."""


@dataclass
class Finding:
    """An input that broke a promise, and how."""

    data: bytes
    fault: str


@dataclass
class Run:
    """What a run did: how many inputs, how many lines they reached, what broke."""

    target: str
    inputs: int = 0
    lines: int = 0
    findings: list[Finding] = field(default_factory=list)


def run(target: Target, seconds: float, seed: int, *, traced: bool = True) -> Run:
    """Run a target for so many seconds, over its examples first. Findings that fail at the same place are one."""
    random, coverage, done = Random(seed), Coverage(), Run(target.name)
    found: dict[str, Finding] = {}
    with target.ready() as check:
        pool = list(target.seeds())
        ends = time.monotonic() + seconds
        waiting = list(pool)
        while (waiting and traced) or (time.monotonic() < ends and len(found) < MOST_FINDINGS):
            is_new, data = bool(waiting), waiting.pop() if waiting else mutated(random, pool)
            reaches, fault = _tried(check, data, coverage if traced and (is_new or done.inputs % TRACED == 0) else None)
            done.inputs += 1
            if fault and fault not in found:
                found[fault] = Finding(smaller(check, data, fault), fault)
            elif reaches and not is_new and len(data) <= 8192:
                pool.append(data)
    done.lines, done.findings = len(coverage.reached), list(found.values())
    return done


def fault_of(check: Callable[[bytes], None], data: bytes) -> str | None:
    """Return what is wrong with an answer: kind and place of what was raised, None when every promise held."""
    try:
        with within(PATIENCE_SECONDS):
            check(data)
    except Exception as error:
        return _told(error)
    return None


def smaller(check: Callable[[bytes], None], data: bytes, fault: str, seconds: float = 10) -> bytes:
    """Return the input without every part that it fails without, as far as that is found in the time."""
    ends, size = time.monotonic() + seconds, max(1, len(data) // 2)
    while size and time.monotonic() < ends:
        at = 0
        while at < len(data) and time.monotonic() < ends:
            without = data[:at] + data[at + size :]
            if fault_of(check, without) == fault:
                data = without
            else:
                at += size
        size //= 2
    return data


def _tried(check: Callable[[bytes], None], data: bytes, coverage: Coverage | None) -> tuple[bool, str | None]:
    if coverage is None:
        return False, fault_of(check, data)
    faults: list[str | None] = []
    reaches = coverage.of(lambda: faults.append(fault_of(check, data)))
    return reaches, faults[0]


def _told(error: Exception) -> str:
    frames, trace = [], error.__traceback__
    while trace:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    sentence = str(error).partition(":")[0][:100] if type(error).__name__ == "Broken" else ""
    return f"{type(error).__name__} {sentence} at {' < '.join(reversed(frames[-4:]))}"
