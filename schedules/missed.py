"""Reports of missing adverts that are to be looked into now, by the host that is asked about them."""

from collections import defaultdict
from contextlib import closing
from datetime import datetime

from alerts import reports
from spiders.fetching.hosts import host_of
from spiders.seeking import place_of
from tenderbell.database import connect
from tenderbell.settings import Settings
from tenderbell.timetable import RETRY

NOBODY = ""
"""The host of reports about which nobody is asked."""


class Missed:
    """Which reports wait. One that was taken and still waits could not be answered: it is taken again later."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.again_at: dict[int, datetime] = {}
        self.letters: tuple[int, int] = (0, 0)

    def are_letters_new(self) -> bool:
        """Return whether a question to the operator, or an outcome, has come up since the last call: somebody waits for
        the e-mail. What stays unwritten is not told again."""
        with closing(connect(self.settings.private_path, read_only=True)) as private:
            newest, settled = private.execute(
                "select (select coalesce(max(id), 0) from matter), "
                "(select coalesce(max(id), 0) from report where state = ?)",
                (reports.SETTLED,),
            ).fetchone()
        before, self.letters = self.letters, (newest, settled)
        return newest > before[0] or settled not in (0, before[1])

    def take(self) -> dict[str, list[int]]:
        """Return the numbers of the reports whose time has come, by host, and note that they are being looked into."""
        with closing(connect(self.settings.private_path, read_only=True)) as private:
            waiting = reports.due(private)
        now = self.settings.clock()
        self.again_at = {one.id: self.again_at[one.id] for one in waiting if one.id in self.again_at}
        found: defaultdict[str, list[int]] = defaultdict(list)
        for one in waiting:
            if self.again_at.get(one.id, now) <= now:
                place = place_of(self.settings.edition, one.link or "")
                found[host_of(place.source) if place else NOBODY].append(one.id)
                self.again_at[one.id] = now + RETRY
        return found
