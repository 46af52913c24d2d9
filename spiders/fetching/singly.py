"""What a run is that asks for single notices: those that somebody misses, in place of what is new."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from spiders.base import SourceSpider
from spiders.find_a_tender import FindATender

Singles = Mapping[str, Sequence[str]]
"""By the id of a source the keys of the notices that it is asked for."""


class _AsksSingly:
    """Put before a spider: it asks for the notices that are wanted of its source; of any other it harvests as usual."""

    wanted: Singles

    async def start(self: Any) -> AsyncIterator[Any]:
        keys = self.wanted.get(self.task.source.id)
        if keys is None:
            spider: Any = super()
            async for request in spider.start():
                yield request
        else:
            self.singles = list(keys)
            for request in self.next_single():
                yield request


def can_ask_singly(spider: type[SourceSpider]) -> bool:
    """Return whether a spider can ask for one notice by the name that its page has. Contracts Finder cannot: the number
    in the address of a page is neither that of a release nor that of a process."""
    return issubclass(spider, FindATender)


def singly_class(spider: type[SourceSpider], wanted: Singles) -> type[SourceSpider]:
    """Return the spider as one that asks for single notices where they are wanted of its source."""
    return type(spider.__name__, (_AsksSingly, spider), {"wanted": wanted})
