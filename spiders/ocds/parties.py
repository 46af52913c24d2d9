"""The organisations of an OCDS release: who buys, who was awarded. Officers are never read."""

import re

from spiders.formats.reading import NOTHING, Object, Reading
from tenderbell.notice import Organisation
from tenderbell.text import is_role_mailbox, safe_link

BUYING_ROLES = frozenset({"buyer", "procuringEntity", "centralPurchasingBody"})
_ORG_ID = re.compile(r"[A-Z]{2,4}-[A-Z0-9]+-\S+")
_COMPANY_NUMBER_LENGTH = 8


def organisations(reading: Reading, release: Object) -> tuple[tuple[Organisation, ...], tuple[Organisation, ...]]:
    """Return (buyers, suppliers), the one that is called buyer first. Where no party buys, the `buyer` object does."""
    buyers: list[Organisation] = []
    suppliers: list[Organisation] = []
    for party in reading.objects(release, "parties", ""):
        roles = tuple(reading.words(party, "roles", "parties.")) if "roles" in party else ()
        buys = not BUYING_ROLES.isdisjoint(roles)
        if not buys and "supplier" not in roles:
            continue
        if organisation := _organisation(reading, party, roles):
            (buyers if buys else suppliers).append(organisation)
    if not buyers and (organisation := _named_buyer(reading, release)):
        buyers = [organisation]
    buyers.sort(key=lambda buyer: "buyer" not in buyer.roles)
    return tuple(buyers), tuple(suppliers)


def _named_buyer(reading: Reading, release: Object) -> Organisation | None:
    buyer = reading.object(release, "buyer", "")
    return _organisation(reading, buyer, ("buyer",)) if buyer else None


def _organisation(reading: Reading, party: Object, roles: tuple[str, ...]) -> Organisation | None:
    address = reading.object(party, "address", "parties.")
    details = reading.object(party, "details", "parties.")
    identifier = reading.object(party, "identifier", "parties.")
    name = reading.line(party, "name", "parties.") or reading.line(identifier, "legalName", "parties.identifier.")
    ids = _ids(reading, party, identifier)
    if not name and not ids:
        return None
    email = reading.object(party, "contactPoint", "parties.").get("email")
    postcode = reading.word(address, "postalCode", "parties.address.")
    return Organisation(
        name=name or ids[0],
        ids=ids,
        roles=roles,
        region=reading.word(address, "region", "parties.address."),
        postcode=postcode.upper() if postcode else None,
        mailbox=email.strip().lower() if isinstance(email, str) and is_role_mailbox(email.strip()) else None,
        website=safe_link(details.get("url")),
        vcse=reading.flag(details, "vcse", "parties.details."),
    )


def _ids(reading: Reading, party: Object, identifier: Object) -> tuple[str, ...]:
    """Return `SCHEME-ID` strings: the party's own id first, then its identifiers."""
    found: dict[str, None] = {}
    own = reading.word(party, "id", "parties.")
    if own and _ORG_ID.fullmatch(own):
        found[_padded(own)] = None
    additional = reading.objects(party, "additionalIdentifiers", "parties.") if "additionalIdentifiers" in party else []
    for other in (identifier, *additional):
        if other is not NOTHING and (id := _scheme_id(reading, other)):
            found[id] = None
    return tuple(found)


def _scheme_id(reading: Reading, identifier: Object) -> str | None:
    scheme = reading.word(identifier, "scheme", "parties.identifier.")
    id = reading.word(identifier, "id", "parties.identifier.")
    if not scheme or not id:
        return None
    return _padded(id if id.upper().startswith(f"{scheme.upper()}-") else f"{scheme}-{id}")


def _padded(id: str) -> str:
    """Return the id in its registered form: company numbers have eight characters."""
    if id.startswith("GB-COH-"):
        return "GB-COH-" + id[7:].replace(" ", "").upper().zfill(_COMPANY_NUMBER_LENGTH)
    return id
