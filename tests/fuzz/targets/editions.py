"""What an operator writes by hand: editions and areas in TOML."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spiders.registry import problems_with
from tenderbell.area import Area, load_area
from tenderbell.edition import Edition
from tenderbell.errors import SettingError
from tenderbell.settings import PROJECT
from tenderbell.tomlfile import read_toml
from tests.fuzz.promises import promise
from tests.fuzz.targets.target import Check, Target


def targets() -> Iterator[Target]:
    """Yield the target of hand-written files."""
    yield Target("edition", "a file is used, or refused in a sentence that names it", seeds, ready)


def seeds() -> Iterator[bytes]:
    """Yield the editions and the areas there are."""
    for path in (*sorted((PROJECT / "schedules").glob("*.toml")), *sorted((PROJECT / "data" / "areas").glob("*.toml"))):
        yield path.read_bytes()[:20_000]


@contextmanager
def ready() -> Iterator[Check]:
    """Give what reads a file as an edition and as an area."""
    area = load_area("gloucestershire")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.toml"

        def check(data: bytes) -> None:
            path.write_bytes(data)
            for wanted in (Edition, Area):
                try:
                    found = read_toml(path, wanted)
                except SettingError as refused:
                    promise("mine.toml" in str(refused), f"The file is not named: {refused!s:.200}")
                    continue
                if isinstance(found, Edition):
                    for source in found.sources:
                        problems_with(source, area)

        yield check
