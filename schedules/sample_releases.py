"""A sample notice becomes an OCDS release as Find a Tender would send it."""

from collections.abc import Mapping
from datetime import datetime

from schedules import sample_notices, sample_old_notices
from schedules.sample_shapes import Context, Release, parties, reference_to
from schedules.sample_types import Buyer, Days, Sample, Supplier

SHAPES = {**sample_notices.SHAPES, **sample_old_notices.SHAPES}
"""For each type of notice its release tags and the function that gives the rest of the release."""

WITHOUT_BUYER = frozenset({"UK9", "UK11", "UK12"})
"""Types whose releases carry no `buyer` object, only a party with that role (sources.md 11, trap 4)."""


def release_of(
    sample: Sample,
    number: str,
    published: datetime,
    days: Days,
    buyers: Mapping[str, Buyer],
    suppliers: Mapping[str, Supplier],
    labels: Mapping[str, str],
) -> Release:
    """Return one notice as an OCDS release. `number` is its notice number, `published` its instant, aware."""
    context = Context(sample, number, published.isoformat(), days, buyers, suppliers, labels)
    tag, shape = SHAPES[sample.type]
    release: Release = {
        "ocid": context.ocid,
        "id": number,
        "date": context.published,
        "tag": [f"{name}Update" for name in tag] if sample.update else list(tag),
        "initiationType": "tender",
        "parties": parties(context),
        **shape(context),
        "language": "en",
    }
    if sample.type not in WITHOUT_BUYER:
        release["buyer"] = reference_to(buyers[sample.buyer])
    if sample.process % 2:
        release["buyerID"] = []
    return release
