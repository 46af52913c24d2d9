"""How the report counts, and what it cannot know: printed with every report."""

from tenderbell.code import undertakings

METHOD = tuple(
    " ".join(sentence.split())
    for sentence in """
    A year is a calendar year in UK time. An opportunity belongs to the year in which its first notice was published,
    an award to the year of the award.

    Only opportunities for the area are counted. Those of a wider region or the whole country are counted apart, in
    “What was published”.

    An advert is an opportunity that people could answer. Plans and early talks are early notices and are counted apart.
    So are awards and cancellations of which no advert with a deadline was seen.

    Notice is the number of UK days from the first advert to the deadline as it stands now. What is open all the time,
    gives no deadline, or is a dynamic market has none, and is left out.

    Three months are calendar months: from 31 January to 30 April.

    “Shown otherwise” rests on something that the notice states. Silence is always “not stated”.

    The commissioner is the first that a notice names. An advert may have several themes, or none.

    The same process seen at several sources is counted once.
    """.split("\n\n")
)

_UNKNOWNS = tuple(
    " ".join(sentence.split())
    for sentence in """
    What is advertised only where we do not look is missing. So is what was published and taken down before the site
    first looked.

    What stands only in tender documents is not seen: “not stated” means not stated in the notice.

    Whether more notice was in a body’s own hands cannot be seen. The law often sets shorter times.

    A notice that cannot be read is kept and counted for its source, but it is in no other figure.
    """.split("\n\n")
)


def unknowns() -> tuple[str, ...]:
    """Return what the report cannot know, in sentences."""
    return (*_UNKNOWNS, *(f"{one.clause} {one.question} {one.unreadable}" for one in undertakings() if one.unreadable))
