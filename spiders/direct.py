"""Adverts written on this site by commissioners themselves; the site puts them into the archive, nothing is fetched.

Publisher: the area's public bodies and funders, each confirmed by an address on its own mail domain
Area: the edition's own
Licence: the publisher's own words, given to this site to publish
Access: none; a harvest asks nobody and only notes that the source is in order
Limits: none
Quirks: an edit is another version of the same key; a withdrawal is a notice of its own (KEY-withdrawn)
Last checked live: not applicable; there is no service to ask
"""

from collections.abc import AsyncIterator
from typing import Any

from scrapy.http import Request

from spiders.base import SourceSpider
from tenderbell import direct
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse
from tenderbell.notice import Raw, Reader


class Direct(SourceSpider):
    """The adverts written here."""

    address = "https://direct.invalid"
    steady = False

    async def start(self) -> AsyncIterator[Any]:
        """Ask nobody: what is written here is in the archive already."""
        self.task.done = True
        nobody: tuple[Request, ...] = ()
        for request in nobody:
            yield request

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the function that reads an archived advert."""
        del source
        return lambda raw: direct.read(raw, area)

    @classmethod
    def split(cls, source: Source, body: bytes, content_type: str, url: str | None) -> list[Raw]:
        """Return the one advert of a saved document."""
        del content_type
        key = direct.key_of(body)
        if key is None:
            raise BrokenResponse("This is no advert as it is written here: it has no key.")
        return [Raw(source.id, key, body.strip(), url=url)]
