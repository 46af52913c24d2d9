"""Contracts Finder, Proactis, TED and documents on a bad day, and a child that types `tenderbell` commands."""

import json
import subprocess
import sys
from typing import Any

from spiders.rehearsal.contracts_finder import ContractsFinder
from spiders.rehearsal.ocds_file import Documents
from spiders.rehearsal.proactis import Proactis
from spiders.rehearsal.ted import Ted
from tenderbell.notice import Notice, decode
from tenderbell.settings import PROJECT
from tests.spiders.faulty import WithFaults
from tests.spiders.place import Place


class FaultyContractsFinder(WithFaults, ContractsFinder):
    """Contracts Finder with faults."""


class FaultyProactis(WithFaults, Proactis):
    """Public Contracts Scotland and Sell2Wales with faults."""


class FaultyTed(WithFaults, Ted):
    """TED with faults."""


class FaultyDocuments(WithFaults, Documents):
    """Documents with faults."""


def type_(place: Place, *words: str) -> Any:
    """Type `tenderbell WORDS --json` and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tenderbell", *words, "--json"],
        cwd=PROJECT, env=place.environ, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def notices(place: Place) -> dict[str, Notice]:
    """Return the newest readable version of each notice in the archive, by key."""
    rows = place.archive.execute("select key, reading from notice where reading is not null order by number")
    return {row["key"]: decode(row["reading"]) for row in rows}
