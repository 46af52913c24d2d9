"""The doctor: walks the list of docs/first-run.md, from the site's address to the copies of its databases, through all
that lies between this program and a reader's mailbox, and says what to do about what is wrong.

Each line of an examination is a `Finding`. What could not be looked at is *not checked*, with the reason, and no fault:
without a network nothing is known to be wrong. Nothing is sent: the conversation with the mail server ends before a
recipient is named.
"""

from collections.abc import Iterator
from datetime import datetime

import dns.resolver

from alerts import doctor_machine, doctor_names, doctor_server, doctor_site
from alerts.doctor_findings import Finding, Verdict
from alerts.doctor_names import Names
from tenderbell.settings import Settings

TIMEOUT = 5.0
"""Seconds that a mail server may take to answer one command, and the DNS to answer one question."""


def examine(
    settings: Settings, now: datetime, *, resolver: dns.resolver.Resolver | None = None, timeout: float = TIMEOUT
) -> list[Finding]:
    """Return what was found, in the order of the guide. `resolver` asks the DNS, by default the system's."""
    return list(_examine(settings, now, Names(resolver, timeout), timeout))


def _examine(settings: Settings, now: datetime, names: Names, timeout: float) -> Iterator[Finding]:
    site = {finding.name: finding for finding in doctor_site.findings(settings, now)}
    machine = {finding.name: finding for finding in doctor_machine.findings(settings, now)}
    yield machine.pop(doctor_machine.ADDRESS)
    yield site[doctor_site.PROXY]
    yield from doctor_server.findings(settings, now, timeout)
    yield from doctor_names.findings(settings, names)
    yield site[doctor_site.SOURCES]
    yield from machine.values()
    yield site[doctor_site.COPIES]


def is_wrong(findings: list[Finding]) -> bool:
    """Return whether something was found that a human must mend."""
    return any(finding.verdict is Verdict.WRONG for finding in findings)
