"""What a run of reconciling is: a source's own list against the archive, and what became of the differences."""

from collections.abc import AsyncIterator
from typing import Any

from spiders.base import SourceSpider, Task
from spiders.fetching import gaps
from tenderbell.clock import stamp
from tenderbell.reconciliations import Reconciliation


class _Reconciles:
    """Put before a spider: its `reconcile` runs in place of its `start`."""

    async def start(self: Any) -> AsyncIterator[Any]:
        for request in self.reconcile():
            yield request


def reconciling_class(spider: type[SourceSpider]) -> type[SourceSpider]:
    """Return the spider as one that compares in place of harvesting."""
    return type(spider.__name__, (_Reconciles, spider), {})


def compared(task: Task) -> Reconciliation:
    """Settle the differences that a task has fetched, and return how many there were and what became of them."""
    states = [gaps.outcome(task.archive, task.source.id, key, task.clock()) for key in task.differences]
    return Reconciliation(
        stamp(task.clock()), task.compared, len(states), states.count("fetched"), states.count("absent")
    )
