"""How far a process has come, from what its notices did, in order (rulings 8, 10, 11)."""

from tenderbell.notice import Notice
from tenderbell.vocabulary import Effect, Stage

NO_OPPORTUNITY = frozenset({"UK8", "UK17", "watched page", "news"})
"""Notices about payments, news, and pages that only changed: never by themselves worth a page (sources.md 1.7)."""

_BEFORE_TENDER = (None, Stage.PLANNED, Stage.ENGAGEMENT, Stage.CANCELLED)
_EARLY = {Effect.PLAN: Stage.PLANNED, Effect.ENGAGE: Stage.ENGAGEMENT}
_DECISIVE = {
    Effect.OPEN: Stage.OPEN,
    Effect.AWARD: Stage.AWARDED,
    Effect.CANCEL: Stage.CANCELLED,
    Effect.CLOSE: Stage.CLOSED,
}
_ENDS = frozenset({Effect.CANCEL, Effect.CANCEL_LOTS})
_ENDED_LOT = frozenset({"cancelled", "withdrawn", "unsuccessful"})


def stage_after(stage: Stage | None, notice: Notice, lots_ended: frozenset[str], lots: frozenset[str]) -> Stage | None:
    """Return the stage once `notice` has been published; None while nothing is known of an opportunity.

    `lots` are all that are known and `lots_ended` those that notices have cancelled so far: a cancellation that names
    lots ends the process only when none is left (ruling 11). When the first notice that we see says nothing of the
    stage itself, it still tells of one: a correction of an advert, or a change to a contract.
    """
    effect = notice.effect
    if effect in _ENDS and notice.effects_lots:
        return stage if lots - lots_ended else Stage.CANCELLED
    if effect in _DECISIVE:
        return _DECISIVE[effect]
    if effect in _EARLY:
        return _EARLY[effect] if stage in _BEFORE_TENDER else stage
    return stage or _implied(notice.form or "")


def _implied(form: str) -> Stage | None:
    if form in NO_OPPORTUNITY:
        return None
    if form.startswith("tender"):
        return Stage.OPEN
    return Stage.PLANNED if form.startswith("planning") else Stage.AWARDED


def makes(notice: Notice, stage: Stage | None) -> bool:
    """Return whether a notice by itself says that the process is at `stage`."""
    return (_DECISIVE | _EARLY).get(notice.effect) == stage and not (notice.effect in _ENDS and notice.effects_lots)


def ended_lots(notice: Notice, ended: frozenset[str], known: frozenset[str]) -> frozenset[str]:
    """Return the `known` lots that are over once `notice` has been published, given those `ended` before: a
    cancellation ends those that it names, an advert those that it marks as ended, and it brings back those that it
    lists as going on."""
    named = frozenset(notice.effects_lots) if notice.effect in _ENDS else frozenset()
    if notice.effect is Effect.OPEN:
        over = frozenset(lot.id for lot in notice.lots if lot.status in _ENDED_LOT)
        ended = (ended - {lot.id for lot in notice.lots}) | over
    return (ended | named) & known
