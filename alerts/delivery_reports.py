"""Delivery reports: what a mail server says of a message that it did not deliver.

Most servers write RFC 3464's fields, which the standard library reads: of those only `Action: failed` counts, because
*delayed* goes on trying and *relayed*, *expanded* and *delivered* are no failures. Older dialects (qmail, Exim, some of
Exchange) write prose; who bounced is then found by flufl.bounce, which was made for it, and the reason by its code.
Prose is believed only from a mail system's own address, so that a holiday notice about a full mailbox is none.
"""

import logging
import re
from email.message import Message
from email.utils import parseaddr

import msgspec
from flufl.bounce import all_failures

from alerts import incoming_mail
from alerts.incoming_mail import DELIVERY_STATUS, PARSER_FAULTS, Incoming, values

# What a detector stumbles over is somebody's mail, and belongs into no log.
logging.getLogger("flufl.bounce").disabled = True

UNSTATED = "5.0.0"
"""The status of a failure that does not state one: permanent, and nothing more is known (RFC 3463)."""

_ENHANCED = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_BASIC = re.compile(r"(?<![\d.#-])([45])(\d\d)(?![\d.])")
_MAILBOX_FULL = "52"
"""The last two digits of 452 and 552: no room (RFC 5321, 4.2.3)."""

_OF_SENDER = re.compile(
    r"\b(?:relay\w*|authenti\w*|spam\w*|black-?list\w*|block-?list\w*|dnsbl|spf|dkim|dmarc|reputation|policy)\b",
    re.IGNORECASE,
)
_SYSTEMS = frozenset("mailer-daemon mail-daemon maildaemon mailerdaemon postmaster".split())


class Failure(msgspec.Struct, frozen=True):
    """A message was not delivered. `status` is RFC 3463's (5.1.1), `recipient` the address that the report names, None
    when it names none, `diagnostic` what the server said, which may name anybody."""

    status: str
    recipient: str | None
    diagnostic: str


def failures(incoming: Incoming) -> tuple[Failure, ...]:
    """Return the failures that a message reports; none when it is no report, or of something that may still arrive."""
    try:
        parts = incoming.report.get_payload() if incoming.report else []
        statuses = [
            part for part in parts if isinstance(part, Message) and incoming_mail.is_child(part, DELIVERY_STATUS)
        ]
        if statuses:
            groups = [group for part in statuses for group in incoming_mail.fields(part)]
            return tuple(_failure(group) for group in groups if _has_failed(group))
        return _of_prose(incoming)
    except PARSER_FAULTS:
        return ()


def status_of(stated: str, said: str) -> str:
    """Return the status of a failure: the one that is stated, or the more exact one in what the server said. 552
    without a status means that the mailbox is full; any other code alone says only whether it is for good. A failure
    that states no reason but speaks of relays, passwords or spam is about the sender: X.7.0."""
    known, better = _ENHANCED.search(stated), _ENHANCED.search(said)
    status = (known or better or [""])[0] or _by_code(said)
    if status.endswith(".0.0") and better and better[0][0] == status[0]:
        status = better[0]
    return f"{status[0]}.7.0" if status.endswith(".0.0") and _OF_SENDER.search(said) else status


def _by_code(said: str) -> str:
    basic = _BASIC.search(said)
    if basic is None:
        return UNSTATED
    return f"{basic[1]}.2.2" if basic[2] == _MAILBOX_FULL else f"{basic[1]}.0.0"


def _has_failed(group: Message) -> bool:
    return any(action.lower().startswith("failed") for action in values(group, "action")[:1])


def _failure(group: Message) -> Failure:
    said = " ".join(values(group, "diagnostic-code"))
    final = values(group, "final-recipient") or values(group, "original-recipient")
    named = parseaddr(final[0].rpartition(";")[2])[1] if final else ""
    return Failure(status_of(" ".join(values(group, "status")), said), named or None, said)


def _of_prose(incoming: Incoming) -> tuple[Failure, ...]:
    if not _is_from_a_system(incoming.message):
        return ()
    _, failed = all_failures(incoming.message)
    if not failed:
        return ()
    start = incoming_mail.start_of_headers(incoming.text)
    said = " ".join(incoming.text[:start].split())
    status = status_of("", said)
    return tuple(Failure(status, address.decode("ascii", "replace"), said) for address in sorted(failed))


def _is_from_a_system(message: Message) -> bool:
    if values(message, "x-failed-recipients"):
        return True
    senders = values(message, "from")
    return bool(senders) and parseaddr(senders[0])[1].partition("@")[0].lower() in _SYSTEMS
