"""Text from outside: hostile until proven otherwise. Everything here returns plain text or a safe link."""

import html
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import nh3

LONGEST_DESCRIPTION = 20_000
_BLOCK_ENDS = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr|hr)\b[^>]{0,200}>", re.IGNORECASE)
_CELL_ENDS = re.compile(r"</(?:td|th|dt|dd|option)\b[^>]{0,200}>", re.IGNORECASE)
_HALF = re.compile("[\ud800-\udfff]")
_TAG_LIKE = re.compile(r"<[a-zA-Z/!?]")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_EMAIL = re.compile(
    r"(?:\"[^\"\s]{1,30}(?: [^\"\s]{1,30})?\"|[^\s@＠<>()\[\],;:\"]{1,64})"
    r" ?(?:[@＠]|\(at\)|\[at\]) ?(?P<domain>[\w-]{1,63}(?:(?:\.| dot )[\w-]{1,63}){1,8})"
)
_TELEPHONE = re.compile(
    r"(?:(?<![\w£])(?<!\d[.,/-])|(?<=tel)|(?<=mob)|(?<=phone)|(?<=fax))(?!\d{6}-20\d\d\b)"
    r"(?:\+\d{2,3}[\s().-]{0,3}|00\d{2,3}[\s().-]{0,3}|\(?[0０])(?:\d[\s()./_‐-–-]{0,3}){8,10}\d(?![\w])",
    re.IGNORECASE,
)
_TEN_DIGITS = re.compile(r"\d(?:\D{0,5}\d){9}")
"""What every telephone number has, found in a twentieth of the time that looking for one takes."""

_ROLES = (
    "procure", "tenders", "tendering", "commissioning", "contracts", "purchasing", "enquir", "inquir", "funding",
    "grants", "sourcing", "supplychain", "applications", "caffael", "tendr", "cyllid", "grantiau", "comisiynu",
    "contractau", "ymholiad",
)  # fmt: skip
"""Words that make a mailbox a function's, in whatever they stand (English and Welsh)."""

_OFFICES = frozenset(
    "tender contract info post office admin administration clerk hello mail contact contactus council bid bids buying "
    "commercial finance help helpdesk support team estates estimating supply business community communities "
    "corporate".split()
)
"""Words that do so when nothing but them and `_ASIDES` stands there."""

_ASIDES = frozenset(
    "adult adults and care children county customer customers district education environment for fund funds general "
    "grant group health highways housing ict it legal local manager nhs of officer parish planning project projects "
    "property schools service services social the town transport borough city unit dept department central".split()
)

MASK = "[see the notice]"


def clean_line(text: object) -> str | None:
    """Return one line of plain text: entities decoded once, tags dropped, white space folded, control, zero-width and
    direction characters removed (ruling 16). None when nothing is left or `text` is no string."""
    cleaned = clean_text(text)
    return " ".join(cleaned.split()) or None if cleaned else None


def clean_text(text: object) -> str | None:
    """Return plain text like `clean_line`, but with its line breaks, and cut at 20,000 characters."""
    if not isinstance(text, str):
        return None
    plain = text[: LONGEST_DESCRIPTION * 4]
    if "<" in plain or "&" in plain:
        plain = _strip_markup(plain)
    if not plain.isascii() or not plain.isprintable():
        plain = plain.translate(_VISIBLE)
    if len(plain) > LONGEST_DESCRIPTION:
        # Between words: half an address would escape the mask.
        plain = plain[:LONGEST_DESCRIPTION].rsplit(maxsplit=1)[0]
    if "\n" not in plain:
        return " ".join(plain.split()) or None
    lines = (" ".join(line.split()) for line in plain.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() or None


def _strip_markup(text: str) -> str:
    if not text.isascii():
        text = _HALF.sub("", text)  # nh3 reads whole characters only
    if _TAG_LIKE.search(text):
        text = _CELL_ENDS.sub(" ", _BLOCK_ENDS.sub("\n", text))
        return html.unescape(nh3.clean(text, tags=set(), clean_content_tags={"script", "style"}))
    return html.unescape(text)


class _VisibleForms(dict[int, str]):
    """The table of `str.translate`, filled as characters are met: it spares a call for every character."""

    def __missing__(self, code: int) -> str:
        self[code] = form = _visible(chr(code))
        return form


_VISIBLE = _VisibleForms()


def _visible(char: str) -> str:
    if char == "\n":
        return char
    category = unicodedata.category(char)
    if category in _INVISIBLE:
        return " " if char in "\t\r\v\f\x85" else ""
    return "\n" if category in ("Zl", "Zp") else char


def mask_personal(text: str | None) -> str | None:
    """Return `text` with officers' e-mail addresses and all telephone numbers masked; role mailboxes stay
    (ruling 16)."""
    if not text:
        return text
    if any(sign in text for sign in ("@", "＠", "(at)", "[at]")):
        text = _EMAIL.sub(lambda found: found[0] if is_role_mailbox(found[0].strip(".'")) else MASK, text)
    return _TELEPHONE.sub(MASK, text) if _TEN_DIGITS.search(text) else text


def impersonal(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts that hold no officer's address and no telephone number: a reference cannot be masked in part."""
    return tuple(text for text in texts if mask_personal(text) == text)


def impersonal_link(link: str | None) -> str | None:
    """Return a link, None for one that carries an officer's address (`?officer=jo.smith%40...`). Digits are left alone:
    pages are numbered."""
    plain = unquote(link or "")
    return None if "@" in plain and mask_personal(plain) != plain else link


def is_role_mailbox(address: object) -> bool:
    """Return whether an address is a function's (procurement@), not a person's.

    Every word before the @ must be one of a function, or the body's own name as its domain has it; a word that is
    neither may be somebody's name.
    """
    if not isinstance(address, str) or not _EMAIL.fullmatch(address) or address.count("@") != 1:
        return False
    local, _, domain = address.lower().partition("@")
    words = [word for word in re.split(r"[^a-z]+", local) if word]
    labels = set(re.split(r"[^a-z]+", domain))
    named = [word for word in words if _is_role(word) or word in _OFFICES]
    return local.isascii() and bool(named) and all(word in labels or word in _ASIDES or word in named for word in words)


def _is_role(word: str) -> bool:
    return any(role in word for role in _ROLES)


def safe_link(text: object) -> str | None:
    """Return an absolute http(s) link, None for anything else. A missing scheme (`www.example.org`) becomes https."""
    if not isinstance(text, str):
        return None
    link = (text if text.isprintable() else text.strip().translate(_VISIBLE)).strip()
    if re.match(r"(?i)www\.[a-z0-9-]+\.", link):
        link = f"https://{link}"
    if len(link) > 2000 or re.search(r"[\s<>\"\\^`{|}\x00-\x1f\x7f]", link):
        return None
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or parts.username or parts.password:
        return None
    return link


def excerpt(text: str | None, length: int = 300) -> str | None:
    """Return the beginning of `text` on one line, cut between words."""
    if not text:
        return None
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0].rstrip(" ,.;:-") + "…"
