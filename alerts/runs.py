"""A run of the sender: what its connections share, and what it tells at its end."""

import sqlite3

import msgspec

from alerts.pace import Pace
from alerts.signing import Signer
from alerts.turns import Turns
from tenderbell.settings import Settings


class SendReport(msgspec.Struct, kw_only=True):
    """What became of the messages of a run. `held` wait because the edition's limits let no more go now; `problem` is
    why the run stopped before the end, when it did. No address stands in it."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    unknown: int = 0
    withdrawn: int = 0
    held: int = 0
    problem: str | None = None


class Run(msgspec.Struct, kw_only=True):
    """What the connections of one run share; all of them run in one thread and one event loop. `left` is how many
    messages it may still take, `put_off` how many the server put off one after another, `filled` and `synced` when (by
    the loop's clock) the list of what waits was read, and when a commit last waited for the disk."""

    db: sqlite3.Connection
    settings: Settings
    left: int
    pace: Pace
    signer: Signer | None = None
    report: SendReport = msgspec.field(default_factory=SendReport)
    turns: Turns = msgspec.field(default_factory=Turns)
    put_off: int = 0
    filled: float = float("-inf")
    synced: float = 0.0
