"""The doctor on the site itself: the proxy before it, the sources that are switched on, the copies of what it knows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from alerts.doctor_findings import Finding, not_checked, ok, warning, wrong
from alerts.mailer import mail_folder
from tenderbell.archive import open_archive
from tenderbell.clock import instant
from tenderbell.compiling.health import health_of
from tenderbell.health import FAILING
from tenderbell.keeping.facts import keeping
from tenderbell.phrases import moment_words
from tenderbell.replicas.states import PATIENCE, copying
from tenderbell.replicas.target import shown
from tenderbell.settings import Settings

PROXY, SOURCES, COPIES = "Proxy", "Sources", "Copies"

OLD = timedelta(days=8)
"""A backup that is older than a week and a day is one that somebody has forgotten."""


def findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Yield how the site is set up."""
    yield _proxy(settings)
    yield _sources(settings, now)
    yield _copies(settings, now)


def _proxy(settings: Settings) -> Finding:
    """Return whether the proxy that holds the certificate is believed: the site itself speaks plain HTTP."""
    if urlsplit(settings.url).scheme != "https":
        return not_checked(PROXY, "The public address is not https.")
    if not settings.proxies:
        judge = warning if mail_folder(settings.mail) else wrong
        return judge(
            PROXY,
            "No proxy is believed, so all visitors count as one: after 20 forms in an hour everybody is refused.",
            "Set TENDERBELL_PROXIES to the address from which the proxy asks; on the same machine 127.0.0.1.",
        )
    return ok(PROXY, f"X-Forwarded-For is believed from {', '.join(settings.proxies)}.")


def _sources(settings: Settings, now: datetime) -> Finding:
    enabled = [source for source in settings.edition.sources if source.enabled]
    words = f"{len(enabled)} of {len(settings.edition.sources)} are switched on"
    if not enabled:
        return wrong(SOURCES, f"{words}: nothing is collected.", "Switch on some in the edition: enabled = true.")
    if not settings.archive_path.exists():
        return ok(SOURCES, f"{words}; none has been asked yet.")
    archive = open_archive(settings.archive_path)
    try:
        failing = [source.id for source in enabled if health_of(archive, source.id, now).state == FAILING]
    finally:
        archive.close()
    if failing:
        return warning(SOURCES, f"{words}; {', '.join(failing)} failed last.", "`tenderbell status` says why.")
    return ok(SOURCES, f"{words}.")


def _copies(settings: Settings, now: datetime) -> Finding:
    """Return whether what this site knows is anywhere else: copied all the time, or by a backup of this week."""
    if settings.replica:
        return _replica(settings, settings.replica, now)
    last = keeping(settings).last_backup
    if last and now - last < OLD:
        return ok(COPIES, f"The last backup was made {moment_words(last)}. A replica would lose seconds, not days.")
    seen = f"The last backup was made {moment_words(last)}." if last else "Nothing is copied anywhere."
    return warning(
        COPIES,
        seen,
        "Set TENDERBELL_REPLICA to a place on another machine, or plan `tenderbell backup` in the edition.",
    )


def _replica(settings: Settings, replica: str, now: datetime) -> Finding:
    place, state = shown(replica), copying(settings)
    if state is None:
        return warning(COPIES, f"{place} is set, but nothing has been copied.", "Start `tenderbell replicate`.")
    looked = instant(state.at)
    if looked and now - looked > PATIENCE:
        todo = "Start `tenderbell replicate` again, and have it started with the machine."
        return wrong(COPIES, f"`tenderbell replicate` last ran {moment_words(looked)}.", todo)
    if state.failing_since:
        return wrong(COPIES, f"{place} cannot be used: {state.words}", "Mend the place or TENDERBELL_REPLICA.")
    if urlsplit(replica).scheme == "file":
        return warning(COPIES, f"{place} is on this machine.", "A fire takes both: name a place on another machine.")
    return ok(COPIES, f"Everything is copied to {place} within seconds.")
