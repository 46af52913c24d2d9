"""Reading an OCDS release of any publisher into a notice: pure, no network, no clock.

Releases of Contracts Finder are read as such; everything else like the releases of Find a Tender, by legal basis. What
other publishers leave out is made up for: an id, a link, a tag that says what the release does.
"""

import re
from typing import Any

import msgspec

from spiders.formats.lenient import decode
from spiders.formats.reading import Object, Reading
from spiders.ocds import contracts_finder
from spiders.ocds import release as releases
from spiders.ocds.raw_keys import nameless
from spiders.words.mending import mended
from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Notice, Raw
from tenderbell.text import clean_line, safe_link
from tenderbell.vocabulary import Effect

LEAST_ID = 8
"""Shorter ids are only unique within a process: the OCDS asks for no more."""

_CONTRACTS_FINDER = "ocds-b5fd17-"
_LONG_REFERENCE = re.compile(r"ocds-[a-z0-9]{6}-[A-Za-z0-9]+-tender-[A-Za-z0-9]+-?")
_EFFECTS = {
    "planning": Effect.PLAN,
    "planned": Effect.PLAN,
    "active": Effect.OPEN,
    "cancelled": Effect.CANCEL,
    "unsuccessful": Effect.CANCEL,
    "withdrawn": Effect.CANCEL,
    "complete": Effect.CLOSE,
}
_REGIMES = frozenset({"UKPGA", "CELEX"})


class _Head(msgspec.Struct):
    id: str | int | None = None
    ocid: str = ""
    date: str = ""


_head = msgspec.json.Decoder(_Head)


def key_of(release: bytes) -> str:
    """Return the archive's key of a release: its id, or else ocid and date (ruling 5)."""
    try:
        head = _head.decode(release)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        head = _head_by_hand(release)
    return (clean_line(_id_of(head)) or nameless(release))[:200]


def _head_by_hand(release: bytes) -> _Head:
    try:
        found = decode(release)
    except ValueError:
        return _Head()
    found = found if isinstance(found, dict) else {}
    id, ocid, date = (found.get(name) for name in ("id", "ocid", "date"))
    return _Head(*(value if isinstance(value, str) else "" for value in (id, ocid, date)))


def _id_of(head: _Head) -> str:
    id = str(head.id if head.id is not None else "").strip()
    if len(id) >= LEAST_ID:
        return id
    return "-".join(part for part in (head.ocid.strip(), id or head.date.strip()) if part) if head.ocid else id


def read_release(raw: Raw) -> Notice:
    """Return what a release says. Raises UnreadableNotice when it is no object or has no ocid."""
    try:
        release = mended(decode(raw.body, otherwise="cp1252"))
    except ValueError as error:
        raise UnreadableNotice(f"The release is no JSON: {str(error)[:200]}") from None
    if not isinstance(release, dict):
        raise UnreadableNotice("The release is no JSON object.")
    ocid = release.get("ocid")
    if isinstance(ocid, str) and ocid.startswith(_CONTRACTS_FINDER):
        return contracts_finder.read_release(raw)
    body = msgspec.json.encode({**release, "id": raw.key})
    return _completed(releases.read_release(msgspec.structs.replace(raw, body=body)), release)


def _completed(notice: Notice, release: Object) -> Notice:
    reading = Reading()
    tender = reading.object(release, "tender", "")
    scheme = reading.word(reading.object(tender, "legalBasis", "tender."), "scheme", "tender.legalBasis.")
    changes: dict[str, Any] = {
        "link": notice.link or _page(reading, release, tender),
        "references": _references(notice),
        "regime": notice.regime if scheme in _REGIMES else None,
    }
    if "compiled" in reading.words(release, "tag", ""):
        changes["effect"] = _compiled_effect(reading, release, tender)
    changes["doubts"] = tuple(dict.fromkeys((*notice.doubts, *reading.doubts)))
    return msgspec.structs.replace(notice, **changes)


def _page(reading: Reading, release: Object, tender: Object) -> str | None:
    """Return the page of the notice: the first web page among the documents that are notices."""
    planning = reading.object(release, "planning", "")
    parents = (tender, *reading.objects(release, "awards", ""), *reading.objects(release, "contracts", ""), planning)
    for parent in parents:
        for document in reading.objects(parent, "documents", "documents."):
            if str(document.get("documentType")).endswith("Notice") and (link := safe_link(document.get("url"))):
                return link
    return None


def _references(notice: Notice) -> tuple[str, ...]:
    """Return the references without the prefix that Sell2Wales puts before the buyer's own."""
    plain = (_LONG_REFERENCE.sub("", reference, count=1) for reference in notice.references)
    return tuple(dict.fromkeys(reference for reference in plain if reference))


def _compiled_effect(reading: Reading, release: Object, tender: Object) -> Effect:
    """Return what a compiled release amounts to: where the process has arrived."""
    awards = reading.objects(release, "awards", "")
    effect = _EFFECTS.get(reading.word(tender, "status", "tender.") or "", Effect.NONE)
    if awards and effect is not Effect.CANCEL:
        return Effect.AWARD
    return effect
