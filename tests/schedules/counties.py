"""Two counties over one archive, for the tests of sharing."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from schedules import samples
from schedules.sample_cast import Cast
from tenderbell.area import load_area
from tenderbell.settings import Settings
from tests.schedules.editions import HEAD, NOBODY

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
OURS, THEIRS = "gloucestershire", "herefordshire"


class County:
    """An edition of a county with a data folder of its own, over the archive of `folder`."""

    def __init__(
        self, folder: Path, name: str, *, jobs: Iterable[str] = (), url: str = NOBODY, archive: Path | None = None,
        more: str = "", still: bool = True,
    ) -> None:  # fmt: skip
        home = folder / name
        home.mkdir(parents=True, exist_ok=True)
        head = HEAD.format(url=url, fund=f"{url}/{name}.xml").replace('id = "test"', f'id = "{name}"')
        head = head.replace('area = "gloucestershire"', f'area = "{name}"').replace("county-fund", f"{name}-fund")
        (home / "edition.toml").write_text(head + more + "".join(jobs))
        self.environ = {
            "TENDERBELL_EDITION": str(home / "edition.toml"),
            "TENDERBELL_DATA": str(home / "data"),
            "TENDERBELL_ARCHIVE": str(archive or folder / "shared" / "archive.db"),
            "TENDERBELL_PORT": "0",
        }
        if still:
            self.environ["TENDERBELL_NOW"] = NOW.isoformat()

    @property
    def settings(self) -> Settings:
        return Settings.read(self.environ)


def release(county: str, sample: str, number: int, at: datetime | None = None) -> dict[str, Any]:
    """Return the newest release of a sample as a county's body publishes it, published `at` instead of its own time.
    `number` tells it from every other one."""
    cast = Cast(load_area(county))
    title = [one for one in samples.samples(cast) if one.id == sample and one.closes][-1].title
    found = [one for portion in (1, 2) for one in samples.releases(NOW, portion, cast) if isinstance(one, dict)]
    told = [one for one in found if one["tender"]["title"] == title and one["tender"].get("tenderPeriod")]
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told[-1]))
    copy |= {"id": f"{number:06}-2026", "ocid": f"ocds-h6vhtk-{number:06x}"}
    return {**copy, "date": at.isoformat()} if at else copy
