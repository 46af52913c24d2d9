"""Sell2Wales: notices of Welsh public bodies, as OCDS releases.

Publisher: Welsh Government
Area: Wales
Licence: Open Government Licence v3.0
Access: API of OCDS release packages by month and type of notice, no key
Limits: none published
Quirks: many questions have ended in 500 since May 2026 (nvarchar to float); references carry a prefix; off by default
Last checked live: never; against releases of 2025 saved by others
"""

from typing import Any

import msgspec

from spiders.base import Task
from spiders.proactis import EUROPEAN_TYPES, Proactis
from spiders.questions.proactis import ENGLISH, WALES


class Sell2Wales(Proactis):
    """Asks for every type of notice that the service has, in English."""

    name = "sell2wales"
    address = "https://api.sell2wales.gov.wales"
    probes = WALES

    def __init__(self, task: Task, **kwargs: Any) -> None:
        super().__init__(task, **kwargs)
        if self.options.locale is None:
            self.options = msgspec.structs.replace(self.options, locale=ENGLISH)

    @classmethod
    def notice_types(cls) -> tuple[int, ...]:
        """Return the forms of the Official Journal, then the Welsh ones: 51 invitation to tender, 52 prior information,
        53 award, 54 to 56 sub-contracts."""
        return (*EUROPEAN_TYPES, 51, 52, 53, 54, 55, 56)
