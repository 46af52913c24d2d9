"""What is kept about people, why and how long: one table. The privacy page shows it, `retention.prune` and the forms go
by its periods, and a test holds it against the tables of `private.db`."""

from datetime import timedelta

import msgspec


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One sort of personal thing that is stored: what, why, and for how long. `period` is the time after which it is
    deleted, None for what stays; `rule` says from when it counts, with the period's words in its braces. `tables` are
    those of `private.db` that hold it."""

    what: str
    why: str
    period: timedelta | None
    rule: str = "{}"
    tables: tuple[str, ...]

    @property
    def how_long(self) -> str:
        """The rule with its period, in words."""
        return self.rule.format(period_words(self.period))


def period_words(period: timedelta | None) -> str:
    """Return "28 days" or "12 months"; "" for no period."""
    if period is None:
        return ""
    if period.days % 365 == 0:
        return f"{period.days // 365 * 12} months"
    return "one day" if period.days == 1 else f"{period.days} days"


def _days(days: int) -> timedelta:
    return timedelta(days=days)


def after(kept: Kept) -> timedelta:
    """Return the time after which a sort of thing is deleted. Raises ValueError for what stays."""
    if kept.period is None:
        raise ValueError(f"This is kept for ever: {kept.what}.")
    return kept.period


PEOPLE = Kept(
    what="Your e-mail address, your searches and what you follow",
    why="To write to you about what you asked for",
    period=_days(28),
    rule="Until {} after the last of them has ended; at once when you press “Erase me”",
    tables=("subscriber", "profile"),
)
REQUESTS = Kept(
    what="When you asked, the wording you agreed to and a scrambled form of your network address",
    why="To show that you asked",
    period=_days(7),
    rule="As long as your address; {} if you never confirmed",
    tables=("request",),
)
BODIES = Kept(
    what="The text of e-mails",
    why="To send them, and to send them again if that failed",
    period=_days(30),
    tables=("body",),
)
TOLD = Kept(
    what="Which e-mails we sent you, and which opportunities were in them",
    why="So that nothing is told twice, and to show you what was sent",
    period=PEOPLE.period,
    rule="Until {} after your last alert has ended",
    tables=("match", "digest", "outbox"),
)
HIDDEN = Kept(
    what="The opportunities that you said are not for you",
    why="So that we do not write of them again",
    period=PEOPLE.period,
    rule="Until you show them again, at most until {} after your last alert has ended",
    tables=("hidden",),
)
BOUNCES = Kept(
    what="That an e-mail came back or was called unwanted, with a scrambled form of the address",
    why="To stop writing to addresses that do not work, and to see what goes wrong",
    period=_days(365),
    tables=("bounce",),
)
SUPPRESSIONS = Kept(
    what="A scrambled form of addresses that must not be written to",
    why="To keep the promise not to write again",
    period=None,
    rule="For as long as this site runs, or until you confirm that the address works again",
    tables=("suppression",),
)
CONTACTS = Kept(
    what="A commissioner’s address and what it wants to be told",
    why="To send receipts and warnings about its adverts",
    period=PEOPLE.period,
    rule=f"Until {{}} after they were stopped; {period_words(REQUESTS.period)} if never confirmed",
    tables=("contact", "receipt_wish", "receipt"),
)
AUTHORS = Kept(
    what="Who wrote an advert or a reply for a body",
    why="So that the body can change it, and nobody else",
    period=_days(365),
    rule="{} after the last of them",
    tables=("advert", "answer"),
)
REPORTS = Kept(
    what="Reports of missing adverts and of mistakes",
    why="To look into them, and to see whether we get better",
    period=_days(365),
    tables=("report",),
)
REPORTERS = Kept(
    what="Your address with such a report",
    why="To tell you what came of it",
    period=_days(28),
    rule="{} after the answer",
    tables=("report",),
)
MATTERS = Kept(
    what="What the people who run this site were asked to decide",
    why="To look up what was decided",
    period=_days(365),
    rule="{} after it was decided",
    tables=("matter",),
)
ALARMS = Kept(
    what="What the people who run this site were alarmed about",
    why="To see whether the same thing goes wrong again",
    period=_days(365),
    tables=("alarm",),
)
HITS = Kept(
    what="How many forms came from one network, scrambled",
    why="To stop robots",
    period=_days(1),
    rule="At most {}",
    tables=("form_hit",),
)
KEPT = (
    PEOPLE,
    REQUESTS,
    BODIES,
    TOLD,
    HIDDEN,
    BOUNCES,
    SUPPRESSIONS,
    CONTACTS,
    AUTHORS,
    REPORTS,
    REPORTERS,
    MATTERS,
    ALARMS,
    HITS,
)
"""Everything personal that `private.db` holds."""

NOT_PERSONAL = frozenset({"step", "secret", "domain", "digest_run", "restoration"})
"""Tables of `private.db` that hold nothing about a person."""
