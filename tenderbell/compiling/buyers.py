"""Who buys: one page per body, by its identifiers, under the area's name for it when it is one of ours."""

import re
import unicodedata
from collections.abc import Iterable

from tenderbell.area import Area, Body, plain_name
from tenderbell.notice import Organisation
from tenderbell.opportunity import Buyer

_STEADY_SCHEMES = ("GB-PPON-", "GB-COH-", "GB-NHS-", "GB-CHC-", "GB-UKPRN-", "GB-MPR-", "GB-NIC-")


def buyer_of(organisation: Organisation, area: Area) -> Buyer:
    """Return the buyer that a party of a notice is."""
    body = body_of(organisation, area)
    if body:
        return Buyer(body.id, body.name, body.sort, body.ids, organisation.website, organisation.mailbox, local=True)
    return Buyer(
        _id(organisation), organisation.name, None, organisation.ids, organisation.website, organisation.mailbox,
        local=False,
    )  # fmt: skip


def body_of(organisation: Organisation, area: Area) -> Body | None:
    """Return the area's body that an organisation is: by identifier, else by one of the names that the area's file
    gives it, which other publishers write in full (Contracts Finder and the portals know no identifiers)."""
    by_id = next((body for id in organisation.ids if (body := area.body_by_id.get(id.upper()))), None)
    return by_id or area.body_by_name.get(plain_name(organisation.name))


def _id(organisation: Organisation) -> str:
    steady = next((id for id in organisation.ids if id.upper().startswith(_STEADY_SCHEMES)), None)
    return slug(steady or organisation.name) or "unnamed"


def slug(text: str) -> str:
    """Return `text` as an address part: lower-case letters, digits and hyphens, at most 80."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:80].strip("-")


def distinct(buyers: Iterable[Buyer]) -> list[Buyer]:
    """Return buyers in order, each once."""
    return list({buyer.id: buyer for buyer in buyers}.values())
