"""One opportunity's page: what, by when, how much, can we apply; then how it runs, what changed, where it came from."""

import sqlite3
from datetime import datetime
from typing import Any

from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.edition import Edition
from tenderbell.notice import Lot, Record
from tenderbell.opportunity import Opportunity, find, sightings
from tenderbell.pages.alike import others_like
from tenderbell.pages.applying import applying, can_we_apply, in_short, lot_status
from tenderbell.pages.cards import OUR_KIND, Card, card
from tenderbell.pages.course import ChangeInWords, Step, change_in_words, moved_words, steps_of, unsaid_words
from tenderbell.pages.process_map import ProcessMap, process_map
from tenderbell.pages.provenance import Dispute, Kin, Seen, disputes_of, kin_of, seen_at, why_one
from tenderbell.pages.reasons import Fact, how_we_know, why_here
from tenderbell.pages.similar import past_of, similar_to
from tenderbell.pages.understood import Weights, weights
from tenderbell.phrases import (
    day_words,
    exact_money_words,
    money_words,
)
from tenderbell.text import safe_link
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind

MOST_LOTS = 30
LONG_TEXT = 4000
"""Characters of a description after which the rest is folded away, at the end of a paragraph."""


class LotRow(Record, frozen=True, omit_defaults=True):
    """One lot in words."""

    title: str
    description: str | None
    worth: str
    facts: tuple[str, ...]


class Detail(Record, frozen=True, omit_defaults=True):
    """Everything that an opportunity's page shows."""

    opportunity: Opportunity
    card: Card
    stage: str
    worth_note: str
    apply: Fact
    in_short: str
    paragraphs: tuple[str, ...]
    more: tuple[str, ...]
    steps: tuple[Step, ...]
    map: ProcessMap | None
    unsaid: str
    applying: tuple[Fact, ...]
    weights: Weights | None
    lots: tuple[LotRow, ...]
    lots_left_out: int
    why: tuple[Fact, ...]
    how: tuple[str, ...]
    alike: str
    moved: str
    changes: tuple[ChangeInWords, ...]
    seen: tuple[Seen, ...]
    themes: tuple[tuple[str, str], ...]
    why_one: tuple[str, ...]
    disputes: tuple[Dispute, ...]
    kin: tuple[Kin, ...]
    similar: tuple[Card, ...]
    past: tuple[Card, ...]
    suppliers: tuple[str, ...]
    doubts: tuple[str, ...]
    licences: tuple[str, ...]
    link: str | None

    @property
    def social(self) -> str:
        """What it is, from whom and by when, for those who see only a link to the page."""
        shown = self.card
        when = f"{shown.deadline.label} {shown.deadline.full or shown.deadline.when}".strip()
        return ". ".join(
            part for part in (shown.buyer or "", when, shown.worth.words if shown.worth.stated else "") if part
        )


def detail(db: sqlite3.Connection, id: str, area: Area, edition: Edition, now: datetime) -> Detail | None:
    """Return the page of the opportunity `id`, None when there is none."""
    opportunity = find(db, id)
    return detail_of(db, opportunity, area, edition, now) if opportunity else None


def detail_of(db: sqlite3.Connection, opportunity: Opportunity, area: Area, edition: Edition, now: datetime) -> Detail:
    """Return the page of an opportunity, also of one that is not in `public.db` yet (an advert being written)."""
    return Detail(
        opportunity=opportunity,
        card=card(opportunity, area, now),
        stage=str(opportunity.stage_at(now)),
        worth_note=_worth_note(opportunity),
        suppliers=tuple(supplier.name for supplier in opportunity.suppliers),
        doubts=opportunity.doubts,
        link=safe_link(opportunity.link),
        **_applying(opportunity, now),
        **_course(opportunity, now),
        **_why(db, opportunity, edition, now),
        **_others(db, opportunity, area, now),
    )


Part = dict[str, Any]


def _applying(opportunity: Opportunity, now: datetime) -> Part:
    """Return what it is, and who can apply and how."""
    paragraphs, more = _paragraphs(opportunity.description or "")
    return {
        "apply": can_we_apply(opportunity, now),
        "in_short": in_short(opportunity, now),
        "paragraphs": paragraphs,
        "more": more,
        "applying": tuple(applying(opportunity)),
        "weights": weights(opportunity),
        "lots": tuple(_lot(lot) for lot in _told_lots(opportunity)[:MOST_LOTS]),
        "lots_left_out": max(0, len(opportunity.lots) - MOST_LOTS),
    }


