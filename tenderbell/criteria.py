"""Criteria: what a search asks for. A search is a URL; a profile is that URL's query string in canonical order.

`Criteria.clauses` is the one place where a search becomes SQL. The site joins the clauses with AND; the matcher
evaluates each clause once over the new opportunities and intersects the answers. So what you search is what you are
sent (promise 4).
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from urllib.parse import parse_qsl, urlencode

import msgspec

from tenderbell.clock import stamp, uk_day_end, uk_day_start
from tenderbell.vocabulary import Kind, Reach, Stage
from tenderbell.words import Group, Term, parse_words

SORTS = ("newest", "closing", "value", "best")
MOST_VALUES = 50
LONGEST_WORDS = 1000

_LISTS = ("kind", "stage", "theme", "cpv", "buyer", "reach", "district")
_SINGLES = ("value_min", "value_max", "value", "closes_after", "closes_before", "notice_days_min", "vcse")
_NUMBERS = ("value_min", "value_max", "notice_days_min")
FIELDS = ("q", *_LISTS, *_SINGLES, "source", "sort", "page")
"""Every parameter, in canonical order."""

_CLOSED_SETS: dict[str, frozenset[str]] = {
    "kind": frozenset(Kind),
    "stage": frozenset(Stage),
    "reach": frozenset(Reach),
    "value": frozenset({"unknown"}),
    "vcse": frozenset({"1"}),
}


class Clause(msgspec.Struct, frozen=True):
    """One condition on `opportunity o`, true or false for each row by itself. `match` is its full-text expression
    when the clause is nothing but one, so that a search can drive the index with all of them at once. `excludes` is
    the clause of which this one is the opposite, when it is shorter to say what does not match.

    Three say nothing new, for pages that look at a few rows only (`tenderbell.looking`): `field` is the field of the
    criteria, `probe` the same condition with the same parameters where it is quicker to ask row by row, and `posting`
    selects the numbers of all that match from an index, which with `in_order` holds them by number."""

    sql: str
    params: tuple[str | float | int, ...] = ()
    match: str | None = None
    excludes: "Clause | None" = None
    field: str = ""
    probe: str | None = None
    posting: str | None = None
    in_order: bool = True

    @property
    def row_by_row(self) -> str:
        """The condition as it is quickest for a single row."""
        return self.probe or self.sql


NOTHING = Clause("0")

_BY_VALUE = "from opportunity o indexed by opportunity_by_value"
_BY_DATE = "from opportunity_fact o indexed by opportunity_fact_closing"

SUITABLE = "(o.vcse_suitable = 1 or o.reserved_vcse = 1)"
"""What it takes to be suitable for voluntary and community organisations."""


class Criteria(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed search. Lists are sorted and without repeats. Values are kept as typed where they are not understood:
    such a value matches nothing, and `problems` says so (ruling 21)."""

    q: str = ""
    kind: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    theme: tuple[str, ...] = ()
    cpv: tuple[str, ...] = ()
    buyer: tuple[str, ...] = ()
    reach: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    value_min: str = ""
    value_max: str = ""
    value: str = ""
    closes_after: str = ""
    closes_before: str = ""
    notice_days_min: str = ""
    vcse: str = ""
    source: tuple[str, ...] = ()
    sort: str = ""
    page: int = 1

    @classmethod
    def parse(cls, query: str | Iterable[tuple[str, str]]) -> "Criteria":
        """Return the criteria of a query string or of its (name, value) pairs. Never fails."""
        pairs = (
            parse_qsl(query, encoding="utf-8", errors="replace", max_num_fields=None)
            if isinstance(query, str)
            else query
        )
        given: dict[str, list[str]] = {}
        for name, value in pairs:
            if name in FIELDS and (text := " ".join(value.split())):
                given.setdefault(name, []).append(text)
        fields: dict[str, object] = {name: _values(name, given.get(name, [])) for name in (*_LISTS, "source")}
        fields |= {name: _single(name, given[name]) for name in _SINGLES if name in given}
        fields |= {
            "q": " ".join(given.get("q", []))[:LONGEST_WORDS].strip(),
            "sort": _sort(given.get("sort", [""])[-1]),
            "page": _page(given.get("page", ["1"])[-1]),
        }
        return msgspec.convert(fields, cls)

    def pairs(self, *, profile: bool = False) -> list[tuple[str, str]]:
        """Return (name, value) pairs in canonical order; without `sort` and `page` for a profile."""
        found = [(name, value) for name in FIELDS for value in self._texts(name)]
        return [pair for pair in found if not (profile and pair[0] in ("sort", "page"))]

    def canonical(self, *, profile: bool = False) -> str:
        """Return the canonical query string, empty when nothing is asked."""
        return urlencode(self.pairs(profile=profile))

    def having(self, **changes: object) -> "Criteria":
        """Return the same criteria with some fields changed, back on the first page."""
        return msgspec.structs.replace(self, **{"page": 1, **changes})

    def without(self, name: str, value: str) -> "Criteria":
        """Return the same criteria without one value of one field, back on the first page."""
        return Criteria.parse(pair for pair in self.pairs() if pair not in ((name, value), ("page", str(self.page))))

    def clauses(self, now: datetime) -> tuple[Clause, ...]:
        """Return the conditions that all must hold, given the present instant (which decides what is closed)."""
        return tuple(self._clauses(stamp(now)))

    def problems(self, known: Mapping[str, Collection[str]] | None = None) -> list[str]:
        """Return a sentence for each value that is not understood and so matches nothing. `known` holds the values
        that exist for fields whose values depend on the edition (`tenderbell.known`)."""
        return [
            f"We do not know “{value}” as a {name.replace('_', ' ')}, so nothing matches it."
            for name, value in self.pairs()
            if not _is_known(name, value) or (known is not None and name in known and value not in known[name])
        ]

    def _texts(self, name: str) -> Iterator[str]:
        value = getattr(self, name)
        if isinstance(value, tuple):
            yield from value
        elif name == "page":
            yield from [str(value)] if value > 1 else []
        elif value:
            yield value

    def _clauses(self, now: str) -> Iterator[Clause]:
        for group in parse_words(self.q):
            yield from _words_clauses(group)
        for name in ("kind", "reach"):
            if values := getattr(self, name):
                posting = f"select number from opportunity where {name} = ?" if len(values) == 1 else None
                yield _of(name, _in(f"o.{name}", values), posting)
        if self.stage:
            yield _stages_clause(self.stage, now)
        for name in ("theme", "buyer", "district", "source"):
            if values := getattr(self, name):
                yield _of(name, _tagged(name, _in("value", values)), _tag_posting(name) if len(values) == 1 else None)
        if self.cpv:
            yield _of("cpv", _tagged("cpv", _any([_cpv_clause(code) for code in self.cpv])))
        yield from self._bounds()

    def _bounds(self) -> Iterator[Clause]:
        if self.value_min:
            yield _bound("o.value >= ?", _number(self.value_min), _BY_VALUE)
        if self.value_max:
            yield _bound("o.value <= ?", _number(self.value_max), _BY_VALUE)
        if self.value:
            yield Clause("o.value is null") if self.value == "unknown" else NOTHING
        if self.closes_after:
            yield _bound("o.closes_at > ?", _day_stamp(self.closes_after, end=False), _BY_DATE)
        if self.closes_before:
            yield _bound("o.closes_at <= ?", _day_stamp(self.closes_before, end=True), _BY_DATE)
        if self.notice_days_min:
            yield _bound("o.notice_days >= ?", _number(self.notice_days_min))
        if self.vcse:
            yield _of("vcse", Clause(SUITABLE) if self.vcse == "1" else NOTHING)


