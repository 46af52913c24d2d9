"""Opportunities as JSON for other programs: the shapes that are shared by the site and the command line.

Keys may be added, never renamed. Times are UTC ISO 8601, unknown is None.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tenderbell.clock import stamp
from tenderbell.opportunity import Change, Finding, Opportunity, Sighting, Statement, sightings


def page_url(site: str, id: str) -> str:
    """Return the address of an opportunity's page on the site at `site` (no final slash)."""
    return f"{site}/opportunities/{id}"


def summary(opportunity: Opportunity, site: str, now: datetime) -> dict[str, Any]:
    """Return what `search --json` says of an opportunity. `site` is the public address of the site without a final
    slash; `now` decides whether an open opportunity has closed (ruling 10)."""
    return {
        "id": opportunity.id,
        "url": page_url(site, opportunity.id),
        "title": opportunity.title,
        "buyer": opportunity.buyer,
        "kind": str(opportunity.kind),
        "stage": str(opportunity.stage_at(now)),
        "reach": str(opportunity.reach),
        "reach_rule": opportunity.reach_rule,
        "closes_at": _time(opportunity.closes_at),
        "published_at": _time(opportunity.published_at),
        "value": opportunity.value,
        "value_basis": opportunity.value_basis,
        "notices": list(opportunity.notices),
        "ocids": list(opportunity.ocids),
        "sources": list(opportunity.sources),
    }


def full(opportunity: Opportunity, site: str, now: datetime, seen: Iterable[Sighting]) -> dict[str, Any]:
    """Return what `search --json --full` says of an opportunity, with its history and sightings."""
    return {
        **summary(opportunity, site, now),
        **_decided(opportunity),
        **_stated(opportunity),
        **_shown_of_the_code(opportunity),
        "changes": [_change(change) for change in opportunity.changes],
        "statements": [_statement(statement) for statement in opportunity.statements],
        "seen": seen_at(seen),
    }


def full_from(db: sqlite3.Connection, opportunity: Opportunity, site: str, now: datetime) -> dict[str, Any]:
    """Return `full` with the sightings read from `public.db`."""
    return full(opportunity, site, now, sightings(db, opportunity.id))


def seen_at(seen: Iterable[Sighting]) -> list[dict[str, str | None]]:
    """Return each source with the first and last time at which it was seen to show the opportunity."""
    firsts: dict[str, list[str]] = {}
    lasts: dict[str, list[str]] = {}
    for sighting in seen:
        firsts.setdefault(sighting.source, []).extend([stamp(sighting.first_seen)] if sighting.first_seen else [])
        lasts.setdefault(sighting.source, []).extend([stamp(sighting.last_seen)] if sighting.last_seen else [])
    return [
        {"source": source, "first": min(firsts[source], default=None), "last": max(lasts[source], default=None)}
        for source in firsts
    ]


def _decided(opportunity: Opportunity) -> dict[str, Any]:
    return {
        "stage_evidence": opportunity.stage_evidence,
        "kind_evidence": opportunity.kind_evidence,
        "themes": list(opportunity.themes),
        "districts": list(opportunity.districts),
        "notice_days": opportunity.notice_days,
    }


def _stated(opportunity: Opportunity) -> dict[str, Any]:
    return {
        "description": opportunity.description,
        "cpv": [subject.code for subject in opportunity.subjects if subject.scheme == "CPV"],
        "lots": len(opportunity.lots),
        "engagement_closes_at": _time(opportunity.engagement_closes_at),
        "enquiries_close_at": _time(opportunity.enquiries_close_at),
        "decision_expected_at": _time(opportunity.decision_expected_at),
        "value_net": opportunity.value_net,
        "value_gross": opportunity.value_gross,
        "value_yearly": opportunity.value_yearly,
        "rolling": opportunity.rolling,
        "currency": opportunity.currency,
        "vcse_suitable": opportunity.vcse_suitable,
        "sme_suitable": opportunity.sme_suitable,
        "reserved_vcse": opportunity.reserved_vcse,
        "reserved_places": list(opportunity.reserved_places),
        "quality_percent": opportunity.quality_percent,
        "cost_percent": opportunity.cost_percent,
        "tupe": opportunity.tupe,
        "portal_references": list(opportunity.references),
    }


def _shown_of_the_code(opportunity: Opportunity) -> dict[str, Any]:
    """Return the findings, and the facts that stand behind them and nowhere else."""
    return {
        "first_early_at": _time(opportunity.first_early_at),
        "warning_days": opportunity.warning_days,
        "awarded_at": _time(opportunity.awarded_at),
        "scoring": opportunity.scoring,
        "minimum_requirements": opportunity.minimum_requirements,
        "monitoring": opportunity.monitoring,
        "feedback": opportunity.feedback,
        "contact": opportunity.contact,
        "glossary": opportunity.glossary,
        "findings": [_finding(finding) for finding in opportunity.findings],
    }


def _finding(finding: Finding) -> dict[str, str | None]:
    return {
        "clause": finding.clause,
        "result": str(finding.result),
        "words": finding.words,
        "field": finding.field,
        "relied_on": finding.relied_on,
    }


def _change(change: Change) -> dict[str, str | None]:
    return {
        "field": change.field,
        "at": _time(change.at),
        "old": change.old,
        "new": change.new,
        "notice": change.notice,
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "field": statement.field,
        "source": statement.source,
        "notice": statement.notice,
        "value": statement.value,
        "at": _time(statement.at),
        "followed": statement.why is not None,
        "why": statement.why,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)