def _course(opportunity: Opportunity, now: datetime) -> Part:
    """Return how it runs, and what has changed on the way."""
    steps = tuple(steps_of(opportunity, now))
    return {
        "steps": steps,
        "map": process_map(steps, now),
        "unsaid": unsaid_words(steps),
        "moved": moved_words(opportunity.changes),
        "changes": tuple(change_in_words(change) for change in opportunity.changes),
    }


def _why(db: sqlite3.Connection, opportunity: Opportunity, edition: Edition, now: datetime) -> Part:
    """Return where it came from, and why it is listed as it is."""
    seen = tuple(seen_at(sighting, edition) for sighting in sightings(db, opportunity.id))
    return {
        "why": tuple(why_here(opportunity, now)),
        "how": tuple(how_we_know(opportunity)),
        "themes": tuple((theme, theme_names().get(theme, theme)) for theme in opportunity.themes),
        "why_one": why_one(db, opportunity.id),
        "disputes": disputes_of(opportunity, edition),
        "seen": seen,
        "licences": tuple(dict.fromkeys(one.licence for one in seen if one.licence)),
    }


def _others(db: sqlite3.Connection, opportunity: Opportunity, area: Area, now: datetime) -> Part:
    """Return what is related to it or like it."""
    kin = kin_of(db, opportunity)
    related = {one.id for one in kin}
    similar = similar_to(db, opportunity, area, now)
    return {
        "kin": kin,
        "similar": tuple(card(one, area, now) for one in similar if one.id not in related),
        "past": tuple(card(one, area, now) for one in past_of(db, opportunity)),
        "alike": others_like(opportunity, area).canonical(profile=True),
    }


def _paragraphs(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the paragraphs to show at once, and those that are folded away because the text is long."""
    parts, length = [part for part in text.split("\n") if part.strip()], 0
    for index, part in enumerate(parts):
        length += len(part)
        if length > LONG_TEXT:
            return tuple(parts[: index + 1]), tuple(parts[index + 1 :])
    return tuple(parts), ()


def _worth_note(opportunity: Opportunity) -> str:
    gross, net, basis = opportunity.value_gross, opportunity.value_net, opportunity.value_basis or ""
    exact = exact_money_words(opportunity.value)
    rounded = exact != money_words(opportunity.value)
    if opportunity.kind is Kind.GRANT or basis == "whole fund":
        parts = [
            exact if rounded else "",
            "for one applicant" if basis == "most for one applicant" else "",
            _fund_words(opportunity) if basis != "whole fund" else "",
        ]
        return ", ".join(part for part in parts if part)
    if gross is not None and net is not None and gross != net:
        with_vat = exact_money_words(gross, opportunity.currency)
        return f"{with_vat} with VAT, {exact_money_words(net, opportunity.currency)} without"
    if opportunity.value is not None:
        return f"{exact} {basis}".strip() if rounded else basis
    return ""


def _fund_words(opportunity: Opportunity) -> str:
    fund = opportunity.value_fund
    return f"from a fund of {money_words(fund, opportunity.currency)}" if fund else ""


def _told_lots(opportunity: Opportunity) -> tuple[Lot, ...]:
    """Return the lots, none when the only one has no name: it is then the whole."""
    lots = opportunity.lots
    return () if len(lots) == 1 and not lots[0].title else lots


def _lot(lot: Lot) -> LotRow:
    value = lot.value
    amount = (value.gross or value.net or value.high) if value else None
    facts = [
        f"from {day_words(uk(lot.starts_at).date())}" if lot.starts_at else "",
        f"until {day_words(uk(lot.ends_at).date())}" if lot.ends_at else "",
        f"suitable for {OUR_KIND}" if lot.vcse_suitable else "",
        lot_status(lot),
    ]
    return LotRow(
        title=lot.title or f"Lot {lot.id}",
        description=lot.description,
        worth=money_words(amount, value.currency if value else None),
        facts=tuple(fact for fact in facts if fact),
    )
