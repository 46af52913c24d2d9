"""Pieces of web pages: cut out, written in one canonical form, and read.

A piece is kept without what changes from one visit to the next: scripts, form fields, comments, the stripes of a table,
and the parameters of links that only say where the visitor came from.
"""

import codecs
import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from lxml import etree, html  # type: ignore[import-untyped]
from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding

from tenderbell.errors import BrokenResponse, ChangedMarkup
from tenderbell.text import clean_line, clean_text, safe_link

Element = Any

KEPT_ATTRIBUTES = frozenset({"href", "title", "class", "colspan", "data-label", "data-id"})
_DROPPED = ("script", "style", "noscript", "template", "svg", "img", "input", "button", "select", "textarea", "iframe")
_VOLATILE = re.compile(
    r"(?i)^(?:page|pagesize|pageno|searchstr|sort\w*|filters?|county|_ncp|reset\w*|resultfilter\w*|"
    r"token|__\w*|jsessionid|session\w*|sid|utm_\w*|return\w*|_)$"
)
_END = b"</html"
LONGEST_TAIL = 20_000
"""Bytes at the end of a page in which its end is looked for: some servers add remarks behind it."""

_NAME_OF_SESSION = re.compile(r"(?i);jsessionid=[^?#]*")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML document may hold: lxml parses some of it and then refuses to write it."""

_CHARACTER = re.compile(r"&#(?:0*([0-9]+)|[xX]0*([0-9a-fA-F]+));?")
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape"})
"""What Python counts among its charsets and no page is written in."""

_LOGIN_TITLE = re.compile(r"(?i)\b(?:log ?[io]n|sign ?in|authenticat\w*|access denied)\b")
_ENDED = re.compile(r"(?i)\bsession (?:has |is )?(?:been )?(?:invalid|expired|timed out|ended|no longer valid)")
_ERROR = re.compile(
    r"(?i)\b(?:error|unavailable|maintenance|something went wrong|not found|bad gateway|out of service|problem)\b"
)
_NOTHING = re.compile(
    r"(?i)\b(?:no|there are (?:currently )?no|0)\b.{0,60}\b(?:records?|results?|rows?|data|tenders?|projects?|"
    r"opportunit(?:y|ies)|notices?|contracts?|entries)\b|\bnothing (?:to|was|is)\b"
)


def whole_document(body: bytes, content_type: str) -> Element:
    """Return the root of a page whose end matters, because rows after it would be missed. Raises BrokenResponse."""
    root = document(body, content_type)
    if _END not in body[-LONGEST_TAIL:].lower():
        error = instead_of(root, "html")
        raise BrokenResponse("The page ends in the middle.") if isinstance(error, ChangedMarkup) else error
    return root


def document(body: bytes, content_type: str) -> Element:
    """Return the root of a web page. Raises BrokenResponse when there is none."""
    decoded = html_to_unicode(f"text/html; charset={_charset(body, content_type)}", body)[1]
    text = _writable(_XML_DECLARATION.sub("", decoded))
    try:
        root = html.document_fromstring(text) if text.strip() else None
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        raise BrokenResponse("The answer is empty." if not body.strip() else "The answer is no web page.")
    return root


def _charset(body: bytes, content_type: str) -> str:
    """Return the first charset named by the content type or the page itself that is one, otherwise UTF-8; where what
    is named is none, the page may also be of the older kind."""
    named = [name for name in (http_content_type_encoding(content_type), html_body_declared_encoding(body)) if name]
    return next(filter(_is_charset, named), "utf-8" if not named or _is_utf8(body) else "cp1252")


def _is_charset(name: str) -> bool:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return False
    # base64, hex, zlib and their like are codecs, but no charsets; only this attribute tells.
    return codec._is_text_encoding and codec.name not in _NO_CHARSETS


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _writable(text: str) -> str:
    """Return markup without the characters that lxml cannot write, however they are spelt."""
    text = _UNWRITABLE.sub("", text)
    for instead in ("", " "):  # the second time, what the first one put together
        text = _CHARACTER.sub(lambda found, instead=instead: found[0] if _is_writable(found) else instead, text)  # type: ignore[misc]
    return text


def _is_writable(found: re.Match[str]) -> bool:
    digits, base = (found[1], 10) if found[1] else (found[2], 16)
    code = int(digits, base) if len(digits) <= 7 else 0
    return 0 < code < 0x110000 and not _UNWRITABLE.match(chr(code))


def fragment(text: str) -> Element:
    """Return the element that `canonical` wrote."""
    text = _writable(text)
    inside = f"<table><tbody>{text}</tbody></table>" if text.startswith("<tr") else text
    parent = html.fragment_fromstring(inside, create_parent="div")
    return next(iter(parent.iter("tr")), parent) if text.startswith("<tr") else parent


def required(root: Element, selector: str) -> Element:
    """Return the first element that a selector finds. Otherwise it raises, saying what came instead: BrokenResponse
    for a login form, an ended session or an error page, ChangedMarkup for anything else."""
    found = root.cssselect(selector)
    if found:
        return found[0]
    raise instead_of(root, selector)


def instead_of(root: Element, selector: str) -> BrokenResponse:
    """Return the error about a page on which a selector finds nothing."""
    titles = root.cssselect("title, h1, h2")
    title = " ".join(filter(None, map(line, titles)))
    words = (words_of(root) or "")[:20_000]
    if _ENDED.search(words):
        return BrokenResponse("The session has ended; the answer is not the page that was asked for.")
    if root.cssselect("input[type=password]") or _LOGIN_TITLE.search(title):
        return BrokenResponse("The answer is a login form, not the page that was asked for.")
    if _ERROR.search(title):
        return BrokenResponse(f"The answer is an error page (“{title[:80]}”).")
    return ChangedMarkup(f"The page has no “{selector}” any more: its markup has changed, and the spider needs to.")


def canonical(element: Element, base: str) -> str:
    """Return an element as text: the same tomorrow if it says the same. Links are absolute."""
    copy = deepcopy(element)
    copy.tail = None
    copy.attrib.pop("class", None)  # the stripes of a table: they change when a row moves
    etree.strip_elements(copy, etree.Comment, etree.ProcessingInstruction, *_DROPPED, with_tail=False)
    etree.strip_tags(copy, "form", "font", "nobr")
    for each in copy.iter():
        each.text, each.tail = _folded(each.text), _folded(each.tail)
        _keep_attributes(each, base)
    return str(html.tostring(copy, encoding="unicode", method="html")).strip()


def _folded(text: str | None) -> str | None:
    return re.sub(r"\s+", " ", text) if text else None


def _keep_attributes(element: Element, base: str) -> None:
    kept = {name: _folded(value) or "" for name, value in element.attrib.items() if name in KEPT_ATTRIBUTES}
    if "href" in kept:
        kept["href"] = stable_link(kept["href"], base) or ""
    element.attrib.clear()
    for name in sorted(name for name, value in kept.items() if value.strip()):
        element.set(name, kept[name])


def stable_link(link: str | None, base: str) -> str | None:
    """Return an absolute http(s) link without session and paging parameters, None when it is no link."""
    if not link or link.strip().startswith("#"):
        return None
    try:
        parts = urlsplit(urljoin(base, _NAME_OF_SESSION.sub("", link.strip())))
    except ValueError:
        return None
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _VOLATILE.match(pair[0])]
    return safe_link(urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), "")))


def parameter(link: str | None, name: str) -> str | None:
    """Return a parameter of a link, whatever the case of its name; None when it is absent, empty, or of no address."""
    try:
        pairs = parse_qsl(urlsplit(link or "").query)
    except ValueError:
        return None
    for key, value in pairs:
        if key.lower() == name.lower() and value.strip():
            return value.strip()
    return None


def line(element: Element | None) -> str | None:
    """Return an element's words on one line."""
    return None if element is None else clean_line(html.tostring(element, encoding="unicode", with_tail=False))


