"""National Lottery Community Fund: the programmes of the largest funder of communities.

Publisher: The National Lottery Community Fund
Area: United Kingdom
Licence: the publisher's terms; facts and a link only
Access: pages of the programme finder and of each programme that is not closed; robots.txt is obeyed
Limits: none known; 10 programmes a page, a request every 2 seconds
Quirks: most programmes have no deadline; closing dates stand only in the text of the pages; closed ones stay listed
Last checked live: never; against the shapes that other readers of the site have published
"""

import re

import msgspec
from scrapy.http import Request

from spiders.formats import fragments
from spiders.formats.fragments import Element
from spiders.formats.sections import web_page
from spiders.lists.catalogue import Catalogue
from spiders.lists.rows import Listing, Page, Place, Row, nameless
from spiders.questions.grants import NATIONAL_LOTTERY
from spiders.readers.lottery_programmes import (
    EVERYWHERE,
    HEADING,
    LOCATION,
    STATUS,
    effect_of,
    read_programme,
    stated_in,
    title_of,
)
from tenderbell.area import Area
from tenderbell.edition import Source
from tenderbell.errors import ChangedMarkup
from tenderbell.notice import Reader
from tenderbell.vocabulary import Effect

LIST = "/funding/funding-programmes"
CARD = ".card"
OVERVIEW = ".overview"
CONTENT = (".rich-content-area", "main")
CANONICAL = "link[rel=canonical]"
_PROGRAMME = re.compile(r"/(?:funding-programmes|programmes)/([^/?#]+)/?(?:[?#]|$)")
_EMPTY = re.compile(r"\b(?:no|0) (?:funding )?(?:programmes?|results?)\b", re.IGNORECASE)


class Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`locations` are the labels of the programmes wanted ("England"); those for the whole country are wanted with any.
    Without it all are."""

    locations: tuple[str, ...] = ()


class NationalLottery(Catalogue):
    """Walks the programme finder, and fetches the page of each programme that is not closed."""

    name = "national-lottery"
    address = "https://www.tnlcommunityfund.org.uk"
    probes = NATIONAL_LOTTERY
    options_type = Options
    custom_settings = {"DOWNLOAD_DELAY": 2}  # noqa: RUF012 (nobody has told us a limit)

    @staticmethod
    def reader(source: Source, area: Area) -> Reader:
        """Return the pure function that reads a programme."""
        del area
        base = NationalLottery.base_of(source)
        return lambda raw: read_programme(raw, base, source.reach)

    @classmethod
    def base_of(cls, source: Source) -> str:
        """Return the address of the site; an edition may also name that of the finder."""
        return super().base_of(source).removesuffix(LIST)

    def page_request(self, place: Place) -> Request:
        """Return what asks for a page of the finder."""
        return Request(f"{self.base}{LIST}{f'?page={place.number}' if place.number > 1 else ''}")

    def is_last(self, place: Place, listing: Listing) -> bool:
        """Return whether a page has no link to the next one."""
        return str(place.number + 1) not in [fragments.parameter(link, "page") for link in listing.links]

    @classmethod
    def understand(cls, source: Source, body: bytes, content_type: str) -> Listing | Page:
        """Return the programmes' cards, or the content of a programme's page."""
        root = web_page(body, content_type, whole=True)
        cards = _innermost([card for card in root.cssselect(CARD) if stated_in(card)])
        if cards:
            return cls._cards(source, root, cards)
        path = next((cls.path_of(source, link.get("href")) for link in root.cssselect(CANONICAL)), None)
        slug = _PROGRAMME.search(path or "")
        if not slug and not root.cssselect(OVERVIEW):
            if _EMPTY.search(fragments.words_of(root)):
                return Listing()
            _refuse_errors(root)
        return _page(root, cls.base_of(source), slug[1] if slug else None)

    @classmethod
    def _cards(cls, source: Source, root: Element, cards: list[Element]) -> Listing:
        wanted = cls.options_of(source).locations
        found = [(card, cls._row(source, card)) for card in cards]
        rows = [(card, row) for card, row in found if row is not None]
        pager = root.cssselect("a[href*='page=']")
        kept = [row for card, row in rows if _is_wanted(stated_in(card).get(LOCATION), wanted)]
        return Listing(
            kept,
            others=tuple(row.key for _, row in rows if row not in kept),
            unknown=len(found) - len(rows),
            links=tuple(path for link in pager if (path := cls.path_of(source, link.get("href")))),
        )

    @classmethod
    def _row(cls, source: Source, card: Element) -> Row | None:
        """Return a card; None when it has neither a title nor a link."""
        text = fragments.canonical(card, cls.base_of(source))
        paths = (cls.path_of(source, link.get("href")) for link in card.iter("a"))
        path = next((path for path in paths if path and _PROGRAMME.search(path)), None)
        if path is None:
            return Row(nameless(text), text) if title_of(card) else None
        slug = _PROGRAMME.search(path)
        effect, _ = effect_of(stated_in(card).get(STATUS))
        address = f"{cls.base_of(source)}{path.partition('?')[0]}"
        return Row(slug[1] if slug else path, text, None if effect is Effect.CLOSE else address)


def _innermost(cards: list[Element]) -> list[Element]:
    around = {above for card in cards for above in card.iterancestors()}
    return [card for card in cards if card not in around]


def _refuse_errors(root: Element) -> None:
    """Raise BrokenResponse for a login form or an error page; what looks like neither may be a programme's page."""
    error = fragments.instead_of(root, CARD)
    if not isinstance(error, ChangedMarkup):
        raise error


def _page(root: Element, base: str, key: str | None) -> Page:
    fragments.required(root, HEADING)
    content = next((found[0] for selector in CONTENT if (found := root.cssselect(selector))), None)
    if content is None or not fragments.text(content):
        raise ChangedMarkup(f"The page has neither programmes ({CARD}) nor the text of one ({', '.join(CONTENT)}).")
    pieces = [root.cssselect(HEADING)[0], *root.cssselect(OVERVIEW)[:1], content]
    for piece in pieces[:-1]:
        if content in piece.iterancestors():
            piece.drop_tree()
    return Page("\n".join(fragments.canonical(piece, base) for piece in pieces), key)


def _is_wanted(location: str | None, wanted: tuple[str, ...]) -> bool:
    if not wanted or not location or EVERYWHERE.search(location):
        return True
    return any(re.search(rf"\b{re.escape(place)}\b", location, re.IGNORECASE) for place in wanted)
