"""A process that harvests once, as `tests.spiders.child` does, but gives up endless lists after a few pages."""

import sys
from itertools import chain

from spiders import table, ted, ukri, wordpress
from spiders.base import SourceSpider
from spiders.registry import spider_class, spider_names
from tests.spiders import child

MOST_PAGES = 4


def main(arguments: str) -> None:
    for kind in chain.from_iterable(spider_class(name).__mro__ for name in spider_names()):
        if issubclass(kind, SourceSpider) and "most_pages" in vars(kind):
            kind.most_pages = MOST_PAGES  # type: ignore[attr-defined]
    table.MOST_PAGES = ted.MOST_PAGES = wordpress.MOST_PAGES = ukri.MOST_FEED_PAGES = MOST_PAGES
    child.main(arguments)


if __name__ == "__main__":
    main(sys.argv[1])
