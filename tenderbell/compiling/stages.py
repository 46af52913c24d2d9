"""How far a process has come, from what its notices did, in order (rulings 8, 10, 11)."""

from collections.abc import Sequence

from tenderbell.notice import Notice
from tenderbell.vocabulary import Effect, Stage

NO_OPPORTUNITY = frozenset({"UK8", "UK17"})
"""Notices about payments: they belong to a process but never make one worth a page (sources.md 1.7)."""

_BEFORE_TENDER = (None, Stage.PLANNED, Stage.ENGAGEMENT, Stage.CANCELLED)
_EARLY = {Effect.PLAN: Stage.PLANNED, Effect.ENGAGE: Stage.ENGAGEMENT}
_DECISIVE = {
    Effect.OPEN: Stage.OPEN,
    Effect.AWARD: Stage.AWARDED,
    Effect.CANCEL: Stage.CANCELLED,
    Effect.CLOSE: Stage.CLOSED,
}
_ENDED_LOT = frozenset({"cancelled", "withdrawn", "unsuccessful"})


def stage_after(stage: Stage | None, notice: Notice, lots_ended: frozenset[str], lots: frozenset[str]) -> Stage | None:
    """Return the stage once `notice` has been published; None while nothing is known of an opportunity.

    `lots_ended` are the lots that notices have cancelled so far, `lots` all that are known: when none is left the
    process itself is cancelled.
    """
    effect = notice.effect
    if effect in _DECISIVE:
        return _DECISIVE[effect]
    if effect in _EARLY:
        return _EARLY[effect] if stage in _BEFORE_TENDER else stage
    if effect is Effect.CANCEL_LOTS:
        return Stage.CANCELLED if lots and lots <= lots_ended else stage
    return stage or (None if notice.form in NO_OPPORTUNITY else Stage.AWARDED)


def ended_lots(notice: Notice) -> frozenset[str]:
    """Return the lots that a notice cancels."""
    named = notice.effects_lots if notice.effect is Effect.CANCEL_LOTS else ()
    return frozenset(named) | {
        lot.id for lot in notice.lots if lot.status in _ENDED_LOT and notice.effect is Effect.OPEN
    }


def in_order(notices: Sequence[Notice]) -> list[Notice]:
    """Return notices in the order in which they were published, undated ones first."""
    return sorted(notices, key=lambda notice: (_date(notice), notice.order, notice.key))


def _date(notice: Notice) -> str:
    return notice.published_at.isoformat() if notice.published_at else ""
