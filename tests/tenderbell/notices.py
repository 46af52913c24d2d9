"""Hand-written notices for tests of the compiler, and a spider's `read` for them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from tenderbell import archive
from tenderbell.area import load_area
from tenderbell.clock import still_clock
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Notice, Organisation, Raw
from tenderbell.settings import Settings
from tenderbell.vocabulary import Effect

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
GLOUCESTERSHIRE = load_area("gloucestershire")
STROUD = Organisation("Stroud District Council", ids=("GB-PPON-PRHW-3326-HVMG",), roles=("buyer",))
LEEDS = Organisation("Leeds Example Council", ids=("GB-PPON-AAAA-1111-BBBB",), region="UKE42", postcode="LS1 1UR")


def notice(
    number: int, effect: Effect = Effect.OPEN, *, process: str = "ocds-h6vhtk-0abcde", **facts: object
) -> Notice:
    """A notice of Stroud's, the day `number` of March 2026, that opens, plans, awards or cancels."""
    key = f"{number:06}-2026"
    given = {
        "source": "find-a-tender",
        "title": "Support for young carers",
        "ocid": process if process.startswith("ocds-") else None,
        "order": f"2026-{number:06}",
        "published_at": datetime(2026, 3, 1, 10, tzinfo=UTC) + timedelta(days=number),
        "buyers": (STROUD,),
    } | facts
    return Notice(key=key, process=process, effect=effect, **given)  # type: ignore[arg-type]


def read(raw: Raw) -> Notice:
    """Read a notice that was archived as its own JSON."""
    try:
        return msgspec.json.decode(raw.body, type=Notice)
    except msgspec.MsgspecError as error:
        raise UnreadableNotice(f"No notice: {error}") from error


def raw(notice: Notice) -> Raw:
    """Return the notice as a spider of these tests would have received it."""
    return Raw(notice.source, notice.key, msgspec.json.encode(notice))


def settings_in(folder: Path, now: datetime = NOW) -> Settings:
    """Settings of the Gloucestershire edition with its databases in `folder` and a clock that stands still."""
    return Settings("gloucestershire", folder, f"folder:{folder / 'mail'}", "127.0.0.1", 0, (), still_clock(now))


def keep(settings: Settings, *notices: Notice, backfill: bool = False) -> archive.Kept:
    """Archive notices in a finished run of their source."""
    db = archive.open_archive(settings.archive_path)
    now = settings.clock()
    run = archive.start_run(db, "find-a-tender", now, backfill=backfill)
    kept = archive.keep(db, run, [raw(notice) for notice in notices], read, now)
    archive.end_run(db, run, now, complete=True, reason="Finished.")
    db.close()
    return kept
