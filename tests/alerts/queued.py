"""Messages in the outbox, and sending them to a postbox."""

import dataclasses
import functools
from collections.abc import Iterable

from alerts import mime, outbox
from alerts.addresses import Address
from alerts.outbox import Message, Sort
from alerts.sending import SendReport, send
from tenderbell.database import transaction
from tests.alerts.postbox import Postbox
from tests.alerts.world import World


def queue(world: World, count: int = 1, sort: Sort = Sort.CONFIRMATION) -> None:
    """Put messages for person0, person1... at example.org into the outbox, with bytes that are hard to carry."""
    queue_for(world, [f"person{number}@example.org" for number in range(count)], sort)


def queue_for(world: World, addresses: Iterable[str], sort: Sort = Sort.CONFIRMATION) -> None:
    """Put one message for each address into the outbox."""
    with world.private() as db, transaction(db):
        for address in addresses:
            number = db.execute("select count(*) from outbox").fetchone()[0]
            head = "From: alerts@bell.example\r\n"
            content = f"{head}Subject: number {number}\r\nMessage-ID: <{number}@bell.example>\r\n\r\n.hidden dot\r\n"
            outbox.put(
                db,
                Message(
                    sort=sort,
                    to=Address(address, address),
                    subject=f"number {number}",
                    message_id=f"<{number}@bell.example>",
                    content=content.encode(),
                ),
                world.now,
            )


@functools.cache
def letter(address: str = "ann@example.org", lines: int = 3) -> bytes:
    """Return a message with every header that ours have."""
    headers = {
        "From": mime.mailbox("Test Opportunities", "alerts@bell.example"),
        "To": address,
        "Subject": "A grant — with a dash, and a long title that has to be folded over more than one line of a header",
        "Date": "Wed, 04 Nov 2026 09:00:00 +0000",
        "Message-ID": "<one@bell.example>",
        "List-Id": '"Test Opportunities alerts" <alerts.bell.example>',
        "List-Unsubscribe": "<https://bell.example/unsubscribe/a1-x>, <mailto:unsubscribe+a1-x@bell.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    text = "\n".join(["  indented", ".hidden dot", "trailing  ", "", *["a line"] * lines, "", ""])
    return mime.build(headers, text, f"<p>{text}</p>")


def send_to(world: World, box: Postbox, *, limit: int | None = None) -> SendReport:
    """Send what is due to a postbox."""
    return send(dataclasses.replace(world.settings, mail=box.url), limit=limit)
