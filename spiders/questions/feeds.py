"""What the feed spider takes for granted of an address, to be asked of the live publisher."""

from scrapy.http import Response

from spiders.feeds.entries import split_feed
from spiders.questions.probe import Probe
from tenderbell.errors import BrokenResponse


def is_feed(response: Response) -> str | None:
    """Check that the answer is a feed with entries."""
    if response.status != 200:
        return f"It answered {response.status}."
    kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
    try:
        entries = list(split_feed(response.body, kind, response.url))
    except BrokenResponse as error:
        return str(error)
    return None if entries else "The feed has no entries."


PROBES = (Probe("The address answers with a feed that has entries.", "", is_feed),)
