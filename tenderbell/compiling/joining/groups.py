"""Which processes are one: the bonds between them, kept in `public.db` with their evidence, and the groups they make.

Each process is compared only with those that share a name or a block (buyer and deadline day, buyer and title) with it,
so the work grows with the number of processes, not with its square.
"""

import sqlite3
from collections.abc import Iterable, Iterator

import msgspec

from tenderbell.compiling.joining.choices import choices_about, pair
from tenderbell.compiling.joining.judging import Bond, Judgement, judge
from tenderbell.compiling.joining.sides import Side, decode, encode

MOST_SHARING = 60
"""A name that more processes share than this tells none from another: a home page, a placeholder."""

CHOSEN = "operator"

APART = "apart"
"""The bond of two processes that the operator took apart."""


class Bound(msgspec.Struct, frozen=True):
    """One kept bond: the two processes in their fixed order and what was judged or decided about them."""

    a: str
    b: str
    bond: str
    rule: str
    evidence: str
    score: float


class Groups:
    """The bonds in an open `public.db`, inside the caller's transaction; `archive` holds the operator's choices."""

    def __init__(self, public: sqlite3.Connection, archive: sqlite3.Connection) -> None:
        self.public, self.archive = public, archive

    def learn(self, side: Side, *, again: bool = False) -> set[str]:
        """Keep what a process shows now, judge it against its candidates, and return the processes whose group may
        have changed: its own, and whatever it is or was bound to. One that shows what it showed before is judged only
        `again`, when the rules may have changed."""
        process = side.process
        held = self._side(process)
        before = self._neighbours(process)
        if again or held != side:
            self._keep_side(side, held)
            judged = {other.process: judge(side, other) for other in self._candidates(side)}
            self._keep_bonds(side, {name: found for name, found in judged.items() if found})
        self._apply_choices(process)
        return {process} | before | self._neighbours(process)

    def forget(self, process: str) -> None:
        """Forget a process that has no page and can no longer get one, unless it is bound to another."""
        if self._neighbours(process):
            return
        for table, column in (("join_key", "process"), ("join_side", "process"), ("bond", "a"), ("bond", "b")):
            self.public.execute(f"delete from {table} where {column} = ?", (process,))

    def around(self, processes: Iterable[str]) -> list[tuple[str, ...]]:
        """Return every group of the connected sets that hold one of `processes`: each group in alphabetical order, and
        each process in exactly one."""
        found: list[tuple[str, ...]] = []
        seen: set[str] = set()
        for process in sorted(processes):
            if process not in seen:
                members = self._reachable(process)
                seen |= members
                found += self._partition(members) if len(members) > 1 else [(process,)]
        return found

    def _reachable(self, process: str) -> set[str]:
        found, waiting = {process}, [process]
        while waiting:
            for other in self._neighbours(waiting.pop()) - found:
                found.add(other)
                waiting.append(other)
        return found

    def _partition(self, members: set[str]) -> list[tuple[str, ...]]:
        """Return the groups within a connected set. The surest bonds come first; two groups are not brought together
        when anything in them must stay apart: a pair that the operator or ruling 19 keeps apart, or two processes of
        one source that are not themselves bound."""
        sources = {name: set(side.sources) for name in members if (side := self._side(name))}
        bonds = [bound for name in sorted(members) for bound in self._bonds(name) if bound.a == name]
        joined = {(bound.a, bound.b) for bound in bonds if bound.bond == Bond.JOINED}
        apart = {(bound.a, bound.b) for bound in bonds if bound.bond in (Bond.RELATED, APART)}
        group = {name: frozenset((name,)) for name in members}
        for bound in sorted(bonds, key=lambda bound: (-bound.score, bound.a, bound.b)):
            left, right = group[bound.a], group[bound.b]
            if bound.bond != Bond.JOINED or left == right:
                continue
            pairs = [pair(one, other) for one in left for other in right]
            if all(two not in apart and (two in joined or _strangers(two, sources)) for two in pairs):
                for name in left | right:
                    group[name] = left | right
        return sorted(tuple(sorted(found)) for found in set(group.values()))

    def _side(self, process: str) -> Side | None:
        row = self.public.execute("select side from join_side where process = ?", (process,)).fetchone()
        return decode(row[0]) if row else None

    def _keep_side(self, side: Side, held: Side | None) -> None:
        old, new = set(held.keys if held else ()), set(side.keys)
        self.public.execute(
            "insert into join_side (process, side) values (?, ?) on conflict do update set side = excluded.side",
            (side.process, encode(side)),
        )
        self.public.executemany(
            "delete from join_key where key = ? and process = ?", [(key, side.process) for key in old - new]
        )
        self.public.executemany(
            "insert into join_key (key, process) values (?, ?)", [(key, side.process) for key in sorted(new - old)]
        )

    def _candidates(self, side: Side) -> Iterator[Side]:
        names: set[str] = set(side.named)
        for key in side.keys:
            rows = self.public.execute(
                "select process from join_key where key = ? limit ?", (key, MOST_SHARING + 1)
            ).fetchall()
            if len(rows) <= MOST_SHARING:
                names.update(row[0] for row in rows)
        names.discard(side.process)
        return (found for name in sorted(names) if (found := self._side(name)))

    def _keep_bonds(self, side: Side, judged: dict[str, Judgement]) -> None:
        process = side.process
        held = {bound.b if bound.a == process else bound.a: bound for bound in self._bonds(process)}
        for other, bound in held.items():
            if other not in judged and bound.rule != CHOSEN:
                self.public.execute("delete from bond where a = ? and b = ?", (bound.a, bound.b))
        for other, found in judged.items():
            if other not in held or held[other].rule != CHOSEN:
                self._write(process, other, found.bond, found.rule, found.evidence, found.score)

    def _apply_choices(self, process: str) -> None:
        for other, is_one in choices_about(self.archive, process).items():
            bond = Bond.JOINED if is_one else APART
            words = "The operator decided that they are one." if is_one else "The operator took them apart."
            self._write(process, other, bond, CHOSEN, words, 2.0)

    def _write(self, one: str, other: str, bond: str, rule: str, evidence: str, score: float) -> None:
        self.public.execute(
            "insert into bond (a, b, bond, rule, evidence, score) values (?, ?, ?, ?, ?, ?) on conflict do update set "
            "bond = excluded.bond, rule = excluded.rule, evidence = excluded.evidence, score = excluded.score",
            (*pair(one, other), bond, rule, evidence, score),
        )

    def _bonds(self, process: str) -> list[Bound]:
        rows = self.public.execute(
            "select * from bond where a = ?1 union all select * from bond where b = ?1", (process,)
        )
        return [Bound(**dict(row)) for row in rows]

    def _neighbours(self, process: str) -> set[str]:
        rows = self.public.execute(
            "select b from bond where a = ?1 and bond = 'joined' union select a from bond where b = ?1 and bond = "
            "'joined'",
            (process,),
        )
        return {row[0] for row in rows}


def _strangers(two: Iterable[str], sources: dict[str, set[str]]) -> bool:
    one, other = (sources.get(name, set()) for name in two)
    return one.isdisjoint(other)
