"""What a human must still fill in, once an edition was written from the tables."""

from collections.abc import Iterator

from tenderbell.editions.reference import Place, outward_codes, public_bodies
from tenderbell.phrases import plural

WORDS = frozenset({"Bath", "Boston", "Bury", "Eden", "Lincoln", "Reading", "Rugby", "Sale", "Slough", "Wells", "York"})
"""Names that are also words, people, or well-known places elsewhere."""


def of_area(place: Place, asked: str) -> Iterator[str]:
    """Yield what is to be done in the file of the area; `asked` is the code that was given."""
    if asked.upper() != place.gss:
        yield f"{asked.upper()} was replaced by {place.gss}, which is used here: is that the area you mean?"
    yield from _places(place)
    yield from _regions(place)
    yield from _postcodes(place)
    yield from _bodies(place)
    yield (
        "code, code_asks: the local agreement on fair commissioning (a Compact), if there is one. Without it the pages "
        "leave it out."
    )


def _places(place: Place) -> Iterator[str]:
    yield (
        "places of each district: towns and villages whose name points here alone, in every spelling. exclude_places: "
        "names that mislead, such as a breed, a football club, a street in London."
    )
    for name in sorted(WORDS & {place.name, *(district.name for district in place.districts)}):
        yield f"“{name}” is also a word, or a place elsewhere: name in exclude_places what people write with it."


def _regions(place: Place) -> Iterator[str]:
    shared = [*(f"UK{code}" for code in place.shared_codes), *(f"TL{code}" for code in place.shared_itl_2025)]
    if shared:
        yield (
            f"codes: {', '.join(dict.fromkeys(shared))} also cover neighbours, so they do not make a notice local. "
            "Postcodes, bodies and places have to."
        )
    if not (place.codes or place.itl_2025):
        yield "codes: no region code belongs to this area alone."


def _postcodes(place: Place) -> Iterator[str]:
    codes = outward_codes(place.gss)
    if not codes:
        yield (
            "postcodes: the table has none for this area. Write each outward code, its districts, and partial = true "
            "where part of it lies elsewhere."
        )
        return
    doubtful = sum(code.partial for code in codes)
    yield (
        f"postcodes: {plural(len(codes), 'outward code')}, {doubtful} of them partial, written from general knowledge. "
        "Look them over."
    )


def _bodies(place: Place) -> Iterator[str]:
    without = [name for name, id in ((place.council.name, place.council.id),) if not id]
    if without:
        yield f"bodies: no identifier is known of {', '.join(without)}: read it in one of its notices on Find a Tender."
    sorts = {body.sort for body in public_bodies(place.gss)}
    if missing := [words for sort, words in _WANTED.items() if sort not in sorts]:
        yield f"bodies: the table has none of these here: {', '.join(missing)}."
    yield (
        "bodies: universities and colleges, housing associations, town councils, funders, the community foundation. "
        "For each body its mail domains, its portal, and its GB-PPON identifier as its notices show it."
    )


_WANTED = {"NHS": "the integrated care board and the NHS trusts", "police": "the police", "fire": "the fire service"}


def of_schedule() -> Iterator[str]:
    """Yield what is to be done in the file of the edition."""
    yield (
        "url, mail.address, mail.operator: where the site will stand, and from which address it writes. "
        "docs/first-run.md has the rest."
    )
    yield (
        "portals: for each row find out what its comment asks, read the terms, name their page in `terms`, and switch "
        "it on."
    )
    yield "funders of the county: feeds and pages of the community foundation, the councils, local trusts."