def _words_clauses(group: Group) -> Iterator[Clause]:
    """Yield one clause for a group; for an acronym alone its letters and its capitals, which an index holds each."""
    term = group[0]
    if len(group) > 1 or term.excluded or not term.acronyms:
        yield _words_clause(group)
        return
    yield _words_clause((msgspec.structs.replace(term, acronyms=()),))
    for acronym in term.acronyms:
        yield _of("q", _tagged("acronym", Clause("value in (?)", (acronym,))), _tag_posting("acronym"))


def _words_clause(group: Group) -> Clause:
    if not any(term.acronyms or term.excluded for term in group):
        match = " OR ".join(term.match for term in group)
        return Clause(*_full_text(match), match, field="q")
    if len(group) == 1 and group[0].excluded:
        held = _words_clause((msgspec.structs.replace(group[0], excluded=False),))
        return Clause(f"not {held.sql}", held.params, excludes=held, field="q")
    return _of("q", _any([_term_clause(term) for term in group]))


def _term_clause(term: Term) -> Clause:
    parts = [Clause(*_full_text(term.match))]
    parts += [_tagged("acronym", Clause("value = ?", (acronym,))) for acronym in term.acronyms]
    joined = Clause(f"({' and '.join(part.sql for part in parts)})", sum((part.params for part in parts), ()))
    return Clause(f"not {joined.sql}", joined.params) if term.excluded else joined


def _full_text(match: str) -> tuple[str, tuple[str]]:
    return "o.number in (select rowid from opportunity_fts where opportunity_fts match ?)", (match,)


def _tagged(field: str, condition: Clause) -> Clause:
    return Clause(
        f"o.number in (select number from opportunity_tag where field = '{field}' and {condition.sql})",
        condition.params,
        probe="exists (select 1 from opportunity_tag indexed by opportunity_tag_by_number "
        f"where number = o.number and field = '{field}' and {condition.sql})",
    )


