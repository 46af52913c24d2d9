"""`python -m tests.soak`: a month of Tenderbell with kills, faults and a strict look at what arrived."""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.soak import mixed
from tests.soak.month import Soak
from tests.soak.verdict import Verdict


def report(verdict: Verdict, died: Counter[str]) -> str:
    """Return the numbers in words."""
    kills = ", ".join(f"{name} {count}" for name, count in sorted(died.items())) or "none"
    wrong = f"{verdict.unexpected} unexpected, {verdict.stale} out of date, {verdict.after_leaving} after leaving"
    lines = [
        f"sent      {verdict.sent:>9,} e-mails",
        f"resent    {verdict.resent:>9,} of them once more with the same Message-ID, as unknown ones may be",
        f"expected  {verdict.expected:>9,} (subscriber, opportunity, event), of which",
        f"told      {verdict.told:>9,}",
        f"refused   {verdict.refused:>9,} by the mail server, for good",
        f"unknown   {verdict.unknown:>9,} and listed as that",
        f"lost      {verdict.lost:>9,}",
        f"repeated  {verdict.repeated:>9,}",
        f"wrong     {verdict.mistakes - verdict.lost - verdict.repeated:>9,} ({wrong})",
        f"killed    {died.total():>9,} times ({kills})",
    ]
    return "\n".join([*lines, *verdict.words])


def main(arguments: list[str] | None = None) -> int:
    """Soak; 0 when nothing was lost, repeated or wrong. `mixed` as the first word is the other soak: see its module."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["mixed"]:
        return mixed.main(words[1:])
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--subscribers", type=int, default=5_500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    asked = parser.parse_args(words)
    print(f"{asked.days} days with {asked.subscribers:,} subscribers; again: --seed {asked.seed}", flush=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tenderbell-soak-") as folder:
        soak = Soak(
            Path(folder),
            asked.days,
            asked.subscribers,
            asked.seed,
            lambda line: print(line, file=sys.stderr, flush=True),
        )
        verdict, died = soak.run()
    print(report(verdict, died))
    print(f"{time.monotonic() - start:.0f} s")
    return 1 if verdict.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
