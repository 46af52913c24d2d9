"""The arithmetic of docs/scale.md: its tables are written from docs/scale.toml, so no two figures can disagree."""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from alerts import kept
from tenderbell.settings import PROJECT

CORES = 2
YEAR_SECONDS = 365 * 24 * 3600
TEXT_DAYS = (kept.BODIES.period or timedelta()).days
UNITS = {
    "notice_archived_bytes": ("a notice in `archive.db`", "bytes"),
    "opportunity_bytes": ("an opportunity in `public.db`", "bytes"),
    "profile_bytes": ("a profile in `private.db`", "bytes"),
    "email_text_bytes": ("an e-mail's text in `private.db`, for 30 days", "bytes"),
    "email_note_bytes": ("what stays of it: what was told to whom", "bytes"),
    "notice_harvest_ms": ("reading and archiving a notice", "ms"),
    "notice_compile_ms": ("compiling a notice", "ms"),
    "profile_match_us": ("matching a profile with a night's 1,000 notices", "µs"),
    "email_build_ms": ("writing an e-mail", "ms"),
    "email_send_ms": ("signing and sending an e-mail", "ms"),
    "view_kept_ms": ("a page view that is kept", "ms"),
    "view_made_ms": ("a page view that has to be made", "ms"),
    "view_bytes": ("a page view, as sent", "bytes"),
}
"""The unit costs, with their names and units. Milliseconds are of one processor."""

Data = Mapping[str, Any]


def data() -> Data:
    """Return the data block."""
    return tomllib.loads((PROJECT / "docs" / "scale.toml").read_text("utf-8"))


def night_table() -> str:
    """Return what was measured at the size of a country, as the data block lists it."""
    rows = [f"| {row['what']} | {row['took']} | {row['note']} |" for row in data()["measured"]]
    return "\n".join(["| at the size of a country | took | |", "|---|--:|---|", *rows])


def units(block: Data) -> dict[str, float]:
    """Return each unit cost by name."""
    return {name: float(block["unit"][name]["value"]) for name in UNITS}


def unit_table() -> str:
    """Return the unit costs with where each comes from."""
    block = data()
    rows = [
        f"| {words} | {block['unit'][name]['value']:,g} {unit} | {block['unit'][name]['from']} |"
        for name, (words, unit) in UNITS.items()
    ]
    return "\n".join(["| what | costs | read from |", "|---|---|---|", *rows])


def year(place: Mapping[str, Any], cost: Mapping[str, float], assumed: Mapping[str, float]) -> dict[str, float]:
    """Return what a year of a place takes: GB of disk, hours of one processor, and the busiest moments."""
    notices, profiles = place["notices"], place["profiles"]
    emails, views = profiles * assumed["emails_a_profile"], profiles * assumed["views_a_profile"]
    view_ms = assumed["made"] * cost["view_made_ms"] + (1 - assumed["made"]) * cost["view_kept_ms"]
    email_bytes = cost["email_note_bytes"] + cost["email_text_bytes"] * TEXT_DAYS / 365
    # Matching costs profiles times notices, those of one edition: the unit is of 1,000 notices.
    match_s = profiles * cost["profile_match_us"] / 1e6 * (notices / place["editions"] / 1_000)
    monday = profiles * (cost["email_build_ms"] + cost["email_send_ms"]) / 1e3
    peak = views * assumed["busy_hour"] / 3600
    return {
        "notices": notices,
        "opportunities": place["opportunities"],
        "profiles": profiles,
        "emails": emails,
        "views": views,
        "archive_gb": notices * cost["notice_archived_bytes"] / 1e9,
        "public_gb": place["opportunities"] * cost["opportunity_bytes"] / 1e9,
        "private_gb": (profiles * cost["profile_bytes"] + emails * email_bytes) / 1e9,
        "sent_gb": views * cost["view_bytes"] / 1e9,
        "collect_h": notices * (cost["notice_harvest_ms"] + cost["notice_compile_ms"]) / 3.6e6,
        "match_h": match_s / 3600,
        "mail_h": emails * (cost["email_build_ms"] + cost["email_send_ms"]) / 3.6e6,
        "views_h": views * view_ms / 3.6e6,
        "monday_min": monday / 60,
        "peak_rate": peak,
        "peak_cores": peak * view_ms / 1e3,
    }


ROWS = {
    "notices": ("notices", "{:,.0f}"),
    "opportunities": ("opportunities", "{:,.0f}"),
    "profiles": ("profiles", "{:,.0f}"),
    "emails": ("e-mails", "{:,.0f}"),
    "views": ("page views", "{:,.0f}"),
    "archive_gb": ("`archive.db` grows by", "{:,.1f} GB"),
    "public_gb": ("`public.db` grows by", "{:,.1f} GB"),
    "private_gb": ("`private.db`: profiles, and a year's e-mails", "{:,.1f} GB"),
    "sent_gb": ("sent to visitors", "{:,.0f} GB"),
    "collect_h": ("collecting and compiling", "{:,.1f} h"),
    "match_h": ("matching", "{:,.1f} h"),
    "mail_h": ("writing and sending e-mails", "{:,.0f} h"),
    "views_h": ("answering visitors", "{:,.0f} h"),
    "share": ("all of it, in what two cores have", "{:.1%}"),
    "monday_min": ("Monday's e-mails, one sender", "{:,.0f} min"),
    "peak_rate": ("busiest hour, views a second", "{:,.1f}"),
    "peak_cores": ("busiest hour, cores for visitors", "{:,.2f}"),
}


def years() -> dict[str, dict[str, float]]:
    """Return the year of each place, with its share of what two cores have."""
    block = data()
    found = {name: year(place, units(block), block["assumed"]) for name, place in block["place"].items()}
    for one in found.values():
        hours = one["collect_h"] + one["match_h"] + one["mail_h"] + one["views_h"]
        one["share"] = hours * 3600 / (CORES * YEAR_SECONDS)
    return found


def year_table() -> str:
    """Return a year of each place side by side."""
    block, found = data(), years()
    head = " | ".join(block["place"][name]["title"] for name in found)
    rows = [
        f"| {words} | {' | '.join(form.format(one[row]) for one in found.values())} |"
        for row, (words, form) in ROWS.items()
    ]
    return "\n".join([f"| a year of | {head} |", "|---|" + "--:|" * len(found), *rows])
