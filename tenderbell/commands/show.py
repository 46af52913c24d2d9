"""search and check: what the site knows, in the terminal."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import click

from tenderbell.archive import open_archive
from tenderbell.clock import instant
from tenderbell.commands.options import as_json, open_to_read, print_json, room, with_settings
from tenderbell.criteria import Criteria
from tenderbell.delays import hours_after_publication, hours_words
from tenderbell.exchange import full_from, seen_at, summary
from tenderbell.known import known_values
from tenderbell.lookup import look_up
from tenderbell.opportunity import Opportunity, ids_of, load, sightings
from tenderbell.phrases import NOT_STATED, closing_words, moment_words, plural
from tenderbell.private import open_private
from tenderbell.public import open_public
from tenderbell.search import PAGE_SIZE, Hits
from tenderbell.search import search as search_public
from tenderbell.settings import Settings
from tenderbell.unlisted import Reason, unlisted


@click.command()
@click.argument("words", nargs=-1)
@click.option("--criteria", default="", metavar="QUERY", help='The query string of a search: "kind=grant&stage=open".')
@click.option("--all", "everything", is_flag=True, help=f"Every match, not only a page of {PAGE_SIZE}.")
@click.option("--full", is_flag=True, help="With --json: everything known of each opportunity.")
@as_json
@with_settings
def search(
    settings: Settings, words: tuple[str, ...], criteria: str, everything: bool, full: bool, as_json: bool
) -> None:
    """Search for WORDS as the site does. Exits 0 also when nothing is found.

    Put -- before words that begin with a hyphen: tenderbell search -- youth -football
    """
    if full and not as_json:
        raise click.UsageError("--full needs --json.")
    wanted = Criteria.parse(criteria)
    if words:
        wanted = Criteria.parse([*wanted.pairs(), ("q", " ".join(words))])
    with open_to_read(open_public, settings.public_path) as public:
        hits, found = _found(public, wanted, settings, everything)
        if as_json:
            print_json({"total": hits.total, "opportunities": [_shape(public, item, settings, full) for item in found]})
        else:
            _print_found(
                wanted.problems(known_values(public, wanted, settings.area, settings.edition)), hits, found, settings
            )


def _found(
    public: sqlite3.Connection, wanted: Criteria, settings: Settings, everything: bool
) -> tuple[Hits, list[Opportunity]]:
    limit, offset = (None, 0) if everything else (PAGE_SIZE, (wanted.page - 1) * PAGE_SIZE)
    hits = search_public(public, wanted, settings.clock(), limit=limit, offset=offset)
    found: list[Opportunity] = []
    for start in range(0, len(hits.numbers), 500):
        found += load(public, hits.numbers[start : start + 500])
    return hits, found


def _shape(public: sqlite3.Connection, item: Opportunity, settings: Settings, full: bool) -> dict[str, Any]:
    if full:
        return full_from(public, item, settings.url, settings.clock())
    return summary(item, settings.url, settings.clock())


def _print_found(problems: Sequence[str], hits: Hits, found: Sequence[Opportunity], settings: Settings) -> None:
    for problem in problems:
        click.echo(problem, err=True)
    for item in found:
        _print_item(item, settings)
    shown = "" if len(found) == hits.total else f", {len(found):,} shown (--all shows every one)"
    click.echo(f"{hits.total:,} found{shown}.")


def _print_item(item: Opportunity, settings: Settings) -> None:
    closes = closing_words(item.closes_at, settings.clock()) if item.closes_at else "no closing date stated"
    click.echo(item.title)
    click.echo(f"    {item.buyer or 'buyer not stated'} | {item.kind} | {item.stage_at(settings.clock())} | {closes}")
    click.echo(f"    {settings.url}/opportunities/{item.id}")


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="REF")
@as_json
@with_settings
def check(settings: Settings, words: tuple[str, ...], as_json: bool) -> None:
    """Say whether an advert is here, and how many people were told of it.

    REF is a link, a notice number (075676-2026 or 2026/S 000-075676), an OCID, a portal's reference or the title.
    Its words may be typed without quotes. Exits 1 when it was not found.
    """
    reference = " ".join(words)
    with open_to_read(open_public, settings.public_path) as public:
        found = look_up(public, reference)
        answer = _answer(public, found, settings) if found else _absent(settings, public, reference)
    if as_json:
        print_json(answer)
    else:
        _print_answer(answer, found, settings)
    click.get_current_context().exit(0 if found else 1)


def _answer(public: sqlite3.Connection, found: Opportunity, settings: Settings) -> dict[str, Any]:
    told = None
    if settings.private_path.exists():
        with open_to_read(open_private, settings.private_path) as private:
            told = room("alerts.subjects").told(private, ids_of(public, found.id))
    seen = sightings(public, found.id)
    full = full_from(public, found, settings.url, settings.clock())
    return {
        "found": True,
        "opportunity": full,
        "seen": seen_at(seen),
        "hours_after_publication": hours_after_publication(seen),
        "findings": full.get("findings", []),
        "matched_profiles": told.profiles if told else 0,
        "emails_sent": told.sent if told else 0,
        "delivered": told.delivered if told else 0,
    }


def _absent(settings: Settings, public: sqlite3.Connection, reference: str) -> dict[str, Any]:
    """Return the answer for an advert that has no page. It may be archived all the same: `reason` and `why` then say
    why it is not listed."""
    with open_to_read(open_archive, settings.archive_path) as archive:
        kept = unlisted(settings, public, archive, reference)
    return {
        "found": False, "opportunity": None, "seen": [], "hours_after_publication": None, "findings": [],
        "matched_profiles": 0, "emails_sent": 0, "delivered": 0,
        "archived": kept is not None, "reason": kept and str(kept.reason), "why": kept and kept.why,
    }  # fmt: skip


def _print_answer(answer: dict[str, Any], found: Opportunity | None, settings: Settings) -> None:
    if found is None:
        click.echo(
            f"The notice is in the archive, but the site does not list it. {_why_not(answer, settings)}"
            if answer["archived"]
            else "Not found. `tenderbell status` says which sources were read, and when."
        )
        return
    _print_item(found, settings)
    for seen in answer["seen"]:
        first, last = (_when(seen[end]) for end in ("first", "last"))
        click.echo(f"    seen at {seen['source']} from {first} to {last} (UK time)")
    matched, sent = plural(answer["matched_profiles"], "profile"), plural(answer["emails_sent"], "e-mail")
    click.echo(f"    matched {matched}; {sent} sent")
    if answer["emails_sent"]:
        click.echo(f"    the mail server accepted {answer['delivered']:,} of them")
    if (hours := answer["hours_after_publication"]) is not None:
        click.echo(f"    first seen {hours_words(hours)} it was published")


def _why_not(answer: dict[str, Any], settings: Settings) -> str:
    elsewhere = f"It is not for {settings.area.name}. " if answer["reason"] == Reason.ELSEWHERE else ""
    return f"{elsewhere}{answer['why']}"


def _when(stamped: str | None) -> str:
    moment = instant(stamped)
    return moment_words(moment) if moment else NOT_STATED
