"""Text from outside: hostile until proven otherwise. Everything here returns plain text or a safe link."""

import html
import re
import unicodedata
from urllib.parse import urlsplit

import nh3

LONGEST_DESCRIPTION = 20_000
_BLOCK_ENDS = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr|hr)\b[^>]{0,200}>", re.IGNORECASE)
_TAG_LIKE = re.compile(r"<[a-zA-Z/!?]")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_TELEPHONE = re.compile(r"(?<![\w£.,/-])(?!\d{6}-20\d\d\b)(?:\+44[\s().-]*|\(?0)(?:\d[\s().-]{0,3}){8,10}\d(?![\w-])")
_ROLE = re.compile(
    r"^(?:[a-z0-9]+[._-])*(?:procur\w*|tender\w*|commission\w*|contract\w*|grants?|grantiau|funding|funds?|cyllid|"
    r"caffael\w*|tendr\w*|comisiynu|contractau|enquir\w*|inquir\w*|ymholiad\w*|info|post|purchas\w*|buying|supply|"
    r"supplychain|sourcing|estimating|estates|admin|office|clerk|hello|mail|contact\w*|council|bids?|applications?|"
    r"community|communities|business|commercial|corporate\w*|finance|help|helpdesk|support|team)(?:[._-]?[a-z0-9]+)*$",
    re.IGNORECASE,
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
    if "\n" not in plain:
        return " ".join(plain[:LONGEST_DESCRIPTION].split()) or None
    lines = (" ".join(line.split()) for line in plain[:LONGEST_DESCRIPTION].split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() or None


def _strip_markup(text: str) -> str:
    if _TAG_LIKE.search(text):
        text = _BLOCK_ENDS.sub("\n", text)
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
    if "@" in text:
        text = _EMAIL.sub(lambda found: found[0] if is_role_mailbox(found[0]) else MASK, text)
    return _TELEPHONE.sub(MASK, text)


def is_role_mailbox(address: object) -> bool:
    """Return whether an address is a function's (procurement@), not a person's."""
    if not isinstance(address, str) or not _EMAIL.fullmatch(address):
        return False
    return bool(_ROLE.match(address.partition("@")[0]))


def safe_link(text: object) -> str | None:
    """Return an absolute http(s) link, None for anything else. A missing scheme (`www.example.org`) becomes https."""
    if not isinstance(text, str):
        return None
    link = text.strip()
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
