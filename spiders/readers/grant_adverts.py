"""Grants of Find a Grant: what a row of the list and a grant's page say, as JSON."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from spiders.formats import rich_text
from spiders.formats.bundle import unbundle
from spiders.formats.reading import Object, Reading
from spiders.lists.rows import json_part
from tenderbell.clock import moment, stamp, uk
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Money, Notice, Organisation, Raw
from tenderbell.references import page_name
from tenderbell.text import safe_link
from tenderbell.vocabulary import Effect, Kind, Reach

PAGE = "/grants/{label}"
NON_PROFIT = "non-profit"
ONLINE = "Virtual/Online"
ENGLISH_REGIONS = frozenset(
    {
        "North East", "North West", "Yorkshire and the Humber", "East Midlands", "West Midlands", "East of England",
        "London", "South East", "South West",
    }
)  # fmt: skip
NATIONS = frozenset({"England", "Scotland", "Wales", "Northern Ireland"})


def path_of_grant(label: str) -> str:
    """Return the path of a grant's page."""
    return PAGE.format(label=quote(label, safe=""))


def read_grant(raw: Raw, base: str, reach: Reach | None) -> Notice:
    """Return what a grant's row and page say; where they differ, its page. Raises UnreadableNotice when it has neither
    a name nor a label."""
    parts = unbundle(raw.body)
    page = json_part(parts, "page")
    about = Reading()
    fields = json_part(parts, "row") | about.object(page, "fields", "")
    name, label = about.line(fields, "grantName", ""), about.word(fields, "label", "")
    if not name and not label:
        raise UnreadableNotice("The grant has neither a name nor a label.")
    published_at = moment(page.get("createdAt"))
    website = safe_link(fields.get("grantWebpageUrl"))
    return Notice(
        source=raw.source,
        key=raw.key,
        process=f"{raw.source}:{raw.key}",
        title=name,
        order=stamp(published_at) if published_at else "",
        form="grant",
        form_name="Grant on Find a Grant",
        effect=Effect.OPEN,
        published_at=published_at,
        link=f"{base}{path_of_grant(label)}" if label else website,
        buyers=_funder(about.line(fields, "grantFunder", "")),
        kind=Kind.GRANT,
        kind_evidence="Find a Grant publishes grants.",
        reach=reach,
        also=(website,) if website and _names_one_grant(website) else (),
        **_where(about, fields),
        **_when(about, fields),
        **_what(about, fields, website),
        value=_money(about, fields),
        doubts=tuple(about.doubts),
    )


def _where(about: Reading, fields: Object) -> dict[str, Any]:
    places = about.words(fields, "grantLocation", "")
    return {"delivery_regions": regions_of(places), "delivery_text": ", ".join(places) or None}


def _when(about: Reading, fields: Object) -> dict[str, Any]:
    opens, closes = (_instant(about, fields, f"grantApplication{end}Date") for end in ("Open", "Close"))
    return {"expected_open_at": opens, "closes_at": closes, "closes_evidence": _closing_words(closes)}


def _what(about: Reading, fields: Object, website: str | None) -> dict[str, Any]:
    applicants = about.words(fields, "grantApplicantType", "")
    who = f"Who can apply: {', '.join(applicants)}." if applicants else None
    summary = about.text(fields, "grantShortDescription", "")
    return {
        "description": _joined(summary, *_tabs(fields, "Summary", "Objectives")),
        "vcse_suitable": True if NON_PROFIT in (sort.lower() for sort in applicants) else None,
        "eligibility": _joined(who, *_tabs(fields, "Eligibility")),
        "how_to_apply": _joined(*_tabs(fields, "Apply", "Dates"), website),
    }


def _instant(about: Reading, fields: Object, name: str) -> datetime | None:
    """Return an instant as it is meant: the site shows the digits as they stand, so they are UK time whatever the Z
    behind them says (decision of 22 November 2026)."""
    written = fields.get(name)
    if written is None:
        return None
    text = written.strip() if isinstance(written, str) else ""
    for zone in ("Z", "+00:00", "+0000"):
        text = text.removesuffix(zone)
    read = moment(text)
    if read is None:
        about.wrong(written, name, "a date")
    return read


def _closing_words(closes: datetime | None) -> str | None:
    if closes is None:
        return None
    is_midnight = uk(closes).strftime("%H:%M") == "00:00"
    return "The closing date of the grant's entry" + (" (00:00 ends the day before)" if is_midnight else "")


def regions_of(places: list[str]) -> tuple[str, ...]:
    """Return where a grant is for. All four nations are the United Kingdom, all nine regions England, and a region
    ticked beside the whole country adds nothing; a grant for things online is for no place."""
    named = [place for place in places if place != ONLINE]
    if ENGLISH_REGIONS.issubset(named) and "England" not in named:
        named.append("England")
    if NATIONS.issubset(named) and "National" not in named:
        named.append("National")
    if "National" in named:
        return ("National",)
    if "England" in named:
        named = [place for place in named if place not in ENGLISH_REGIONS]
    return tuple(dict.fromkeys(named))


def _funder(name: str | None) -> tuple[Organisation, ...]:
    return (Organisation(name, roles=("buyer",)),) if name else ()


def _money(about: Reading, fields: Object) -> Money | None:
    low, high, fund = (
        about.money(fields, name, "") for name in ("grantMinimumAward", "grantMaximumAward", "grantTotalAwardAmount")
    )
    if low and high and low > high:
        about.doubt(f"The least award (£{low:,.0f}) is more than the most (£{high:,.0f}).")
        low = None
    return Money(low=low, high=high, fund=fund, currency="GBP") if low or high or fund else None


def _tabs(fields: Object, *names: str) -> list[str | None]:
    return [rich_text.plain(fields.get(f"grant{name}Tab")) for name in names]


def _joined(*texts: str | None) -> str | None:
    return "\n\n".join(text for text in texts if text) or None


def _names_one_grant(link: str) -> bool:
    """Return whether an address can tell one grant from another: home pages and pages of sections cannot."""
    name = page_name(link)
    return name is not None and (name.count("/") >= 2 or "?" in name)
