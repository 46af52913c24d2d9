"""Whose word counts when several sources speak of one thing: the most recently published statement, and on the same day
Find a Tender before Contracts Finder before portals before feeds (ruling 14)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tenderbell.clock import uk
from tenderbell.edition import Edition
from tenderbell.notice import Notice
from tenderbell.vocabulary import Effect, Stage

OFFICIAL, SECOND, PORTAL, REST = 3, 2, 1, 0
_STANDINGS = {
    "find_a_tender": OFFICIAL,
    "contracts_finder": SECOND,
    "public_contracts_scotland": SECOND,
    "sell2wales": SECOND,
    "ted": SECOND,
    "ocds_file": SECOND,
    "procontract": PORTAL,
    "in_tend": PORTAL,
    "atamis": PORTAL,
    "eu_supply": PORTAL,
    "jaggaer": PORTAL,
}
"""Grants stand on no two official sites, so their sources rank with the feeds and the newest statement holds."""

Standings = Mapping[str, int]
"""The standing of each source by its id; a source that is missing ranks lowest."""

SeenAt = Mapping[tuple[str, str], datetime]
"""When each notice, by source and key, was first seen: its date when it states none itself."""

_OVER = frozenset({Stage.CLOSED, Stage.AWARDED, Stage.CANCELLED})


def standings_of(edition: Edition) -> dict[str, int]:
    """Return the standing of every source of an edition."""
    return {source.id: _STANDINGS.get(source.spider_name, REST) for source in edition.sources}


def in_order(notices: Sequence[Notice], standings: Standings, seen_at: SeenAt) -> list[Notice]:
    """Return notices so that the later of two is the one to follow: by UK day of publication, on one day by standing,
    then by time and by the source's own order. Undated ones stand where they were first seen, else first of all."""

    def key(notice: Notice) -> tuple[str, int, str, str, str]:
        moment = notice.published_at or seen_at.get((notice.source, notice.key))
        if moment is None:
            return "", 0, "", notice.order, notice.key
        return (
            uk(moment).date().isoformat(),
            standings.get(notice.source, REST),
            moment.isoformat(),
            notice.order,
            notice.key,
        )

    return sorted(notices, key=key)


def reopens_wrongly(notice: Notice, stage: Stage | None, decided_by: Notice | None, standings: Standings) -> bool:
    """Return whether a notice would open again what a source of higher standing has ended: a portal's or a feed's list
    that still shows an advert proves nothing against an award or a cancellation."""
    if notice.effect is not Effect.OPEN or stage not in _OVER or decided_by is None:
        return False
    return standings.get(notice.source, REST) < standings.get(decided_by.source, REST)
