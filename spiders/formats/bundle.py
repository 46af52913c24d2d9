"""Bundles: a notice that a publisher spreads over several documents, kept as one (a row of a list and its page)."""

import json

from tenderbell.errors import UnreadableNotice
from tenderbell.notice import Raw

CONTENT_TYPE = "application/json; profile=bundle"


def bundle(parts: dict[str, str]) -> bytes:
    """Return named texts as one body; the same parts always give the same bytes."""
    return json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


def unbundle(body: bytes) -> dict[str, str]:
    """Return the parts of a bundle. Raises UnreadableNotice when it is none."""
    try:
        parts = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableNotice(f"The notice is no bundle: {error}.") from None
    if not isinstance(parts, dict) or not all(isinstance(part, str) for part in parts.values()):
        raise UnreadableNotice("The notice is no bundle of texts.")
    return parts


def merge(raws: list[Raw]) -> list[Raw]:
    """Return one raw notice for each key, in the order in which the keys are first met, with the parts of all of them;
    of a part that comes twice, the later one."""
    merged: dict[str, Raw] = {}
    for raw in raws:
        before = merged.get(raw.key)
        parts = (unbundle(before.body) if before else {}) | unbundle(raw.body)
        url = raw.url or (before.url if before else None)
        merged[raw.key] = Raw(raw.source, raw.key, bundle(parts), CONTENT_TYPE, url)
    return list(merged.values())
