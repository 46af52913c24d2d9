"""The baseline of the harvest: plain Scrapy, its settings as they come, follows the same links and writes each page
to a file. `python -m tests.bench.plain_crawl FOLDER URL...`"""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Request, Response


class PlainSpider(scrapy.Spider):
    """Writes pages to files, numbered as they arrive."""

    name = "plain"

    def __init__(self, folder: Path, urls: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.folder, self.urls, self.pages = folder, urls, 0

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the first page of each window."""
        for url in self.urls:
            yield Request(url, dont_filter=True)

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Request]:
        """Write one page and follow its link."""
        self.pages += 1
        (self.folder / f"page-{self.pages:04}.json").write_bytes(response.body)
        following = response.json().get("links", {}).get("next")  # type: ignore[attr-defined]
        if following:
            yield Request(following, dont_filter=True)


def main() -> None:
    """Crawl once."""
    process = CrawlerProcess(settings={"LOG_LEVEL": "WARNING", "TELNETCONSOLE_ENABLED": False})
    process.crawl(PlainSpider, folder=Path(sys.argv[1]), urls=sys.argv[2:])
    process.start()


if __name__ == "__main__":
    main()
