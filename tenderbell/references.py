"""The names by which one thing is known in several places: notice numbers, ocids, portal references, page addresses.

Shapes as seen in real notices (sources.md sections 1.9, 2 and 4): `DN805831` is ProContract's, also inside Contracts
Finder's `GLOSCC001-DN612137-31391985`; `IT-357-555-FOD0555P` is In-Tend's, whose last part the buyer uses alone;
`JAN169268` is a mytenders page.
"""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tenderbell.text import safe_link

_NUMBER_FIRST = re.compile(r"(?<![\w-])(\d{6})-(20\d\d)(?![\w-])")
_YEAR_FIRST = re.compile(r"(?<![\w-])(20\d\d)/S\s*000-(\d{6})(?![\w-])")
_OCID = re.compile(r"\bocds-[a-z0-9]{6}-[A-Za-z0-9][A-Za-z0-9-]{2,60}\b")
_COUNCILS = ("CBC", "CDC", "FOD", "FODDC", "WODC", "PUB")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SIGNS = ("DN", "IT-", *_COUNCILS, *_MONTHS)
"""What portal references begin with: looking for these first spares nearly every text the search."""

_PORTAL = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<procontract>DN[1-9]\d{5,6})|(?P<in_tend>IT-\d{1,4}-\d{1,5}-(?P<tail>[A-Z0-9]{4,20}(?:[/-][A-Z0-9]{1,8})?))|"
    rf"(?P<publica>(?:{'|'.join(_COUNCILS)})\d{{4}}P)|"
    rf"(?P<mytenders>(?:{'|'.join(_MONTHS)})\d{{6}}))(?![A-Za-z0-9])"
)
_PLACEHOLDER = re.compile(r"(?i)^(?:tbc|tbd|tba|n/?a|none|see .*|various|unknown|not applicable|[-–.0x]*)$")
_YEARS = re.compile(r"(?:19|20)\d\d(?:\s*[-–/]\s*(?:20)?\d\d)?")
_FOUR_DIGITS = re.compile(r"(?:\D*\d){4}")
_TRACKING = re.compile(r"(?i)^(?:utm_.*|fbclid|gclid)$")
_FIND_A_TENDER = re.compile(r"(?i)^(?:www\.)?find-tender\.service\.gov\.uk$")
_CONTRACTS_FINDER = re.compile(r"(?i)^(?:www\.)?contractsfinder\.service\.gov\.uk$")
_PROCONTRACT = re.compile(r"(?i)^procontract\.due-north\.com$")
_ADVERT_PATH = re.compile(r"(?i)^/advert(?:/index)?/?$")
_NOTICE_PATH = re.compile(r"(?i)^/notice/(?:attachment/)?([0-9a-f-]{11,36})/?$")


def notice_number(text: str | None) -> str | None:
    """Return the Find a Tender notice number in `text` as `075676-2026`, from either spelling (`2026/S 000-075676`);
    None when there is none or more than one."""
    found = notice_numbers(text)
    return found[0] if len(found) == 1 else None


def notice_numbers(text: str | None) -> tuple[str, ...]:
    """Return every Find a Tender notice number in `text`, each once, as `075676-2026`."""
    if not text:
        return ()
    plain = [f"{number}-{year}" for number, year in _NUMBER_FIRST.findall(text)]
    displayed = [f"{number}-{year}" for year, number in _YEAR_FIRST.findall(text)]
    return tuple(dict.fromkeys([*plain, *displayed]))


def ocids(text: str | None) -> tuple[str, ...]:
    """Return every ocid in `text`, each once."""
    return tuple(dict.fromkeys(_OCID.findall(text or "")))


def portal_references(text: str | None) -> tuple[str, ...]:
    """Return the portal references in `text`, each once, in capitals. In-Tend's long form gives its last part as well,
    by which the buyer calls it, unless that is a mere number, which other buyers have too."""
    found: dict[str, None] = {}
    for match in _PORTAL.finditer(text or ""):
        found[match[0].upper()] = None
        if match["tail"] and _FOUR_DIGITS.match(match["tail"]) and not match["tail"].isdigit():
            found[match["tail"].upper()] = None
    return tuple(found)


def may_name_portals(text: str) -> bool:
    """Return whether there is any use in looking for portal references in a text: quick, and never wrongly no."""
    return any(sign in text for sign in _SIGNS)


def procontract_number(text: str | None) -> str | None:
    """Return the first of ProContract's numbers in a text ("DN805831"); None for its placeholders ("DN00000005")."""
    return next((match[0] for match in _PORTAL.finditer(text or "") if match["procontract"]), None)


def looks_like_a_reference(text: str) -> bool:
    """Return whether a buyer's own reference can tell one process from another: a portal's, or one with at least four
    digits; never TBC, N/A, 003 or a year (ruling 18)."""
    reference = text.strip()
    if _PLACEHOLDER.match(reference) or _YEARS.fullmatch(reference) or len(reference) > 80:
        return False
    return bool(_FOUR_DIGITS.match(reference)) or bool(portal_references(reference))


def canonical_link(link: object) -> str | None:
    """Return a link without what does not name the page: fragment, campaign parameters, capitals in the host."""
    safe = safe_link(link)
    if safe is None:
        return None
    parts = urlsplit(safe)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not pair[0].startswith("utm_")]
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", urlencode(query), ""))


def page_name(link: object) -> str | None:
    """Return what a page address names, for comparing addresses from different places: the notice number of a Find a
    Tender page, `contracts-finder:GUID`, `procontract:GUID`, else host, path and query without scheme, `www.`, final
    slash and what only says where the visitor came from. None for what is no link, and for a home page, which names
    nothing."""
    canonical = canonical_link(link)
    if canonical is None:
        return None
    parts = urlsplit(canonical)
    official = _official_name(parts.hostname or "", parts.path, parts.query)
    if official:
        return official
    query = urlencode([pair for pair in parse_qsl(parts.query) if not _TRACKING.match(pair[0])])
    path = parts.path.rstrip("/")
    if not path and not query:
        return None
    return f"{parts.netloc.removeprefix('www.')}{path}{'?' if query else ''}{query}"


def _official_name(host: str, path: str, query: str) -> str | None:
    found = _NOTICE_PATH.match(path)
    if found and _FIND_A_TENDER.match(host):
        return notice_number(found[1])
    if found and _CONTRACTS_FINDER.match(host):
        return f"contracts-finder:{found[1].lower()}"
    if _PROCONTRACT.match(host) and _ADVERT_PATH.match(path):
        adverts = [value.lower() for name, value in parse_qsl(query) if name.lower() == "advertid"]
        return f"procontract:{adverts[0]}" if adverts else None
    return None
