"""Every cause for which the operator is written to: what has happened, what to do, and when it is over by itself.

A new cause is a new row. Only what a human must mend has one: what usually heals within the hour is waited for first.
Each is told once, all of one run in one e-mail, and again after seven days while it lasts (`alarms`).
"""

import msgspec


class Cause(msgspec.Struct, frozen=True):
    """One sort of alarm. `subject` is how the subjects of its alarms begin; `own` when the watch finds it by looking,
    and so clears it too."""

    subject: str
    cause: str
    todo: str
    ends: str
    own: bool = True


NEXT_LOOK = "at the next look after it is put right"

CAUSES = (
    Cause(
        "source ",
        "A source has failed, or has given less than usual, for a day; or one that never worked fails; or one that "
        "always lists something lists nothing on a weekday.",
        "Look at its site: it may have moved or changed its pages.",
        "with the next harvest that works",
    ),
    Cause(
        "digests ",
        "Digests are an hour and a half late although somebody waits for them.",
        "Run `tenderbell digest`, and see that `tenderbell run` is running.",
        "when they are built",
    ),
    Cause(
        "unknown",
        "Of more than 1 in 100 e-mails of a week (at least five) nobody knows whether they arrived.",
        "Look at the mail server's log and its time limits.",
        "when fewer are unknown in seven days",
    ),
    Cause(
        "bounce rate",
        "More than 5 in 100 e-mails of a week came back, of at least fifty.",
        "Look at the reasons in `tenderbell status` and run `tenderbell doctor`.",
        "when fewer came back in seven days",
    ),
    Cause(
        "refused",
        "The mail server refuses what we send.",
        "Run `tenderbell doctor`.",
        "when what waits is sent, or a day after the last refusal",
    ),
    Cause(
        "waiting",
        "An e-mail has waited for more than three hours.",
        "Run `tenderbell send`, which says why, and `tenderbell doctor`.",
        "when it is sent",
    ),
    Cause(
        "sender",
        "Nothing has been sent for a day although e-mails are due.",
        "Start `tenderbell run` again.",
        "when the sender has run",
    ),
    Cause(
        "matcher",
        "Nobody has been matched for a day although there is news.",
        "Start `tenderbell run` again.",
        "when the matcher has run",
    ),
    Cause(
        "canary",
        "The daily test e-mail did not go, or its search was not told of something that came.",
        "Run `tenderbell doctor`, `tenderbell match` and `tenderbell digest`, and look at `tenderbell status`.",
        "with the next day's e-mail, or when the matches are there",
    ),
    Cause(
        "disk",
        "The disk is getting full, is full, or takes nothing.",
        "Make room; on a disk that can only be read, see the system's log, check it and mount it for writing.",
        NEXT_LOOK,
    ),
    Cause(
        "clock",
        "The clock of the machine is wrong, or was set.",
        "Set it and keep it right with NTP. If it is right, nothing.",
        "with the next harvest that reaches a source and shows that the clock is right",
    ),
    Cause(
        "archive.db",
        "archive.db is gone, empty or damaged.",
        "Run `tenderbell restore DIR --only archive.db`.",
        NEXT_LOOK,
    ),
    Cause("public.db", "public.db is gone, empty or damaged.", "Run `tenderbell rebuild`.", NEXT_LOOK),
    Cause(
        "private.db",
        "private.db is gone, empty or damaged.",
        "Run `tenderbell restore DIR --only private.db`.",
        NEXT_LOOK,
    ),
    Cause(
        "damage ",
        "The weekly examination found damage in a database.",
        "The alarm says which command mends that file.",
        "with an examination that finds none (`tenderbell upkeep`)",
    ),
    Cause(
        "backup",
        "The last backup did not work, or a planned one is a day late.",
        "Do what it says; then run `tenderbell backup DIR`.",
        "with the next backup that works",
    ),
    Cause(
        "copies",
        "For a quarter of an hour no copy has reached the place that TENDERBELL_REPLICA names.",
        "See to the place, or start `tenderbell replicate` again.",
        "with the next copy",
    ),
    Cause(
        "tenderbell ",
        "A step of the work has failed by the machine's fault (killed, no memory) for an hour.",
        "Give the machine more memory, or see what else takes it.",
        "when that step works again",
    ),
    Cause(
        "our e-mails come back",
        "Mail servers refuse our e-mails for a fault of ours.",
        "Run `tenderbell doctor`: SPF, DKIM, DMARC or the server's name is not as they want it.",
        "after a week without such a refusal",
        own=False,
    ),
)

OWN = tuple(cause.subject for cause in CAUSES if cause.own)
"""How the subjects of the watch begin."""


def cause_of(subject: str) -> Cause | None:
    """Return the row of an alarm."""
    return next((cause for cause in CAUSES if subject.startswith(cause.subject)), None)


def table() -> str:
    """Return the causes as a table of the documentation."""
    rows = [f"| `{one.subject.strip()}` | {one.cause} | {one.todo} | {one.ends} |" for one in CAUSES]
    return "\n".join(["| alarm | cause | what to do | it ends |", "|---|---|---|---|", *rows])
