"""The targets there are: everything that reads what strangers write."""

from collections.abc import Iterator

from tests.fuzz.targets import editions, mail, pages, people, readers, searching, texts
from tests.fuzz.targets.target import Target

__all__ = ["Target", "by_name", "targets"]


def targets() -> Iterator[Target]:
    """Yield every target."""
    for module in (readers, texts, searching, mail, people, editions, pages):
        yield from module.targets()


def by_name(name: str) -> list[Target]:
    """Return the target of this name, or all that begin with what stands before a final `*`."""
    found = [one for one in targets() if one.name == name or (name[-1:] == "*" and one.name.startswith(name[:-1]))]
    if not found:
        raise KeyError(f"There is no target {name!r}.")
    return found
