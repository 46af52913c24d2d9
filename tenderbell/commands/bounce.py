"""bounce: reads what came back."""

import sqlite3
import sys
from contextlib import closing
from typing import BinaryIO

import click

from tenderbell.commands.options import as_json, checked, print_json, room
from tenderbell.errors import TenderbellError
from tenderbell.phrases import plural
from tenderbell.private import open_private

EX_TEMPFAIL = 75
"""The exit code that makes a mail server keep the message and try again (sysexits.h)."""


@click.command()
@click.option("--mailbox", is_flag=True, help="Read the mailbox that TENDERBELL_BOUNCES names instead.")
@click.option("--recipient", metavar="ADDRESS", help="The address that the message was delivered to.")
@as_json
def bounce(mailbox: bool, recipient: str | None, as_json: bool) -> None:
    """Read what came back: one message from standard input, or a whole mailbox.

    Reports that prove which e-mail they are about stop the e-mails to an address that does not work, or whose owner
    complains; whoever writes to the address of List-Unsubscribe leaves. All else changes nothing.

    From standard input it exits 0 for any message, and 75 when it could not be noted: the mail server then tries again.
    """
    if mailbox:
        _read_mailbox(as_json)
    else:
        _read_one(recipient, as_json)


def _read_mailbox(as_json: bool) -> None:
    settings = checked()
    if settings.bounces is None:
        click.echo("TENDERBELL_BOUNCES names no mailbox, so there is nothing to read.", err=True)
        return
    report = room("alerts.mailboxes").read_mailbox(settings)
    if as_json:
        print_json(report)
    else:
        click.echo(f"{plural(report.bounce, 'bounce')}, {plural(report.complaint, 'complaint')}, {report.left:,} left, "
                   f"{report.known:,} known, {report.ignored:,} ignored.")  # fmt: skip


def _read_one(recipient: str | None, as_json: bool) -> None:
    """Handle one message. Whatever goes wrong is no fault of the message, and a mail server that hears of anything but
    75 throws it away: so every error ends there, this program's own mistakes included."""
    try:
        settings = checked()
        content = _beginning(sys.stdin.buffer, room("alerts.incoming_mail").LONGEST)
        with closing(open_private(settings.private_path)) as db:
            handled = room("alerts.returns").handle(db, content, settings.clock(), recipient=recipient)
    except Exception as fault:
        known = isinstance(fault, TenderbellError | OSError | sqlite3.Error)
        click.echo(f"Not noted, try again: {fault if known else type(fault).__name__}", err=True)
        click.get_current_context().exit(EX_TEMPFAIL)
    if as_json:
        print_json({"handled": handled})
    else:
        click.echo(f"{handled.capitalize()}.")


def _beginning(stream: BinaryIO, length: int) -> bytes:
    """Return the first bytes of a stream, having read it all: who cannot finish writing thinks that this failed."""
    content = stream.read(length)
    while stream.read(length):
        pass
    return content
