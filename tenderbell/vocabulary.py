"""The closed lists of words that Tenderbell uses in code, in its databases and on its pages."""

from enum import StrEnum


class Stage(StrEnum):
    """How far a process has come. `CLOSED` is stored only when a notice says so; otherwise it is computed
    from the deadline and the clock (ruling 10)."""

    PLANNED = "planned"
    ENGAGEMENT = "engagement"
    OPEN = "open"
    CLOSED = "closed"
    AWARDED = "awarded"
    CANCELLED = "cancelled"


LIVE_STAGES = frozenset({Stage.PLANNED, Stage.ENGAGEMENT, Stage.OPEN})
"""The stages in which somebody can still prepare, answer or apply."""


class Kind(StrEnum):
    """What the applicant gets (the Code, 3.1.1; ruling 12)."""

    CONTRACT = "contract"
    GRANT = "grant"
    LOAN = "loan"
    FRAMEWORK = "framework"
    CONCESSION = "concession"
    DYNAMIC_MARKET = "dynamic-market"
    UNCLEAR = "unclear"


class Reach(StrEnum):
    """How an opportunity relates to the edition's area (sources.md section 7)."""

    LOCAL = "local"
    REGIONAL = "regional"
    NATIONAL = "national"
    UNSTATED = "unstated"


class Effect(StrEnum):
    """What one notice does to its process. `NONE` changes nothing but is kept and shown as history."""

    PLAN = "plan"
    ENGAGE = "engage"
    OPEN = "open"
    AWARD = "award"
    CANCEL = "cancel"
    CANCEL_LOTS = "cancel-lots"
    CLOSE = "close"
    NONE = "none"


class EventType(StrEnum):
    """What happened to an opportunity."""

    NEW = "new"
    OPENED = "opened"
    DEADLINE = "deadline"
    VALUE = "value"
    CANCELLED = "cancelled"
    REOPENED = "reopened"
    AWARDED = "awarded"
    CLOSED = "closed"
    REVISED = "revised"


class Frequency(StrEnum):
    """How often a profile's owner is written to."""

    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"


class Result(StrEnum):
    """What a notice shows about an undertaking of the Code. Silence is *not stated*, never *not met*."""

    MET = "met"
    NOT_MET = "not met"
    NOT_STATED = "not stated"
