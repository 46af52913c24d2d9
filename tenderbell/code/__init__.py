"""The Code: its undertakings, and what the notices of an opportunity show about each.

Three values (promise 13): silence is *not stated*, never *not met*; *not met* rests on a stated fact.
"""

from tenderbell.code.findings import findings_of
from tenderbell.code.undertakings import Undertaking, undertaking, undertakings

__all__ = ["Undertaking", "findings_of", "undertaking", "undertakings"]
