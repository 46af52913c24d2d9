"""One opportunity's page: what, by when, how much, can we apply; then how it runs, what changed, where it came from."""

import sqlite3
from datetime import datetime

from tenderbell.area import Area
from tenderbell.clock import uk
from tenderbell.edition import Edition
from tenderbell.notice import Lot, Record
from tenderbell.opportunity import Opportunity, Sighting, find, sightings
from tenderbell.pages.cards import Card, card
from tenderbell.pages.course import ChangeInWords, Step, change_in_words, moved_words, steps_of
from tenderbell.phrases import (
    NOT_STATED,
    day_words,
    exact_money_words,
    moment_words,
    money_words,
    stage_words,
)
from tenderbell.text import safe_link
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Kind

MOST_LOTS = 30


class Fact(Record, frozen=True, omit_defaults=True):
    """One labelled statement. `stated` is False when no notice says it."""

    label: str
    words: str
    note: str = ""
    stated: bool = True


class Seen(Record, frozen=True, omit_defaults=True):
    """One notice at one source."""

    source: str
    form: str
    key: str
    link: str | None
    published: str
    first_seen: str
    licence: str | None


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
    moved: str
    changes: tuple[ChangeInWords, ...]
    seen: tuple[Seen, ...]
    themes: tuple[tuple[str, str], ...]
    related: tuple[tuple[str, str], ...]
    suppliers: tuple[str, ...]
    doubts: tuple[str, ...]
    licences: tuple[str, ...]
    link: str | None


def detail(db: sqlite3.Connection, id: str, area: Area, edition: Edition, now: datetime) -> Detail | None:
    """Return the page of the opportunity `id`, None when there is none."""
    opportunity = find(db, id)
    if opportunity is None:
        return None
    seen = tuple(_seen(sighting, edition) for sighting in sightings(db, id))
    return Detail(
        opportunity=opportunity,
        card=card(opportunity, area, now),
        stage=str(opportunity.stage_at(now)),
        worth_note=_worth_note(opportunity),
        apply=_apply(opportunity),
        paragraphs=tuple(part for part in (opportunity.description or "").split("\n") if part.strip()),
        steps=tuple(steps_of(opportunity, now)),
        applying=tuple(_applying(opportunity)),
        lots=tuple(_lot(lot) for lot in opportunity.lots[:MOST_LOTS]),
        lots_left_out=max(0, len(opportunity.lots) - MOST_LOTS),
        why=tuple(_why(opportunity)),
        moved=moved_words(opportunity.changes),
        changes=tuple(change_in_words(change) for change in opportunity.changes),
        seen=seen,
        themes=tuple((theme, theme_names().get(theme, theme)) for theme in opportunity.themes),
        related=tuple(_related(db, opportunity)),
        suppliers=tuple(supplier.name for supplier in opportunity.suppliers),
        doubts=opportunity.doubts,
        licences=tuple(dict.fromkeys(one.licence for one in seen if one.licence)),
        link=safe_link(opportunity.link),
    )


def _worth_note(opportunity: Opportunity) -> str:
    gross, net = opportunity.value_gross, opportunity.value_net
    if opportunity.kind is Kind.GRANT and opportunity.value_fund:
        return f"from a fund of {money_words(opportunity.value_fund, opportunity.currency)}"
    if gross is not None and net is not None and gross != net:
        with_vat = exact_money_words(gross, opportunity.currency)
        return f"{with_vat} with VAT, {exact_money_words(net, opportunity.currency)} without"
    if opportunity.value is not None:
        return f"{exact_money_words(opportunity.value)} {opportunity.value_basis or ''}".strip()
    return ""


def _apply(opportunity: Opportunity) -> Fact:
    """Can we apply? Only what the notice says; silence is not a no."""
    label = "Can we apply?"
    if opportunity.reserved_vcse:
        return Fact(label, "Reserved for VCS", "only voluntary and community organisations may bid")
    if opportunity.vcse_suitable:
        return Fact(label, "Suitable for VCS", "so the notice says")
    if opportunity.sme_suitable:
        return Fact(label, "Suitable for small firms", "of VCS organisations the notice says nothing")
    if opportunity.eligibility:
        return Fact(label, "See who can apply", "the notice says who, below")
    if opportunity.vcse_suitable is False:
        return Fact(label, "Not marked for VCS", "the notice does not mark it as suitable; it may not forbid it")
    return Fact(label, "Not stated", "the notice does not say who may apply", stated=False)


def _applying(opportunity: Opportunity) -> list[Fact]:
    return [
        _fact("Who can apply", opportunity.eligibility),
        _fact("How to apply", opportunity.how_to_apply),
        Fact("How bids are scored", _scoring(opportunity), stated=_scoring(opportunity) != NOT_STATED),
        *([_fact("Procedure", opportunity.method)] if opportunity.method else []),
        *([Fact("Staff transfer (TUPE)", "Mentioned in the notice")] if opportunity.tupe else []),
        *([_fact("Place of delivery", opportunity.delivery_text)] if opportunity.delivery_text else []),
    ]


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
        "suitable for VCS" if lot.vcse_suitable else "",
        f"{lot.status}" if lot.status in ("cancelled", "withdrawn", "unsuccessful") else "",
    ]
    return LotRow(
        title=lot.title or f"Lot {lot.id}",
        description=lot.description,
        worth=money_words(amount, value.currency if value else None),
        facts=tuple(fact for fact in facts if fact),
    )


def _why(opportunity: Opportunity) -> list[Fact]:
    facts = [
        Fact("Why it is listed", opportunity.reach_value or NOT_STATED, _rule_words(opportunity.reach_rule)),
        _fact(f"Why it is called {_kind_noun(opportunity.kind)}", opportunity.kind_evidence),
    ]
    if opportunity.stage_evidence:
        facts.append(Fact(f"Why it is called {stage_words(opportunity.stage)}", opportunity.stage_evidence))
    if opportunity.cancel_reason:
        facts.append(Fact("Reason given for cancelling", opportunity.cancel_reason))
    return facts


def _kind_noun(kind: Kind) -> str:
    return "not clear" if kind is Kind.UNCLEAR else f"a {str(kind).replace('-', ' ')}"


def _rule_words(rule: str | None) -> str:
    return f"rule {rule}" if rule and len(rule) == 1 else ""


def _seen(sighting: Sighting, edition: Edition) -> Seen:
    source = next((source for source in edition.sources if source.id == sighting.source), None)
    return Seen(
        source=source.title if source else sighting.source,
        form=" ".join(part for part in (sighting.form, sighting.form_name) if part) or "notice",
        key=sighting.key,
        link=safe_link(sighting.link),
        published=moment_words(sighting.published_at) if sighting.published_at else NOT_STATED,
        first_seen=moment_words(sighting.first_seen) if sighting.first_seen else NOT_STATED,
        licence=source.licence if source else None,
    )


def _related(db: sqlite3.Connection, opportunity: Opportunity) -> list[tuple[str, str]]:
    """Return (id, title) of what its notices point to and this site holds; never joined with it (ruling 19)."""
    found = []
    for key in opportunity.related[:20]:
        row = db.execute(
            "select o.id, o.title from opportunity o where o.id = ? or o.id in "
            "(select opportunity from process where key = ? union select opportunity from notice where key = ?) "
            "limit 1",
            (key, key, key),
        ).fetchone()
        if row and row["id"] != opportunity.id:
            found.append((row["id"], row["title"]))
    return list(dict.fromkeys(found))
