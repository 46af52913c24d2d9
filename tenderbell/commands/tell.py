"""match, digest, letters, send, tidy: from events to e-mails, and away with what is no longer needed."""

from contextlib import closing

import click

from tenderbell import timekeeping
from tenderbell.commands.options import as_json, print_json, room, with_settings
from tenderbell.keeping import notes
from tenderbell.keeping.folding import fold_all
from tenderbell.keeping.payloads import empty_payloads
from tenderbell.phrases import plural
from tenderbell.private import open_private
from tenderbell.settings import Settings
from tenderbell.vocabulary import Frequency


@click.command()
@as_json
@with_settings
def match(settings: Settings, as_json: bool) -> None:
    """Find whom the new events concern. Sends nothing."""
    report = room("alerts.matching").match(settings)
    if as_json:
        print_json(report)
    else:
        click.echo(f"{plural(report.matches, 'match', 'matches')} found in {plural(report.events, 'event')}.")


@click.command()
@click.argument("frequency", required=False, type=click.Choice([frequency.value for frequency in Frequency]))
@as_json
@with_settings
def digest(settings: Settings, frequency: str | None, as_json: bool) -> None:
    """Write the e-mails that are due into the outbox: of one FREQUENCY, or of all. Nobody gets an empty one."""
    report = room("alerts.digests").build(settings, frequency=Frequency(frequency) if frequency else None)
    if as_json:
        print_json(report)
    else:
        click.echo(f"{plural(report.digests, 'e-mail')} written to the outbox.")


@click.command()
@as_json
@with_settings
def letters(settings: Settings, as_json: bool) -> None:
    """Write what is due besides digests: receipts, warnings, outcomes, questions to the operator, and alarms.

    Exits 1 when some could not be written; the next run tries again.
    """
    report = room("alerts.letters").write(settings)
    if as_json:
        print_json(report)
    else:
        counts = (
            plural(report.receipts, "receipt"),
            plural(report.warnings, "warning"),
            plural(report.outcomes, "outcome"),
            plural(report.questions, "question"),
            plural(report.alarms, "alarm"),
            f"{report.still_here:,} to say that we are still here",
        )
        click.echo(f"{', '.join(counts)} written to the outbox.")
        for problem in report.problems:
            click.echo(problem, err=True)
    click.get_current_context().exit(1 if report.problems else 0)


@click.command()
@as_json
@with_settings
def send(settings: Settings, as_json: bool) -> None:
    """Send what waits in the outbox.

    Exits 1 when a message has failed for good or the mail server could not be used; what waits is tried again.
    """
    report = room("alerts.sending").send(settings)
    if as_json:
        print_json(report)
    else:
        click.echo(f"{report.sent:,} sent, {report.later:,} to be tried later, {report.failed:,} failed, "
                   f"{report.unknown:,} unknown, {report.withdrawn:,} withdrawn.")  # fmt: skip
        if report.held:
            click.echo(f"{report.held:,} wait because the edition's limits let no more go now.")
        if report.problem:
            click.echo(f"Stopped early: {report.problem}", err=True)
    click.get_current_context().exit(1 if report.failed or report.problem else 0)


FORGETS_NOTHING = (
    "Nothing was forgotten: the clock of this machine may be wrong (`tenderbell status` says why). Set it, wait for "
    "the next harvest, which will see, or run `tenderbell tidy --clock-is-right`."
)


@click.command()
@click.option("--clock-is-right", is_flag=True, help="Forget although the last time was very long ago.")
@with_settings
def tidy(settings: Settings, clock_is_right: bool) -> None:
    """Delete what the privacy page promises to forget and, if the edition says so, the bytes of old notices of
    elsewhere; and fold the databases' write-ahead logs back.

    Forgets nothing and exits 1 while the clock may be wrong: what is deleted too early does not come back.
    """
    if not (clock_is_right or timekeeping.may_forget(settings.data, notes.tidied_at(settings), settings.clock)):
        fold_all(settings)
        click.echo(FORGETS_NOTHING, err=True)
        click.get_current_context().exit(1)
    if settings.private_path.exists():
        with closing(open_private(settings.private_path)) as db:
            room("alerts.retention").prune(db, settings.clock(), mail=settings.mail)
    emptied = empty_payloads(settings)
    folded = fold_all(settings)
    words = f"Tidied. {plural(emptied.payloads, 'old payload')} emptied." if emptied.payloads else "Tidied."
    notes.note(settings, notes.TIDY, words, ok=folded or bool(settings.replica))
    click.echo(words)
    if not folded and not settings.replica:
        click.echo("A write-ahead log is still being read and was left as it is; the next run folds it.")
