"""The outbox: finished messages on their way, and the states that they go through.

```
pending --take---> sending --250--> sent
   ^                  |---4xx, or no connection--> pending, later
   |                  |---5xx--> failed
   |                  '---lost after DATA, or a lease that ran out--> unknown --once--> sending
   '-- put            pending or unknown --nobody wants it any more--> withdrawn
```
"""

import secrets
import sqlite3
from datetime import datetime
from enum import StrEnum

import msgspec

from alerts import leftovers
from alerts.addresses import Address
from tenderbell.clock import stamp


class Sort(StrEnum):
    """What a message is for: only digests need a living profile. A *receipt* tells a buyer that its advert appeared, a
    *warning* that none has; an *outcome* tells what became of a report, an advert or a reply; a *question* asks the
    operator to decide, an *alarm* tells it what is wrong. *Still here* goes to who wants a word in a month without
    news."""

    CONFIRMATION = "confirmation"
    LINK = "link"
    DIGEST = "digest"
    RECEIPT = "receipt"
    WARNING = "warning"
    OUTCOME = "outcome"
    QUESTION = "question"
    ALARM = "alarm"
    STILL_HERE = "still-here"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A finished message: the exact bytes that will be sent, and for whom."""

    sort: Sort
    to: Address
    subject: str
    message_id: str
    content: bytes
    subscriber: int | None = None


def new_message_id(domain: str) -> str:
    """Return a Message-ID that no other message has."""
    return f"<{secrets.token_hex(12)}@{domain}>"


def next_number(db: sqlite3.Connection) -> int:
    """Return the number that the next message will have, for links in its own text. It holds only inside the caller's
    transaction, which is the only writer: `put` must follow in the same one."""
    row = db.execute("select seq + 1 from sqlite_sequence where name = 'outbox'").fetchone()
    return int(row[0]) if row else 1


def put(db: sqlite3.Connection, message: Message, now: datetime) -> int:
    """Queue a message inside the caller's transaction and return its number: what made it is committed with it."""
    row = db.execute(
        "insert into outbox (sort, subscriber, email, address, subject, message_id, not_before, created_at) "
        "values (?, ?, ?, ?, ?, ?, ?, ?) returning id",
        (
            message.sort,
            message.subscriber,
            message.to.email,
            message.to.key,
            message.subject,
            message.message_id,
            stamp(now),
            stamp(now),
        ),
    ).fetchone()
    db.execute("insert into body values (?, ?)", (row[0], message.content))
    return int(row[0])


def withdraw_unwanted(db: sqlite3.Connection, subscriber: int, now: datetime) -> None:
    """Withdraw a subscriber's waiting digests whose profiles have all ended, and the word in a month without news that
    no profile asks for any more. Twice is the same as once."""
    db.execute(
        "update outbox set state = 'withdrawn', done_at = ? where subscriber = ? and sort = 'still-here' "
        "and state in ('pending', 'unknown') and not exists (select 1 from profile p "
        "where p.subscriber = outbox.subscriber and p.still_here and p.ended_at is null)",
        (stamp(now), subscriber),
    )
    withdrawn = db.execute(
        "update outbox set state = 'withdrawn', done_at = ? where subscriber = ? and sort = 'digest' "
        f"and state in ('pending', 'unknown') and not {WANTED} returning id",
        (stamp(now), subscriber),
    ).fetchall()
    for row in withdrawn:
        untell(db, row["id"])


def untell(db: sqlite3.Connection, message: int) -> None:
    """Take back what a digest would have told, because nobody got it: it waits again for the profiles that live, and
    is handed on or dropped for those that have ended. So *claimed* always means told, or about to be.

    A digest that the server refused for good stays told: it would refuse the same text again, and asking once more
    with every run is what mail servers punish. The operator sees it among the failed ones.
    """
    ended = db.execute(
        "select distinct p.subscriber, p.id from profile p join match m on m.profile = p.id "
        "where m.outbox = ? and p.ended_at is not null",
        (message,),
    ).fetchall()
    db.execute(
        "update match set outbox = null, state = 'waiting', section = null, shown = null where outbox = ?", (message,)
    )
    db.execute("delete from digest where outbox = ?", (message,))
    for row in ended:
        leftovers.hand_on(db, row["subscriber"], row["id"])


WANTED = (
    "exists (select 1 from match join profile on profile.id = match.profile "
    "where match.outbox = outbox.id and profile.ended_at is null)"
)
"""Whether a living profile still wants a digest: asked when one ends, and again when the digest is sent."""
