"""What a setting brings into the timetable."""

from dataclasses import replace
from pathlib import Path

import pytest

from schedules.planned import BOUNCES, planned
from tenderbell.checks import check
from tenderbell.settings import Settings
from tests.schedules.editions import environment, settings

OWN = """
[[job]]
id = "bounces"
command = ["bounce", "--mailbox"]
every_minutes = 60
"""


def edition(folder: Path, *jobs: str) -> Settings:
    return replace(settings(environment(folder, jobs)), bounces=f"maildir:{folder / 'back'}")


def test_a_mailbox_of_bounces_is_read_every_ten_minutes(tmp_path: Path) -> None:
    found = edition(tmp_path)
    assert BOUNCES in planned(found)
    assert BOUNCES.every_minutes == 10
    assert BOUNCES not in planned(replace(found, bounces=None))


def test_an_edition_may_say_itself_when_it_is_read(tmp_path: Path) -> None:
    assert [job.every_minutes for job in planned(edition(tmp_path, OWN)) if job.command[0] == "bounce"] == [60]


@pytest.mark.parametrize("name", ["gloucestershire", "united-kingdom"])
def test_alarms_are_looked_for_four_times_an_hour(name: str, tmp_path: Path) -> None:
    found = Settings.read({"TENDERBELL_EDITION": name, "TENDERBELL_DATA": str(tmp_path)})
    check(found)
    assert [job.every_minutes for job in planned(found) if job.command == ("letters",)] == [15]
