"""The undertakings of the Code that concern adverts, as `data/code.toml` has them."""

from functools import cache

from tenderbell.notice import Record
from tenderbell.tomlfile import PROJECT, read_toml
from tenderbell.vocabulary import Kind, Stage

FILE = PROJECT / "data" / "code.toml"


class Undertaking(Record, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One numbered clause. `question` is what a page asks ("Three months' notice?"), `asks` what the Code asks in our
    own words, `shows` what notices can and cannot prove, `add` what the writer of an advert should add. `kinds` and
    `stages` are those to which it applies, empty for all; `without_advert` when also to what was only ever seen as an
    award. `unreadable` says why notices cannot show it at all."""

    clause: str
    question: str
    asks: str
    shows: str
    add: str
    kinds: tuple[Kind, ...] = ()
    stages: tuple[Stage, ...] = ()
    without_advert: bool = False
    unreadable: str | None = None

    @property
    def anchor(self) -> str:
        """The name of its place on the page about the Code ("code-3-2-2")."""
        return f"code-{self.clause.replace('.', '-')}"

    def is_for(self, kind: Kind, stage: Stage) -> bool:
        """Return whether it applies to opportunities of this kind at this stage."""
        if self.unreadable:
            return False
        return (not self.kinds or kind in self.kinds) and (not self.stages or stage in self.stages)


class _File(Record, frozen=True, forbid_unknown_fields=True):
    undertaking: tuple[Undertaking, ...]


@cache
def undertakings() -> tuple[Undertaking, ...]:
    """Return the undertakings in the order of the Code. Raises SettingError when the file is wrong."""
    return read_toml(FILE, _File).undertaking


@cache
def by_clause() -> dict[str, Undertaking]:
    """Return the undertakings by the numbers of their clauses."""
    return {one.clause: one for one in undertakings()}


def undertaking(clause: str) -> Undertaking | None:
    """Return the undertaking of a clause ("3.2.2"), None when there is none."""
    return by_clause().get(clause)
