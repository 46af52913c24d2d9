"""Reading one OCDS release of Find a Tender into a notice: pure, no network, no clock.

The two regimes in the stream are told apart by `tender.legalBasis.scheme` and read by separate functions.
"""

import hashlib
import re
from collections.abc import Iterator

import msgspec

from spiders.formats.lenient import decode
from spiders.formats.reading import Object, Reading
from spiders.ocds import act, old
from spiders.ocds.common import head_of, related
from spiders.ocds.names import also, references
from spiders.ocds.parties import organisations
from spiders.ocds.terms import terms
from tenderbell.notice import Notice, Raw
from tenderbell.text import clean_line
from tenderbell.transfers import staff_transfer

NOTICE_PAGE = "https://www.find-tender.service.gov.uk/Notice/"
_NUMBER = re.compile(r"(\d{6})-(20\d\d)")


class _Head(msgspec.Struct):
    id: str
    ocid: str


_head = msgspec.json.Decoder(_Head)


def key_of(release: bytes) -> str:
    """Return the archive's key of a release: its id, or a name made of its bytes when it has none (ruling 5)."""
    try:
        id = _head.decode(release).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        id = _key_by_hand(release)
    return (clean_line(id) or "")[:200] or _nameless(release)


def _key_by_hand(release: bytes) -> str:
    try:
        found = decode(release)
    except ValueError:
        return ""
    id = found.get("id") if isinstance(found, dict) else None
    return str(id) if isinstance(id, str | int) and not isinstance(id, bool) else ""


def _nameless(release: bytes) -> str:
    return "nameless-" + hashlib.blake2b(release, digest_size=8).hexdigest()


def read_release(raw: Raw) -> Notice:
    """Return what a release says. Raises UnreadableNotice when it is no object or has no id or no ocid."""
    reading, release, id, ocid = head_of(raw.body, decode)
    return _notice(reading, raw, release, id, ocid)


def _notice(reading: Reading, raw: Raw, release: Object, id: str, ocid: str) -> Notice:
    tender = reading.object(release, "tender", "")
    tags = reading.words(release, "tag", "")
    scheme = reading.object(tender, "legalBasis", "tender.").get("scheme")
    read = old.fields if scheme == "CELEX" else act.fields
    fields = read(reading, release, tags)
    buyers, suppliers = organisations(reading, release)
    number = _NUMBER.fullmatch(id)
    fields["link"] = fields.get("link") or (NOTICE_PAGE + id if number else None)
    return Notice(
        source=raw.source,
        key=raw.key,
        process=ocid,
        ocid=ocid,
        title=reading.line(tender, "title", "tender."),
        update=any(tag.endswith("Update") for tag in tags),
        order=f"{number[2]}-{number[1]}" if number else id,
        published_at=reading.instant(release, "date", ""),
        buyers=buyers,
        suppliers=suppliers,
        references=references(reading, release, tender, ocid, id),
        also=also(reading, release, tender),
        related=related(reading, release),
        tupe=staff_transfer(_texts(reading, release, tender)),
        **fields,
        **terms(
            reading,
            release,
            tender,
            reading.objects(release, "awards", ""),
            reading.objects(release, "contracts", ""),
        ),
        doubts=tuple(reading.doubts),
    )


def _texts(reading: Reading, release: Object, tender: Object) -> Iterator[str | None]:
    """Yield the texts in which a notice speaks of the staff: its description, its lots, its terms and its risks."""
    lots = reading.objects(tender, "lots", "tender.")
    terms = reading.object(tender, "contractTerms", "tender.")
    for parent in (tender, release, *lots):
        yield _plain(parent.get("description"))
    yield from map(_plain, (tender.get("riskDetails"), terms.get("financialTerms"), terms.get("performanceTerms")))


def _plain(text: object) -> str | None:
    return text if isinstance(text, str) else None
