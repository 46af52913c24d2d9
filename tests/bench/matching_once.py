"""One run of the matcher in a process of its own: `python -m tests.bench.matching_once DATA` prints what it took."""

import json
import sys
from pathlib import Path

from alerts.matching import match
from tests.bench.compiling import settings_in
from tests.bench.measuring import peak_megabytes, wall_and_cpu


def main() -> None:
    """Match once."""
    settings = settings_in(Path(sys.argv[1]), "gloucestershire")
    before = peak_megabytes()
    reports = []
    spent, cpu = wall_and_cpu(lambda: reports.append(match(settings)))
    report = reports[0]
    print(
        json.dumps({"seconds": spent, "cpu": cpu, "matches": report.matches, "events": report.events, "before": before,
                    "peak": peak_megabytes()})
    )  # fmt: skip


if __name__ == "__main__":
    main()
