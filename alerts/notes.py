"""Notes: letters of a few sentences and at most one link, for commissioners and the operator."""

from collections.abc import Iterable
from datetime import datetime

from alerts import links, messages
from alerts.addresses import Address
from alerts.outbox import Message, Sort
from tenderbell.settings import Settings


def note(
    settings: Settings,
    sort: Sort,
    to: Address,
    subject: str,
    paragraphs: Iterable[str],
    link: tuple[str, str] | None,
    now: datetime,
) -> Message:
    """Return the letter: `subject` is its heading too, `link` the words and the address of its one link."""
    model: dict[str, object] = {
        "edition": settings.edition,
        "paragraphs": tuple(paragraphs),
        "link": link,
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
    return messages.compose(settings, sort, to, subject, model, now, template="note")
