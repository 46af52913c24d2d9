"""Retention: what the privacy page promises to forget is forgotten, and nothing else is."""

from pathlib import Path

import pytest

from alerts import kept, profiles, retention, signup, suppression
from alerts.digests import build
from alerts.matching import match
from alerts.profiles import Profile
from alerts.retention import PruneReport
from alerts.sending import send
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.vocabulary import Frequency
from tests.alerts.world import World


@pytest.fixture
def told(world: World) -> Profile:
    """A search whose first e-mail lies in the mail folder."""
    profile = world.subscribe("")
    world.publish("a")
    match(world.settings)
    build(world.settings, frequency=Frequency.INSTANT)
    send(world.settings)
    assert len(world.delivered()) == 1
    return profile


def prune(world: World) -> PruneReport:
    with world.private() as db:
        return retention.prune(db, world.now, mail=world.settings.mail)


def end(world: World, profile: Profile) -> None:
    with world.private() as db:
        assert profiles.end_profile(db, world.manage_token(profile), profile.id, world.now)


def private_text(world: World) -> str:
    with world.private() as db:
        return "\n".join(db.iterdump())


@pytest.mark.usefixtures("told")
def test_e_mails_in_a_folder_are_deleted_after_thirty_days_and_other_files_are_not(world: World) -> None:
    other = world.folder / "mail" / "a letter of somebody else.eml"
    other.write_text("mine", "utf-8")
    world.wait(days=29)
    assert prune(world).files == 0
    world.wait(days=1)
    report = prune(world)
    assert (report.files, report.bodies) == (1, 1)
    assert world.delivered() == [b"mine"]


def test_who_left_is_forgotten_four_weeks_after_the_last_search_ended(world: World, told: Profile) -> None:
    later = world.subscribe("q=salt")
    end(world, told)
    world.wait(days=28)
    assert prune(world).people == 0
    with world.private() as db, transaction(db):
        suppression.suppress(db, "ann@example.org", suppression.COMPLAINT, world.now)
    end(world, later)
    world.wait(days=27)
    assert prune(world).people == 0
    world.wait(days=1)
    assert prune(world).people == 1
    assert "ann" not in private_text(world)
    assert world.delivered() == []
    with world.private() as db:
        assert suppression.reason(db, "ann@example.org") == suppression.COMPLAINT


def test_who_is_just_coming_back_is_not_forgotten(world: World, told: Profile) -> None:
    end(world, told)
    world.wait(days=28)
    with world.private() as db:
        arguments = (db, world.settings, "ann@example.org", Criteria(q="salt"), Frequency.WEEKLY)
        signup.request_alert(*arguments, network="192.0.2.1", now=world.now)
    assert prune(world).people == 0
    world.wait(days=8)
    assert prune(world).people == 1


def test_who_still_has_a_search_is_kept_however_long(world: World, told: Profile) -> None:
    world.wait(days=3000)
    assert prune(world).people == 0
    with world.private() as db:
        assert profiles.find(db, told.id, world.now) is not None


def test_the_privacy_page_shows_what_is_kept_for_as_long_as_the_program_keeps_it() -> None:
    page = (Path(__file__).parents[2] / "site" / "templates" / "privacy.html").read_text("utf-8")
    assert "for row in kept" in page
    how_long = " ".join(row.how_long for row in kept.KEPT)
    for words in ("28 days", "30 days", "7 days", "12 months", "one day"):
        assert words in how_long
