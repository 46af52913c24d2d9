"""One opportunity's page: what, by when, how much, can we apply; then how it runs, what changed, where it came from."""

import sqlite3
from datetime import datetime

import msgspec

from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.edition import Edition
from tenderbell.notice import Lot, Record
from tenderbell.opportunity import Opportunity, find, sightings
from tenderbell.pages.alike import others_like
from tenderbell.pages.cards import OUR_KIND, Card, card
from tenderbell.pages.course import ChangeInWords, Step, change_in_words, moved_words, steps_of
from tenderbell.pages.provenance import Dispute, Kin, Seen, disputes_of, kin_of, seen_at, why_one
from tenderbell.pages.reasons import Fact, how_we_know, why_here
from tenderbell.phrases import (
    NOT_STATED,
    day_words,
    exact_money_words,
    money_words,
)
from tenderbell.text import safe_link
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind

MOST_LOTS = 30


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
    paragraphs: tuple[str, ...]
    steps: tuple[Step, ...]
    applying: tuple[Fact, ...]
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
    suppliers: tuple[str, ...]
    doubts: tuple[str, ...]
    licences: tuple[str, ...]
    link: str | None


def detail(db: sqlite3.Connection, id: str, area: Area, edition: Edition, now: datetime) -> Detail | None:
    """Return the page of the opportunity `id`, None when there is none."""
    opportunity = find(db, id)
    return detail_of(db, opportunity, area, edition, now) if opportunity else None


def detail_of(db: sqlite3.Connection, opportunity: Opportunity, area: Area, edition: Edition, now: datetime) -> Detail:
    """Return the page of an opportunity, also of one that is not in `public.db` yet (an advert being written)."""
    id = opportunity.id
    seen = tuple(seen_at(sighting, edition) for sighting in sightings(db, id))
    return Detail(
        opportunity=opportunity,
        card=card(opportunity, area, now),
        stage=str(opportunity.stage_at(now)),
        worth_note=_worth_note(opportunity),
        apply=_apply(opportunity),
        paragraphs=tuple(part for part in (opportunity.description or "").split("\n") if part.strip()),
        steps=tuple(steps_of(opportunity, now)),
        applying=tuple(_applying(opportunity)),
        lots=tuple(_lot(lot) for lot in _told_lots(opportunity)[:MOST_LOTS]),
        lots_left_out=max(0, len(opportunity.lots) - MOST_LOTS),
        why=tuple(why_here(opportunity, now)),
        how=tuple(how_we_know(opportunity)),
        alike=others_like(opportunity, area).canonical(profile=True),
        moved=moved_words(opportunity.changes),
        changes=tuple(change_in_words(change) for change in opportunity.changes),
        seen=seen,
        themes=tuple((theme, theme_names().get(theme, theme)) for theme in opportunity.themes),
        why_one=why_one(db, id),
        disputes=disputes_of(opportunity, edition),
        kin=kin_of(db, opportunity),
        suppliers=tuple(supplier.name for supplier in opportunity.suppliers),
        doubts=opportunity.doubts,
        licences=tuple(dict.fromkeys(one.licence for one in seen if one.licence)),
        link=safe_link(opportunity.link),
    )


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


def _apply(opportunity: Opportunity) -> Fact:
    """Can we apply? Only what the notice says; silence is not a no."""
    label = "Can we apply?"
    if opportunity.reserved_vcse:
        return Fact(label, f"Reserved for {OUR_KIND}", "Nobody else may apply.")
    if opportunity.vcse_suitable:
        return Fact(label, f"Suitable for {OUR_KIND}", "The notice says so.")
    if opportunity.sme_suitable:
        return Fact(label, "Marked as suitable for small firms", "It does not mention charities.")
    if opportunity.eligibility:
        return Fact(label, "See who can apply", "The notice says who, below.")
    if opportunity.vcse_suitable is False:
        return Fact(label, "Not marked as suitable for charities", "That alone does not forbid it.")
    return Fact(label, "Not stated", "The notice does not say who may apply.", stated=False)


def _applying(opportunity: Opportunity) -> list[Fact]:
    return [
        _fact("Who can apply", opportunity.eligibility),
        _linked(_fact("How to apply", opportunity.how_to_apply)),
        Fact("How bids are scored", _scoring(opportunity), stated=_scoring(opportunity) != NOT_STATED),
        *([_fact("Procedure", opportunity.method)] if opportunity.method else []),
        *([Fact("Staff transfer (TUPE)", "Mentioned in the notice")] if opportunity.tupe else []),
        *([_fact("Place of delivery", opportunity.delivery_text)] if opportunity.delivery_text else []),
    ]


def _linked(fact: Fact) -> Fact:
    """Return a fact whose words are one link as a fact with a link."""
    link = None if " " in fact.words or not fact.stated else safe_link(fact.words)
    return msgspec.structs.replace(fact, link=link)


def _fact(label: str, words: str | None) -> Fact:
    return Fact(label, words) if words else Fact(label, NOT_STATED, stated=False)


def _scoring(opportunity: Opportunity) -> str:
    quality, cost = opportunity.quality_percent, opportunity.cost_percent
    parts = [f"{name} {percent:g}%" for name, percent in (("quality", quality), ("cost", cost)) if percent is not None]
    return ", ".join(parts).capitalize() if parts else NOT_STATED


def _lot(lot: Lot) -> LotRow:
    value = lot.value
    amount = (value.gross or value.net or value.high) if value else None
    facts = [
        f"from {day_words(uk(lot.starts_at).date())}" if lot.starts_at else "",
        f"until {day_words(uk(lot.ends_at).date())}" if lot.ends_at else "",
        f"suitable for {OUR_KIND}" if lot.vcse_suitable else "",
        f"{lot.status}" if lot.status in ("cancelled", "withdrawn", "unsuccessful") else "",
    ]
    return LotRow(
        title=lot.title or f"Lot {lot.id}",
        description=lot.description,
        worth=money_words(amount, value.currency if value else None),
        facts=tuple(fact for fact in facts if fact),
    )