def text(element: Element | None) -> str | None:
    """Return an element's words with line breaks."""
    return None if element is None else clean_text(html.tostring(element, encoding="unicode", with_tail=False))


def words_of(root: Element) -> str:
    """Return all words that a page shows, however long it is."""
    found = root.xpath("//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::title)]")
    return " ".join(_INVISIBLE.sub("", " ".join(found)).split())


def first(element: Element, selector: str) -> Element | None:
    """Return the first element below that a selector finds."""
    found = element.cssselect(selector)
    return found[0] if found else None


def says_nothing_found(cells: list[Element]) -> bool:
    """Return whether a table row is only the message that the table is empty."""
    return len(cells) <= 1 and bool(_NOTHING.search(" ".join(filter(None, map(line, cells)))))


def labelled(root: Element, labels: Iterable[str]) -> dict[str, Element]:
    """Return what stands beside each of the labels: the element that follows the label, or the label's parent's."""
    wanted = {label.lower() for label in labels}
    found: dict[str, Element] = {}
    for element in root.iter("label", "div", "dt", "th", "td", "span", "strong", "b", "p", "h3", "h4"):
        name = _label(element)
        value = _beside(element) if name in wanted and name not in found else None
        if value is not None and _label(value) not in wanted:
            found[name] = value
    return found


def _label(element: Element) -> str:
    if _children(element) > 1:
        return ""
    return " ".join(element.text_content().split()).rstrip(":* ").lower()[:80]


def _children(element: Element) -> int:
    """Return how many elements an element holds; comments and processing instructions are none."""
    return sum(1 for _ in element.iterchildren("*"))


def _beside(element: Element) -> Element | None:
    """Return the next element, going up while the label is alone in its parent."""
    for _ in range(3):
        following = next(element.itersiblings("*"), None)
        if following is not None:
            return following
        above = element.getparent()
        if above is None or _children(above) != 1:
            return None
        element = above
    return None


def last_page(root: Element, name: str, *, is_full: bool) -> int | None:
    """Return the highest page number to which a page of a list links with the parameter `name`. Without such links it
    is 1 when the page is not full, and unknown when it is."""
    numbers = [parameter(link.get("href"), name) for link in root.xpath("//a[@href][not(ancestor::th)]")]
    linked = [int(number) for number in numbers if number and number.isdecimal() and len(number) < 6]
    return max(linked, default=None if is_full else 1)
