"""Complaints: what mail services send when somebody marks one of our e-mails as unwanted (ARF, RFC 5965)."""

from email.message import Message

from alerts.incoming_mail import FEEDBACK, PARSER_FAULTS, Incoming, fields, values

_UNWANTED = frozenset(["abuse", "fraud", "opt-out"])
"""Types of feedback that say: no more of this. *not-spam* says the opposite, *virus* and *other* say neither."""


def feedback(incoming: Incoming) -> Message | None:
    """Return the fields of a complaint; None for a message that is none."""
    try:
        parts = incoming.report.get_payload() if incoming.report else []
        reports = [part for part in parts if isinstance(part, Message) and part.get_content_type() == FEEDBACK]
        for group in (group for part in reports for group in fields(part)):
            if {word.lower() for word in values(group, "feedback-type")} & _UNWANTED:
                return group
    except PARSER_FAULTS:
        pass
    return None
