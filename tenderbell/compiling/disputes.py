"""Where sources disagree: what each says of the deadline and of the value, and which one is followed (ruling 14)."""

from collections.abc import Sequence

import msgspec

from tenderbell.clock import stamp, uk
from tenderbell.compiling.precedence import SeenAt
from tenderbell.compiling.values import filter_value, same_worth
from tenderbell.notice import Money, Notice
from tenderbell.opportunity import Statement
from tenderbell.vocabulary import Effect, Kind

LATEST = "It was published last."
SAME_DAY = "Both were published on one day, and this source goes before the other."
ROLLING = "rolling"
"""What stands in place of a deadline where a source says that there is none."""


class Saying(msgspec.Struct, frozen=True):
    """What a notice says of one fact, as it was understood: `deadline` a stored stamp or `ROLLING`, `money` an amount.
    `followed` when it became the opportunity's own."""

    field: str
    notice: Notice
    deadline: str | None = None
    money: Money | None = None
    followed: bool = True


def deadline_said(notice: Notice) -> Saying:
    """Return what a notice says of the deadline."""
    told = ROLLING if notice.rolling or notice.closes_at is None else stamp(notice.closes_at)
    return Saying("closes_at", notice, deadline=told)


def disputed(sayings: Sequence[Saying], seen_at: SeenAt, kind: Kind) -> tuple[Statement, ...]:
    """Return what each source says of a fact on which they disagree, the one that is followed first; nothing when they
    agree. `sayings` are those of one opportunity in the order in which they were read."""
    return tuple(statement for field in ("closes_at", "value") for statement in _about(field, sayings, seen_at, kind))


def _about(field: str, sayings: Sequence[Saying], seen_at: SeenAt, kind: Kind) -> list[Statement]:
    told = [saying for saying in sayings if saying.field == field]
    followed = next((saying for saying in reversed(told) if saying.followed), None)
    if followed is None:
        return []
    newest = {saying.notice.source: saying for saying in told if _is_like(saying, followed)}
    newest.pop(followed.notice.source, None)
    others = [saying for saying in reversed(newest.values()) if not _agree(saying, followed)]
    if not others:
        return []
    same_day = _day(followed.notice, seen_at) == _day(others[0].notice, seen_at)
    why = SAME_DAY if same_day else LATEST
    return [_statement(saying, seen_at, kind, why if saying is followed else None) for saying in (followed, *others)]


def _is_like(one: Saying, other: Saying) -> bool:
    """Return whether two notices speak of the same thing: what an award came to does not dispute the estimate."""
    return (one.notice.effect is Effect.AWARD) == (other.notice.effect is Effect.AWARD)


def _agree(one: Saying, other: Saying) -> bool:
    return one.deadline == other.deadline if one.deadline else same_worth(one.money, other.money)


def _statement(saying: Saying, seen_at: SeenAt, kind: Kind, why: str | None) -> Statement:
    notice = saying.notice
    amount, _ = filter_value(saying.money, kind)
    told = saying.deadline or ("" if amount is None else f"{amount:.2f}".removesuffix(".00"))
    at = notice.published_at or seen_at.get((notice.source, notice.key))
    return Statement(saying.field, notice.source, notice.key, told, at, why=why)


def _day(notice: Notice, seen_at: SeenAt) -> str:
    moment = notice.published_at or seen_at.get((notice.source, notice.key))
    return uk(moment).date().isoformat() if moment else ""
