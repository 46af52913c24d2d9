"""The short messages: please confirm, and your manage link; and how every message is put together. Digests have rooms
of their own (`digests`, `contents`)."""

import sqlite3
from datetime import datetime
from email.utils import format_datetime

from alerts import links, mime, rendering
from alerts.addresses import Address
from alerts.outbox import Message, Sort, new_message_id
from alerts.subscribers import Subscriber
from tenderbell.phrases import frequency_words, rhythm_words
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency


def confirmation(
    settings: Settings,
    to: Address,
    name: str,
    frequency: Frequency,
    token: str,
    now: datetime,
    *,
    follows: bool = False,
) -> Message:
    """Return the message that asks for a confirmation. Of what the asker typed it carries only the name of the
    search, short and without links, so that signing somebody else up is no way to advertise; of what somebody would
    follow (`follows`) the title."""
    model: dict[str, object] = {
        "edition": settings.edition,
        "name": f"Follow: {name}" if follows else name,
        "sentence": f"We would write when it changes, {rhythm_words(frequency)}, and stop when it is over."
        if follows
        else f"We would write {frequency_words(frequency)}.",
        "confirm": links.confirm(settings, token),
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
    return compose(settings, Sort.CONFIRMATION, to, f"Please confirm: {settings.edition.title} alerts", model, now)


def link(db: sqlite3.Connection, settings: Settings, subscriber: Subscriber, now: datetime) -> Message:
    """Return the message with the manage link that its owner asked for."""
    model = {
        "edition": settings.edition,
        "manage": links.manage(db, settings, subscriber.id),
        "site": settings.url,
        "privacy": links.privacy(settings),
    }
    to = Address(subscriber.email, subscriber.address)
    subject = f"Your {settings.edition.title} alerts: the link to change them"
    return compose(settings, Sort.LINK, to, subject, model, now, subscriber=subscriber.id)


def compose(
    settings: Settings,
    sort: Sort,
    to: Address,
    subject: str,
    model: dict[str, object],
    now: datetime,
    *,
    subscriber: int | None = None,
    extra: dict[str, str] | None = None,
    template: str | None = None,
) -> Message:
    """Return the finished message: the templates of its sort (or `template`) rendered, with all headers it needs."""
    text, html = rendering.render(template or sort.value, model | {"subject": subject})
    mail, domain = settings.edition.mail, mail_domain(settings)
    message_id = new_message_id(domain)
    title = mime.header_text(f"[Sample] {subject}" if settings.edition.sample else subject)
    headers = {
        "From": mime.mailbox(mail.name, mail.address),
        "To": to.email,
        "Subject": title,
        "Date": format_datetime(now),
        "Message-ID": message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        **({"Reply-To": mail.operator} if mail.operator else {}),
        **(extra or {}),
    }
    return Message(
        sort=sort,
        to=to,
        subject=title,
        message_id=message_id,
        content=mime.build(headers, text, html),
        subscriber=subscriber,
    )


def mail_domain(settings: Settings) -> str:
    """Return the domain that Message-IDs, lists and envelope senders are made under: the From address's."""
    return settings.edition.mail.address.rpartition("@")[2]


def list_headers(settings: Settings, token: str, *, name: str = "alerts") -> dict[str, str]:
    """Return the headers by which mail programs offer to leave: RFC 2919, RFC 2369 and RFC 8058. The token is of the
    scope *everything* (ruling 27), or of the one that ends the list called `name`. The link is short: folding it breaks
    signatures (nodemailer issue 1654)."""
    domain = mail_domain(settings)
    title = mime.header_text(settings.edition.title).encode("ascii", "ignore").decode().replace('"', "").strip()
    return {
        "List-Id": f'"{title} {name}" <{name}.{domain}>',
        "List-Unsubscribe": f"<{links.end_all(settings, token)}>, <mailto:unsubscribe+{token}@{domain}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
    }
