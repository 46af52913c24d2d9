"""Beginning a lost `public.db` anew: in silence, and with numbers beyond all that were given out."""

from contextlib import closing

from tenderbell.archive import open_archive
from tenderbell.database import jump_counters
from tenderbell.public import open_public
from tenderbell.settings import Settings
from tenderbell.sharing import start_late

FRESH = ".new"


def begin_anew(settings: Settings) -> None:
    """Make `public.db` when it is not there or holds nothing: empty, for a rebuild to fill. What is in the archive by
    now tells nobody, because nothing says what of it was told; and its events get numbers that the matcher has not
    seen.

    It gets its name when it is ready, so a rebuild that is killed leaves none or one that stays silent.
    """
    place = settings.public_path
    if place.exists() and place.stat().st_size:
        return
    with closing(open_archive(settings.archive_path)) as archive:
        start_late(settings, archive)
    fresh = place.with_name(place.name + FRESH)
    for ending in ("", "-wal", "-shm"):
        fresh.with_name(fresh.name + ending).unlink(missing_ok=True)
    with closing(open_public(fresh)) as public:
        jump_counters(public, settings.clock())
    for ending in ("-wal", "-shm"):
        place.with_name(place.name + ending).unlink(missing_ok=True)
    fresh.replace(place)
