"""Where sources disagree: what each says of the deadline and of the value, and which one is followed (ruling 14)."""

from collections.abc import Callable, Sequence

from tenderbell.clock import stamp, uk
from tenderbell.compiling.precedence import SeenAt
from tenderbell.compiling.values import filter_value, real, same_worth
from tenderbell.notice import Notice
from tenderbell.opportunity import Statement
from tenderbell.vocabulary import Effect, Kind

LATEST = "It was published last."
SAME_DAY = "Both were published on one day, and this source goes before the other."


def disputed(ordered: Sequence[Notice], seen_at: SeenAt, kind: Kind) -> tuple[Statement, ...]:
    """Return what each source says of a fact on which they disagree, the one that is followed first; nothing when they
    agree. `ordered` are the notices of a process with the one to follow last."""

    def value(notice: Notice) -> str | None:
        amount, _ = filter_value(real(notice.value), kind)
        return None if amount is None else f"{amount:.2f}".removesuffix(".00")

    return (
        *_about("closes_at", ordered, seen_at, _deadline, lambda a, b: a.closes_at == b.closes_at),
        *_about("value", ordered, seen_at, value, lambda a, b: same_worth(a.value, b.value)),
    )


def _about(
    field: str,
    ordered: Sequence[Notice],
    seen_at: SeenAt,
    stated: Callable[[Notice], str | None],
    agree: Callable[[Notice, Notice], bool],
) -> tuple[Statement, ...]:
    newest = {notice.source: notice for notice in ordered if stated(notice) is not None}
    if len(newest) < 2:
        return ()
    saying = sorted(newest.values(), key=ordered.index, reverse=True)
    followed, others = saying[0], [notice for notice in saying[1:] if not agree(saying[0], notice)]
    if not others:
        return ()
    same_day = _day(followed, seen_at) == _day(others[0], seen_at)
    return tuple(
        Statement(
            field,
            notice.source,
            notice.key,
            stated(notice) or "",
            notice.published_at or seen_at.get((notice.source, notice.key)),
            why=(SAME_DAY if same_day else LATEST) if notice is followed else None,
        )
        for notice in (followed, *others)
    )


def _deadline(notice: Notice) -> str | None:
    return stamp(notice.closes_at) if notice.closes_at and notice.effect is Effect.OPEN else None


def _day(notice: Notice, seen_at: SeenAt) -> str:
    moment = notice.published_at or seen_at.get((notice.source, notice.key))
    return uk(moment).date().isoformat() if moment else ""