def _tag_posting(field: str) -> str:
    return f"select number from opportunity_tag where field = '{field}' and value = ?"


def _of(field: str, clause: Clause, posting: str | None = None) -> Clause:
    return msgspec.structs.replace(clause, field=field, posting=posting)


def _stages_clause(stages: tuple[str, ...], now: str) -> Clause:
    whole = _any([_stage_clause(stage, now) for stage in stages])
    if stages == (Stage.OPEN,):
        posting = "select number from opportunity_fact indexed by opportunity_fact_open where stage = 'open' and "
        return _of("stage", whole, posting + "(closes_at is null or closes_at > ?)")
    if stages == (Stage.CLOSED,):
        posting = (
            "select number from opportunity where stage = 'closed' union all "
            "select number from opportunity indexed by opportunity_by_closing where stage = 'open' and closes_at <= ?"
        )
        return msgspec.structs.replace(_of("stage", whole, posting), in_order=False)
    return _of("stage", whole, "select number from opportunity where stage = ?" if len(stages) == 1 else None)


def _stage_clause(stage: str, now: str) -> Clause:
    if stage == Stage.OPEN:
        return Clause("(o.stage = 'open' and (o.closes_at is null or o.closes_at > ?))", (now,))
    if stage == Stage.CLOSED:
        return Clause("(o.stage = 'closed' or (o.stage = 'open' and o.closes_at <= ?))", (now,))
    return Clause("o.stage = ?", (stage,))


def _cpv_clause(code: str) -> Clause:
    prefix = cpv_prefix(code)
    return Clause("value >= ? and value < ?", (prefix, prefix + ":")) if prefix else NOTHING


def cpv_prefix(code: str) -> str | None:
    """Return the digits of a CPV code that its children share ("85312000-6" gives "85312"); None when it is none."""
    digits = re.sub(r"-\d$", "", code)
    if not re.fullmatch(r"[0-9]{2,8}", digits):
        return None
    return digits[:2] + digits[2:].rstrip("0")


def _in(column: str, values: tuple[str, ...]) -> Clause:
    return Clause(f"{column} in ({', '.join('?' * len(values))})", values)


def _any(clauses: list[Clause]) -> Clause:
    return Clause(f"({' or '.join(clause.sql for clause in clauses)})", sum((clause.params for clause in clauses), ()))


def _bound(sql: str, value: str | float | None, indexed: str | None = None) -> Clause:
    if value is None:
        return NOTHING
    posting = f"select o.number {indexed} where {sql}" if indexed else None
    return Clause(sql, (value,), posting=posting, in_order=False)


def _values(name: str, values: list[str]) -> tuple[str, ...]:
    distinct = sorted({value if name in ("buyer", "source", "cpv") else value.lower() for value in values})
    return tuple(distinct[:MOST_VALUES])


def _single(name: str, texts: list[str]) -> str:
    """Return the one value of a bound. A bound repeated is the wider of its values, as *or* has it (ruling 21); one
    that is not understood counts only when none is."""
    tidied = [_tidy(name, text) for text in texts]
    understood = [text for text in tidied if _is_known(name, text)]
    if not understood:
        return tidied[-1]
    widest = max if name in ("value_max", "closes_before") else min
    return widest(understood, key=lambda text: _number(text) or 0.0 if name in _NUMBERS else text)


def _tidy(name: str, text: str) -> str:
    number = _number(text) if name in _NUMBERS else None
    return text if number is None else f"{number:.2f}".removesuffix(".00")


def _number(text: str) -> float | None:
    found = re.fullmatch(r"£?\s*([0-9]{1,15}(?:,[0-9]{3})*(?:\.[0-9]+)?)\s*([kKmM]?)", text.strip())
    if not found:
        return None
    number = float(found[1].replace(",", "")) * {"": 1, "k": 1e3, "m": 1e6}[found[2].lower()]
    return number if math.isfinite(number) else None


def _day_stamp(text: str, *, end: bool) -> str | None:
    try:
        day = date.fromisoformat(text)
        return stamp(uk_day_end(day) if end else uk_day_start(day))
    except (ValueError, OverflowError):
        return None


def _sort(text: str) -> str:
    return text if text in SORTS else ""


def _page(text: str) -> int:
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else 1


def _is_known(name: str, value: str) -> bool:
    if name in _CLOSED_SETS:
        return value in _CLOSED_SETS[name]
    if name in _NUMBERS:
        return _number(value) is not None
    if name in ("closes_after", "closes_before"):
        return _day_stamp(value, end=True) is not None
    return name != "cpv" or cpv_prefix(value) is not None
