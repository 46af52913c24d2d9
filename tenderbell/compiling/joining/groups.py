"""Which processes are one: the bonds between them, kept in `public.db` with their evidence, and the groups they make.

Each process is compared only with those that share a name or a block (buyer and deadline day, buyer and title) with it,
so the work grows with the number of processes, not with its square.
"""

import sqlite3
from collections.abc import Callable, Iterable

from tenderbell.compiling.joining.choices import choices_about, pair
from tenderbell.compiling.joining.judging import Bond, Judgement, judge
from tenderbell.compiling.joining.partition import APART, Bound, partition
from tenderbell.compiling.joining.sides import Side, decode, encode

MOST_SHARING = 60
"""A name that more processes share than this tells none from another: a home page, a placeholder."""

CHOSEN = "operator"


class Groups:
    """The bonds in an open `public.db`, inside the caller's transaction; `archive` holds the operator's choices.
    `recall` tells again what a process shows whose side was forgotten; its names are never forgotten."""

    def __init__(self, public: sqlite3.Connection, archive: sqlite3.Connection) -> None:
        self.public, self.archive = public, archive
        self.recall: Callable[[str], Side | None] = _nothing

    def learn(self, side: Side, *, again: bool = False) -> set[str]:
        """Keep what a process shows now, judge it against its candidates, and return the processes whose group may
        have changed: its own, and whatever it is or was bound to. One that shows what it showed before is judged only
        `again`, when the rules may have changed."""
        process = side.process
        held = self._side(process)
        concerned = {process} | (self._neighbours(process) if held else set())
        if again or held != side:
            self._keep_side(side, held)
            sharing = self._sharing(side.keys)
            self._judge(side, sharing)
            for other in sorted(self._tipped(side, held, sharing)):
                concerned |= {other} | self._neighbours(other)
                self._judge_again(other)
        self._apply_choices(process)
        return concerned | self._neighbours(process)

    def _judge(self, side: Side, sharing: dict[str, list[str]]) -> None:
        """Judge a process against its candidates; `sharing` are those that share each of its names. One that was
        forgotten and is joined now is judged against its own candidates as well: its bonds were forgotten with it."""
        judged: dict[str, Judgement] = {}
        recalled: list[Side] = []
        for name in self._candidates(side, sharing):
            known = self._side(name)
            other = known or self.recall(name)
            found = judge(side, other) if other else None
            if found and known:
                judged[name] = found
            elif found and other and found.bond is Bond.JOINED:
                self._keep_side(other, None)
                recalled.append(other)
                judged[name] = found
        self._keep_bonds(side, judged)
        for other in recalled:
            self._judge(other, self._sharing(other.keys))

    def _judge_again(self, process: str) -> None:
        side = self._side(process)
        if side:
            self._judge(side, self._sharing(side.keys))

    def forget(self, process: str) -> None:
        """Forget all but the names of a process that has no page and can no longer get one, unless it is joined with
        another: who shares a name with it later has it recalled."""
        if self._neighbours(process):
            return
        for table, column in (("join_side", "process"), ("bond", "a"), ("bond", "b")):
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
        sources = {name: side.sources if (side := self._side(name)) else () for name in sorted(members)}
        return partition(sources, (bound for name in sources for bound in self._bonds(name) if bound.a == name))

    def _side(self, process: str) -> Side | None:
        row = self.public.execute("select side from join_side where process = ?", (process,)).fetchone()
        return decode(row[0]) if row else None

    def _keep_side(self, side: Side, held: Side | None) -> None:
        old, new = set(_kept_keys(held) if held else ()), set(_kept_keys(side))
        self.public.execute(
            "insert into join_side (process, side) values (?, ?) on conflict do update set side = excluded.side",
            (side.process, encode(side)),
        )
        if old - new:
            self._drop_keys(side, old - new)
        self.public.executemany(
            "insert or ignore into join_key (key, process) values (?, ?)",
            [(key, side.process) for key in sorted(new - old)],
        )

    def _drop_keys(self, side: Side, keys: Iterable[str]) -> None:
        self.public.executemany(
            "delete from join_key where key = ? and process = ?", [(key, side.process) for key in keys]
        )

    def _tipped(self, side: Side, held: Side | None, sharing: dict[str, list[str]]) -> set[str]:
        """Return the other processes that share with this one a name that it has just made common, or has just ceased
        to make common: what was judged by that name is no longer what it would be."""
        old, new = set(held.keys if held else ()), set(side.keys)
        common = [names for key in new - old if len(names := sharing[key]) == MOST_SHARING + 1]
        rare = [names for names in self._sharing(old - new).values() if len(names) == MOST_SHARING]
        return {name for names in (*common, *rare) for name in names} - {side.process}

    def _sharing(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Return the processes that have each name, at most two more than tell anything."""
        query = "select process from join_key where key = ? limit ?"
        return {key: [row[0] for row in self.public.execute(query, (key, MOST_SHARING + 2))] for key in keys}

    def _candidates(self, side: Side, sharing: dict[str, list[str]]) -> list[str]:
        names: set[str] = {*side.named, *self._naming(side.process)}
        for found in sharing.values():
            if len(found) <= MOST_SHARING:
                names.update(found)
        names.discard(side.process)
        return sorted(names)

    def _naming(self, process: str) -> Iterable[str]:
        """Yield the processes that name this one as related: which of the two comes first must make no difference."""
        yield from (
            row[0] for row in self.public.execute("select process from join_key where key = ?", (_by(process),))
        )

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


def _kept_keys(side: Side) -> list[str]:
    """Return by what a process is found again: its names, and the processes that it names."""
    return [*side.keys, *map(_by, side.named)]


def _by(process: str) -> str:
    """Return the key of those that name a process."""
    return f"names:{process}"


def _nothing(process: str) -> None:
    """Recall nothing: what `Groups` does until it is told how."""
    del process
