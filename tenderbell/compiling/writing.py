"""Writing opportunities into `public.db`: the row that pages list, the text that is searched, the tags that filter."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

import msgspec

from tenderbell.area import Area
from tenderbell.clock import stamp
from tenderbell.code.calendar import deadline_moves
from tenderbell.compiling.buyers import buyer_of
from tenderbell.compiling.events import Happening
from tenderbell.opportunity import Buyer, Opportunity
from tenderbell.text import excerpt
from tenderbell.themes import theme_names
from tenderbell.vocabulary import Reach, Stage
from tenderbell.words import acronyms_in, fold

_COLUMNS = (
    "number", "id", "title", "buyer", "buyer_id", "kind", "stage", "reach", "reach_rule", "reach_value", "unconfirmed",
    "published_at", "updated_at", "closes_at", "engagement_closes_at", "enquiries_close_at", "decision_expected_at",
    "starts_at", "ends_at", "value", "value_basis", "value_net", "value_gross", "currency", "notice_days",
    "vcse_suitable", "sme_suitable", "reserved_vcse", "lots", "source", "link", "summary", "first_seen_at",
    "compiled_at", "awarded_at", "extends_to", "first_early_at", "warning_days", "deadline_moves", "awarded_vcse",
    "record",
)  # fmt: skip
_KEPT = ("number", "id", "first_seen_at")
_CHANGING = [column for column in _COLUMNS if column not in _KEPT]
_UPSERT = (
    f"insert into opportunity ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))}) "
    f"on conflict (number) do update set {', '.join(f'{column} = excluded.{column}' for column in _CHANGING)} "
    "where opportunity.record is not excluded.record"
)
_TEXT = ("title", "description", "buyer", "lots", "subjects", "refs")
_UPSERT_TEXT = (
    f"insert into opportunity_text (number, {', '.join(_TEXT)}) values (?, ?, ?, ?, ?, ?, ?) "
    f"on conflict (number) do update set {', '.join(f'{column} = excluded.{column}' for column in _TEXT)} "
    f"where {' or '.join(f'opportunity_text.{column} is not excluded.{column}' for column in _TEXT)}"
)


def store(
    db: sqlite3.Connection, opportunity: Opportunity, area: Area, now: datetime, *, first_seen: datetime | None = None
) -> bool:
    """Write one opportunity inside the caller's transaction; return whether anything changed.

    A row that says the same already is left alone, so that compiling twice changes nothing.
    """
    values = _row(opportunity, now, first_seen or now)
    if not db.execute(_UPSERT, values).rowcount:
        return False
    texts = searched_text(opportunity)
    db.execute(_UPSERT_TEXT, (opportunity.number, *texts))
    _write_tags(db, opportunity.number, tags_of(opportunity, texts, area))
    _write_findings(db, opportunity)
    for organisation in opportunity.buyers:
        _write_buyer(db, buyer_of(organisation, area))
    return True


def _row(opportunity: Opportunity, now: datetime, first_seen: datetime) -> tuple[object, ...]:
    derived = {
        "lots": len(opportunity.lots),
        "summary": excerpt(opportunity.description),
        "first_seen_at": first_seen,
        "compiled_at": now,
        "deadline_moves": len(deadline_moves(opportunity.changes)),
        "awarded_vcse": awarded_vcse(opportunity),
        "record": msgspec.json.encode(opportunity).decode(),
    }
    return tuple(_stored(derived[name] if name in derived else getattr(opportunity, name)) for name in _COLUMNS)


def awarded_vcse(opportunity: Opportunity) -> bool | None:
    """Return whether one of the suppliers is stated to be a voluntary organisation or social enterprise; None when no
    award is known, or not to whom."""
    if opportunity.stage is not Stage.AWARDED or not opportunity.suppliers:
        return None
    return any(supplier.vcse for supplier in opportunity.suppliers)


def _stored(value: object) -> object:
    return stamp(value) if isinstance(value, datetime) else value


def searched_text(opportunity: Opportunity) -> tuple[str, ...]:
    """Return what the words of a search are looked for in, folded, one text per column (ruling 22)."""
    names = theme_names()
    return tuple(
        fold(text)
        for text in (
            opportunity.title,
            opportunity.description or "",
            " \n".join(dict.fromkeys([opportunity.buyer or "", *(buyer.name for buyer in opportunity.buyers)])),
            " \n".join(text for lot in opportunity.lots for text in (lot.title, lot.description) if text),
            " \n".join(
                [*(s.label or "" for s in opportunity.subjects), *(names.get(t, t) for t in opportunity.themes)]
            ),
            " \n".join([*opportunity.ocids, *_spellings(opportunity.notices), *opportunity.references]),
        )
    )


def _spellings(keys: Iterable[str]) -> list[str]:
    """Return notice keys, those of Find a Tender in both spellings (sources.md 1.9)."""
    found = list(keys)
    for key in keys:
        number, _, year = key.partition("-")
        if len(number) == 6 and len(year) == 4 and key.replace("-", "").isdigit():
            found.append(f"{year}/S 000-{number}")
    return found


def tags_of(opportunity: Opportunity, texts: Iterable[str], area: Area) -> set[tuple[str, str]]:
    """Return the (field, value) pairs that filters look up; `texts` are what `searched_text` returned."""
    tags = {("acronym", acronym) for text in texts for acronym in acronyms_in(text)}
    tags |= {("cpv", subject.code[:8]) for subject in opportunity.subjects if subject.scheme == "CPV"}
    tags |= {("theme", theme) for theme in opportunity.themes}
    tags |= {("source", source) for source in opportunity.sources}
    tags |= {("buyer", buyer_of(organisation, area).id) for organisation in opportunity.buyers}
    return tags | {("district", name) for name in _district_names(opportunity, area)}


def _district_names(opportunity: Opportunity, area: Area) -> set[str]:
    """Return slugs and codes of the districts covered: those named, or all of them when it covers the whole area."""
    if opportunity.reach is Reach.UNSTATED:
        return set()
    covered = [d for d in area.districts if not opportunity.districts or d.slug in opportunity.districts]
    names = {name for district in covered for name in (district.slug, district.gss.lower())}
    return names if opportunity.districts else names | {area.id, area.gss.lower()}


def _write_tags(db: sqlite3.Connection, number: int, tags: set[tuple[str, str]]) -> None:
    held = {
        (row[0], row[1]) for row in db.execute("select field, value from opportunity_tag where number = ?", (number,))
    }
    if gone := held - tags:
        db.executemany(
            "delete from opportunity_tag where field = ? and value = ? and number = ?",
            [(field, value, number) for field, value in gone],
        )
    db.executemany(
        "insert into opportunity_tag (field, value, number) values (?, ?, ?)",
        [(field, value, number) for field, value in sorted(tags - held)],
    )


def _write_findings(db: sqlite3.Connection, opportunity: Opportunity) -> None:
    new = {
        (finding.clause, str(finding.result), finding.words, finding.field, finding.relied_on)
        for finding in opportunity.findings
    }
    rows = db.execute(
        "select clause, result, words, field, relied_on from finding where opportunity = ?", (opportunity.id,)
    )
    held = {tuple(row) for row in rows}
    if gone := held - new:
        db.executemany(
            "delete from finding where opportunity = ? and clause = ?",
            [(opportunity.id, clause) for clause, *_ in gone],
        )
    db.executemany(
        "insert into finding (opportunity, clause, result, words, field, relied_on) values (?, ?, ?, ?, ?, ?)",
        [(opportunity.id, *row) for row in sorted(new - held, key=lambda row: row[0])],
    )


def _write_buyer(db: sqlite3.Connection, buyer: Buyer) -> None:
    identifiers = msgspec.json.encode(buyer.identifiers).decode()
    db.execute(
        "insert into buyer (id, name, sort, identifiers, website, mailbox, local) values (?, ?, ?, ?, ?, ?, ?) "
        "on conflict (id) do update set name = excluded.name, sort = excluded.sort, "
        "identifiers = excluded.identifiers, website = coalesce(excluded.website, website), "
        "mailbox = coalesce(excluded.mailbox, mailbox), local = excluded.local "
        "where name is not excluded.name or sort is not excluded.sort or identifiers is not excluded.identifiers "
        "or website is not coalesce(excluded.website, website) or mailbox is not coalesce(excluded.mailbox, mailbox) "
        "or local is not excluded.local",
        (buyer.id, buyer.name, buyer.sort, identifiers, buyer.website, buyer.mailbox, buyer.local),
    )


def write_events(
    db: sqlite3.Connection, opportunity: Opportunity, found: Iterable[Happening], now: datetime, *, silent: bool
) -> int:
    """Append events inside the caller's transaction and return how many; `silent` ones tell nobody."""
    rows = [
        (opportunity.id, happening.type, stamp(opportunity.updated_at or now), stamp(now), silent, happening.old,
         happening.new, opportunity.notices[0] if opportunity.notices else None)
        for happening in found
    ]  # fmt: skip
    db.executemany(
        "insert into event (opportunity, type, at, noticed_at, silent, old, new, notice) "
        "values (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return len(rows)
