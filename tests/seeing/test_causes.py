"""What the operator is written to about: one table, that the watch and the documentation follow."""

import re
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts import bounces, causes, watch
from alerts.causes import CAUSES, cause_of
from tenderbell import troubles
from tenderbell.clock import stamp, still_clock
from tenderbell.commands.options import room
from tenderbell.private import open_private
from tenderbell.seeing.events import EVENTS, Said, check
from tenderbell.troubles import Trouble
from tests.docs.test_readme import PROJECT
from tests.site.world import NOW, settings_in

SUBJECT = re.compile(r"(?:yield \(?|Trouble\(|subject = |subject, why = )\s*f?\"([a-z][a-z -]*)(?:\{|\")")
ACTS = re.compile(r"\b(Run|Start|Look|Set|Make|Give|See|Do|Stop|Check|which command mends)\b")


def subjects_in_the_code() -> set[str]:
    """The subjects that the modules give to alarms, as they are written there."""
    found = set(troubles.NEEDED_BY) | {bounces.ALARM}
    for module in ("alerts/watch.py", "alerts/canary.py", "tenderbell/keeping/facts.py", "tenderbell/troubles.py",
                   "schedules/faults.py"):  # fmt: skip
        text = (PROJECT / module).read_text("utf-8")
        found |= set(
            re.findall(r"(?:yield \(?|Trouble\(|subject = |subject, why = )\s*f?\"([a-z][a-z -]*)(?:\{|\")", text)
        )
    return found


@pytest.mark.parametrize("subject", sorted(subjects_in_the_code()))
def test_every_alarm_has_a_row(subject: str) -> None:
    assert cause_of(subject), "add it to alerts.causes"


def test_the_subjects_were_found_in_the_code() -> None:
    assert {"digests ", "disk", "clock", "backup", "damage ", "source ", "tenderbell "} <= subjects_in_the_code()


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.subject)
def test_every_row_says_what_to_do_and_how_it_ends(cause: causes.Cause) -> None:
    assert ACTS.search(cause.todo)
    assert cause.cause.endswith(".")
    assert re.match(r"when|with|at|after", cause.ends)
    assert cause_of(cause.subject) is cause, "another row begins alike"
    assert cause.subject.strip() in {subject.strip() for subject in subjects_in_the_code()} | {"copies"}


def noted(folder: Path, one: Trouble) -> list[str]:
    settings = replace(settings_in(folder), clock=still_clock(NOW))
    folder.mkdir(exist_ok=True)
    troubles.note(folder, [one])
    with closing(open_private(settings.private_path)) as db:
        return [alarm.subject for alarm in watch.standing(db, None, settings, NOW)]


@pytest.mark.parametrize(("minutes", "told"), [(0, False), (59, False), (61, True)])
def test_a_step_that_failed_by_the_machines_fault_may_heal_for_an_hour(
    tmp_path: Path, minutes: int, told: bool
) -> None:
    one = Trouble("tenderbell compile", "A step failed.", "It is tried again.", "See the log.",
                  since=stamp(NOW - timedelta(minutes=minutes)))  # fmt: skip
    assert ("tenderbell compile" in noted(tmp_path, one)) == told


def test_the_documents_tables_are_those_of_the_code() -> None:
    text = (PROJECT / "docs" / "metrics.md").read_text("utf-8")
    measures = room("tenderbell.pages.figures").measures()
    for name in (*(one.name for one in measures), *EVENTS, *(one.subject.strip() for one in CAUSES)):
        assert f"| `{name}` |" in text, "run make docs"


@pytest.mark.parametrize("name", EVENTS)
def test_events_are_named_noun_and_verb_and_used_somewhere(name: str) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+", name)
    code = "".join(
        path.read_text("utf-8")
        for folder in ("tenderbell", "schedules", "site/plugins")
        for path in (PROJECT / folder).rglob("*.py")
        if path.name != "events.py"
    )
    assert f'"{name}"' in code


def test_an_event_that_the_list_has_not_is_refused() -> None:
    with pytest.raises(LookupError, match="no event"):
        Said("words", "nothing.happened")
    with pytest.raises(LookupError, match="no field"):
        check("site.started", {"visitor": "x"})
