"""The shelf: opportunities as one run of digests needs them: each is loaded, and each reason and doubt found, once."""

import sqlite3
from datetime import datetime

from alerts import links
from alerts.checked import checked
from alerts.doubts import doubts_of
from alerts.items import Facts, facts_of
from alerts.reasons import Reasons
from alerts.rendering import Piece, piece
from tenderbell.criteria import Clause, Criteria
from tenderbell.opportunity import Opportunity, find, redirected
from tenderbell.search import matching
from tenderbell.settings import Settings


class Shelf:
    """Opportunities and why they match, over one view of `public.db`, at one instant."""

    def __init__(self, public: sqlite3.Connection, settings: Settings, now: datetime) -> None:
        self.public = public
        self.settings = settings
        self.now = now
        self._why = Reasons(public, settings.area)
        self._checked: Piece | None = None
        self._facts: dict[str, Facts] = {}
        self._pieces: dict[tuple[str, str], Piece] = {}
        self._opportunities: dict[str, Opportunity | None] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._doubts: dict[str, tuple[str, ...]] = {}
        self._reasons: dict[tuple[str, int], str] = {}
        self._matches: dict[tuple[str, int], bool] = {}
        self._criteria: dict[str, Criteria] = {}

    def opportunity(self, id: str) -> Opportunity | None:
        """Return an opportunity, under its present id if it was merged; None when it is gone."""
        if id not in self._opportunities:
            found = find(self.public, id)
            heir = None if found else redirected(self.public, id)
            self._opportunities[id] = find(self.public, heir) if heir else found
        return self._opportunities[id]

    def checked(self) -> Piece:
        """Return the part that says which sources were checked, and which failed since when."""
        if self._checked is None:
            found = checked(self.public, self.now)
            self._checked = piece("checked", {"checked": found, "status": links.status(self.settings)})
        return self._checked

    def names(self, id: str) -> tuple[str, ...]:
        """Return the ids by which an opportunity may have been told: its present one, and those merged into it."""
        if id not in self._names:
            merged = self.public.execute("select id from redirect where opportunity = ? order by id", (id,))
            self._names[id] = (id, *(row[0] for row in merged))
        return self._names[id]

    def criteria(self, canonical: str) -> Criteria:
        """Return the criteria of a profile's canonical query string."""
        if canonical not in self._criteria:
            self._criteria[canonical] = Criteria.parse(canonical)
        return self._criteria[canonical]

    def reasons(self, canonical: str, opportunity: Opportunity) -> str:
        """Return why a search has an opportunity, in words."""
        key = (canonical, opportunity.number)
        if key not in self._reasons:
            self._reasons[key] = self._why.why(self.criteria(canonical), opportunity)
        return self._reasons[key]

    def facts(self, opportunity: Opportunity) -> Facts:
        """Return the facts of an opportunity in words, without changes or reasons."""
        if opportunity.id not in self._facts:
            self._facts[opportunity.id] = facts_of(self.settings, opportunity, self.now)
        return self._facts[opportunity.id]

    def piece(self, name: str, opportunity: Opportunity) -> Piece:
        """Return the part `name` of what every digest says of an opportunity."""
        key = (name, opportunity.id)
        if key not in self._pieces:
            self._pieces[key] = piece(name, {"item": self.facts(opportunity)})
        return self._pieces[key]

    def doubts(self, opportunity: Opportunity) -> tuple[str, ...]:
        """Return what speaks against applying, the same for everybody."""
        if opportunity.id not in self._doubts:
            self._doubts[opportunity.id] = doubts_of(opportunity, self.settings.area, self.now)
        return self._doubts[opportunity.id]

    def matches(self, canonical: str, opportunity: Opportunity) -> bool:
        """Return whether the site's search finds an opportunity with these criteria at this moment."""
        key = (canonical, opportunity.number)
        if key not in self._matches:
            self._matches[key] = self._finds(self.criteria(canonical), opportunity.number)
        return self._matches[key]

    def _finds(self, criteria: Criteria, number: int) -> bool:
        return all(
            matching(self.public, Clause(f"o.number = ? and {clause.sql}", (number, *clause.params)))
            for clause in criteria.clauses(self.now)
        )
