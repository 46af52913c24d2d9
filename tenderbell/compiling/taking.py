"""Which notices of an archive that several editions share one of them takes."""

import sqlite3

from tenderbell.advert import SOURCE as WRITTEN_HERE
from tenderbell.archive import Version
from tenderbell.area import Area
from tenderbell.compiling.buyers import body_of
from tenderbell.settings import Settings
from tenderbell.sharing import is_shared


class Taking:
    """Which versions of a shared archive an edition takes: those of the sources that it has on or once had, and of the
    adverts written on a site those of its own area's bodies. Of an archive of its own it takes all."""

    def __init__(self, settings: Settings, public: sqlite3.Connection) -> None:
        self.area: Area = settings.area
        self.sources: frozenset[str] | None = None
        if is_shared(settings):
            known = {row[0] for row in public.execute("select distinct source from notice")}
            self.sources = frozenset(known | {source.id for source in settings.edition.sources if source.enabled})

    def __call__(self, version: Version) -> bool:
        """Return whether the edition takes a version."""
        if self.sources is None:
            return True
        if version.source == WRITTEN_HERE and version.notice is not None:
            return any(body_of(buyer, self.area) for buyer in version.notice.buyers)
        return version.source in self.sources
