"""Public Contracts Scotland: notices of Scottish public bodies, as OCDS releases.

Publisher: Scottish Government
Area: Scotland
Licence: Open Government Licence v3.0
Access: API of OCDS release packages by month and type of notice, no key
Limits: none published; programs that do not introduce themselves get 403; an incomplete TLS chain
Quirks: some packages have no releases; below-threshold types 101 to 104; releases have no id; off by default
Last checked live: never; against releases of 2019 and 2025 saved by others
"""

from spiders.proactis import EUROPEAN_TYPES, Proactis
from spiders.questions.proactis import SCOTLAND


class PublicContractsScotland(Proactis):
    """Asks for every type of notice that the service has."""

    name = "public-contracts-scotland"
    address = "https://api.publiccontractsscotland.gov.uk"
    probes = SCOTLAND

    @classmethod
    def notice_types(cls) -> tuple[int, ...]:
        """Return the forms of the Official Journal, then the Scottish ones: 101 prior information, 102 contract, 103
        award, 104 award of a Quick Quote."""
        return (*EUROPEAN_TYPES, 101, 102, 103, 104)
