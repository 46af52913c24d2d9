"""The kind of what a source lists as long as no words of its own say otherwise (ruling 12). A reader states a kind only
where the notice itself, or a field of the source, does; words are read in one place, `tenderbell.compiling.kinds`."""

from typing import Any

from tenderbell.edition import Source
from tenderbell.vocabulary import Kind


def stated_by(source: Source) -> dict[str, Any]:
    """Return what the edition says of the kind of everything that a source lists, as fields of a notice; none when it
    says nothing."""
    if source.kind is None:
        return {}
    return by_default(source.kind, f"“{source.title}” lists a {source.kind} unless an entry says otherwise.")


def by_default(kind: Kind, evidence: str) -> dict[str, Any]:
    """Return the fields of a kind that any words of the notice go before."""
    return {"kind": kind, "kind_evidence": evidence, "kind_by_default": True}
