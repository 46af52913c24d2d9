"""The shelf: opportunities as one run of digests needs them, each loaded, and each reason found, once."""

import sqlite3
from datetime import datetime

from alerts.items import Item, item_of
from alerts.reasons import Reasons
from tenderbell.criteria import Clause, Criteria
from tenderbell.opportunity import Opportunity, find, redirected
from tenderbell.search import matching
from tenderbell.settings import Settings


class Shelf:
    """Opportunities and why they match, over one view of `public.db`, at one instant."""

    def __init__(self, public: sqlite3.Connection, settings: Settings, now: datetime) -> None:
        self.public = public
        self._settings = settings
        self._now = now
        self._why = Reasons(public, settings.area)
        self._items: dict[str, Item] = {}
        self._opportunities: dict[str, Opportunity | None] = {}
        self._reasons: dict[tuple[str, int], str] = {}
        self._criteria: dict[str, Criteria] = {}

    def opportunity(self, id: str) -> Opportunity | None:
        """Return an opportunity, under its present id if it was merged; None when it is gone."""
        if id not in self._opportunities:
            found = find(self.public, id)
            heir = None if found else redirected(self.public, id)
            self._opportunities[id] = find(self.public, heir) if heir else found
        return self._opportunities[id]

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

    def item(self, opportunity: Opportunity) -> Item:
        """Return the facts of an opportunity in words, without changes or reasons."""
        if opportunity.id not in self._items:
            self._items[opportunity.id] = item_of(self._settings, opportunity, self._now)
        return self._items[opportunity.id]

    def matches(self, canonical: str, opportunity: Opportunity) -> bool:
        """Return whether the site's search finds an opportunity with these criteria at this moment."""
        only = "o.number = ?"
        return all(
            matching(self.public, Clause(f"{only} and {clause.sql}", (opportunity.number, *clause.params)))
            for clause in self.criteria(canonical).clauses(self._now)
        )
