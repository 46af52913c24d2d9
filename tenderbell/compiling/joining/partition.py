"""From bonds to groups: which of the processes that hang together are one."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import msgspec

from tenderbell.compiling.joining.choices import pair
from tenderbell.compiling.joining.judging import ALIKE, Bond

AS_GOOD = 0.02
"""Two bonds by title are equally good when their scores differ by no more than this."""

APART = "apart"
"""The bond of two processes that the operator took apart."""

Group = frozenset[str]


class Bound(msgspec.Struct, frozen=True):
    """One kept bond: the two processes in their fixed order and what was judged or decided about them."""

    a: str
    b: str
    bond: str
    rule: str
    evidence: str
    score: float


def partition(sources: Mapping[str, Sequence[str]], bonds: Iterable[Bound]) -> list[tuple[str, ...]]:
    """Return the groups within a connected set, given the sources of each of its processes and all their bonds.

    The surest bonds come first; two groups are not brought together when anything in them must stay apart: a pair that
    the operator or ruling 19 keeps apart, or two processes of one source that are not themselves bound. Nor is a title
    enough when several have it.
    """
    held = _Held(sources, bonds)
    group = {name: frozenset((name,)) for name in sources}
    for bound in held.surest:
        left, right = group[bound.a], group[bound.b]
        if left == right or held.any_apart(left, right) or held.is_one_of_several(bound, left, right):
            continue
        for name in left | right:
            group[name] = left | right
    return sorted(tuple(sorted(found)) for found in set(group.values()))


class _Held:
    """What is known about the processes of a connected set. `surest` are the joining bonds, the surest first."""

    def __init__(self, sources: Mapping[str, Sequence[str]], bonds: Iterable[Bound]) -> None:
        bonds = list(bonds)
        self.sources = sources
        joining = [bound for bound in bonds if bound.bond == Bond.JOINED]
        self.surest = sorted(joining, key=lambda bound: (-bound.score, bound.a, bound.b))
        self.joined = {(bound.a, bound.b) for bound in joining}
        self.apart = {(bound.a, bound.b) for bound in bonds if bound.bond in (Bond.RELATED, APART)}
        self.by_title: dict[str, list[Bound]] = {name: [] for name in sources}
        for bound in (bound for bound in joining if bound.rule == ALIKE):
            self.by_title[bound.a].append(bound)
            self.by_title[bound.b].append(bound)

    def any_apart(self, left: Iterable[str], right: Iterable[str]) -> bool:
        """Return whether a process of one group must not be joined with one of the other."""
        right = list(right)
        return any(self._are_apart(one, other) for one in left for other in right)

    def _are_apart(self, one: str, other: str) -> bool:
        two = pair(one, other)
        share_a_source = not set(self.sources[one]).isdisjoint(self.sources[other])
        return two in self.apart or (share_a_source and two not in self.joined)

    def is_one_of_several(self, bound: Bound, left: Group, right: Group) -> bool:
        """Return whether a bond of title and buyer could as well tie the two groups to others, when some of all these
        must stay apart: twenty call-offs with one title on two sources. Nobody can tell which is which."""
        if bound.rule != ALIKE:
            return False
        least, both = bound.score - AS_GOOD, left | right
        as_good = [other for name in both for other in self.by_title[name] if other.score >= least]
        known = both.union(*({other.a, other.b} for other in as_good))
        return any(self._are_apart(one, other) for one, other in combinations(sorted(known), 2))
