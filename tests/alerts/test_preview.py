"""A preview shows the e-mail that would go, tells nobody's address, and leaves every file as it is."""

from hashlib import sha256

import pytest

from alerts import digests, matching, preview
from alerts.errors import NoSuchProfile, NothingPublished
from tenderbell.vocabulary import Kind
from tests.alerts.world import Mail, World


def held(world: World) -> dict[str, str]:
    """Return what is in the databases and beside them, by file; logs and locks of readers are none of it."""
    files = [path for path in world.folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))]
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


def test_what_waits_is_shown_as_it_would_be_sent_and_still_waits(world: World) -> None:
    profile = world.subscribe("kind=grant")
    world.publish("tb-1")
    world.publish("tb-2", kind=Kind.CONTRACT)
    matching.match(world.settings)
    before, files = world.waiting(), held(world)
    shown = preview.of_profile(world.settings, profile.id)
    assert (world.waiting(), held(world)) == (before, files)
    world.wait(minutes=20)
    digests.build(world.settings)
    (sent,) = world.outbox()
    assert shown.subject == sent.subject
    assert "Grants for tb-1" in shown.text
    assert "tb-2" not in shown.text
    assert body(shown.text) == body(sent.text)
    assert "Grants for tb-1" in shown.html


def body(text: str) -> str:
    """Return what an e-mail tells, without what only its owner may have."""
    return text.partition("WHAT WE CHECKED")[0].partition("https://")[0]


def test_no_address_and_no_working_link_is_shown(world: World) -> None:
    profile = world.subscribe("kind=grant")
    world.publish("tb-1")
    matching.match(world.settings)
    shown = preview.of_profile(world.settings, profile.id)
    for text in (shown.subject, shown.text, shown.html):
        assert "ann@example.org" not in text
        assert world.manage_token(profile) not in text


def test_without_anything_that_waits_the_latest_five_are_shown_and_that_is_said(world: World) -> None:
    profile = world.subscribe("kind=grant")
    for number in range(7):
        world.publish(f"tb-{number}", silent=True)
    shown = preview.of_profile(world.settings, profile.id)
    assert "Nothing waits" in shown.note
    assert [f"Grants for tb-{number}" in shown.text for number in range(7)] == [False, False, *[True] * 5]
    assert world.waiting() == []


def test_a_search_that_nobody_saved_can_be_shown(world: World) -> None:
    world.publish("tb-1")
    files = held(world)
    shown = preview.of_criteria(world.settings, "kind=grant&q=grants")
    assert held(world) == files
    assert "Grants for tb-1" in shown.text
    assert not world.settings.private_path.exists()


def test_a_search_that_finds_nothing_says_so(world: World) -> None:
    world.publish("tb-1")
    shown = preview.of_criteria(world.settings, "q=nowhere")
    assert (shown.subject, shown.text) == ("", "")
    assert "nothing would be sent" in shown.note


def test_a_profile_that_is_none_is_named(world: World) -> None:
    world.publish("tb-1")
    with pytest.raises(NoSuchProfile, match="7"):
        preview.of_profile(world.settings, 7)


def test_before_anything_is_published_there_is_nothing_to_show(world: World) -> None:
    with pytest.raises(NothingPublished, match="harvest"):
        preview.of_criteria(world.settings, "")


def test_both_parts_are_whole(world: World) -> None:
    world.publish("tb-1")
    shown = preview.of_criteria(world.settings, "")
    assert shown.html.rstrip().endswith("</html>")
    assert isinstance(shown, preview.Preview)
    assert Mail is not None
