"""What was written down by hand about recorded notices, and the notices themselves.

A label names a notice by its file and its key and says what a reader found; no text of a notice is kept here.
"""

import csv
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from spiders.formats.lenient import decode
from spiders.ocds.release import read_release
from tenderbell.notice import Notice, Raw, Subject
from tenderbell.tomlfile import read_toml
from tenderbell.vocabulary import Kind

HERE = Path(__file__).resolve().parent
T = TypeVar("T")


class Themed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice and the themes that a reader gave it. `process` is its ocid."""

    file: str
    key: str
    process: str
    themes: tuple[str, ...]


class Kinded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice and the kind that a reader gave it."""

    file: str
    key: str
    kind: Kind


class _Themes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    notice: tuple[Themed, ...]


class _Kinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    notice: tuple[Kinded, ...]


def themed() -> tuple[Themed, ...]:
    """Return the labels of themes.toml, in its order."""
    return read_toml(HERE / "themes.toml", _Themes).notice


def kinded() -> tuple[Kinded, ...]:
    """Return the labels of kinds.toml, in its order."""
    return read_toml(HERE / "kinds.toml", _Kinds).notice


def held_out(label: Themed) -> bool:
    """Return whether a label belongs to the third on which the rules were not tuned. All versions of a process do."""
    return hashlib.sha256(label.process.encode()).digest()[0] % 3 == 0


def notice_of(corpus: Path, label: Themed | Kinded) -> Notice:
    """Return the recorded notice of a label, read as a notice of Find a Tender is. Raises KeyError when it is not in
    its file."""
    found = _recorded(corpus / label.file)[label.key]
    if label.file.endswith(".csv"):
        return _row(found)
    return read_release(Raw("recorded", label.key, msgspec.json.encode({**found, "id": label.key})))


@cache
def _recorded(file: Path) -> dict[str, dict[str, Any]]:
    if file.suffix == ".csv":
        with file.open(newline="", encoding="utf-8") as lines:
            return {row["ocid"]: row for row in csv.DictReader(lines)}
    content: Any = decode(file.read_bytes())
    releases: Iterable[dict[str, Any]] = content.get("releases", [content])
    return {str(release.get("id") or release["ocid"]): release for release in releases}


def _row(row: dict[str, Any]) -> Notice:
    codes = [code for code in row["cpv"].split(";") if code]
    return Notice(
        source="recorded",
        key=row["ocid"],
        process=row["ocid"],
        title=row["title"],
        subjects=tuple(Subject(code) for code in codes),
    )
