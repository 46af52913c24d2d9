"""A child process that ends with its parent.

The scheduler starts harvests as children. When it is killed outright it cannot end them, and the next scheduler would
start the same harvest a second time. So each child inherits the read end of a pipe whose write end only the parent
has: when that closes, for whatever reason, the child's process group ends as if it had been asked to.
"""

import os
import signal
import threading
from collections.abc import MutableMapping

VARIABLE = "TENDERBELL_LIFELINE"
"""The environment variable that names the inherited descriptor. Set by the scheduler, never by people."""


def hold(environ: MutableMapping[str, str]) -> None:
    """Watch the lifeline that `environ` names, if it names one, and end this process when it closes."""
    number = environ.pop(VARIABLE, None)
    if number is not None:
        threading.Thread(target=_watch, args=(int(number),), daemon=True, name="lifeline").start()


def _watch(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.killpg(os.getpgrp(), signal.SIGTERM)
