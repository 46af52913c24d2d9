"""A `public.db` that is lost is made anew from the archive: with the same pages, in silence, and nothing that comes
afterwards is missed."""

import json
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import Result

from spiders.registry import reader_of
from tenderbell import compiling, room
from tenderbell.compiling import beginning, following
from tenderbell.public import read_public
from tests.keeping.test_restore_drill import LATER, Site

AFTER_GATHERING = "2026-11-22T11:30:00+00:00"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site in use, whose two people have been told of what came last."""
    site = Site(tmp_path)
    site.shell.stock()
    for name in ("ann", "bob"):
        site.subscribe(name)
    harvest(site, 0)
    site.run()
    room.keep_reserve(site.settings.data)
    return site


def harvest(site: Site, share: int) -> None:
    """Collect every second process of what is new in the sample: the even ones (0), or the odd ones (1)."""
    releases = json.loads(site.shell.saved(2).read_text("utf-8"))["releases"]
    ocids = sorted({release["ocid"] for release in releases})[share::2]
    saved = site.shell.folder / f"share-{share}.json"
    saved.write_text(json.dumps({"releases": [release for release in releases if release["ocid"] in ocids]}), "utf-8")
    assert site.shell.type("harvest", "find-a-tender", "--from", str(saved)).exit_code == 0


def ids(site: Site) -> set[str]:
    with closing(read_public(site.settings.public_path)) as db:
        return {row[0] for row in db.execute("select id from opportunity")}


def lose(site: Site) -> None:
    for path in site.settings.data.glob("public.db*"):
        path.unlink()


def rebuild(site: Site) -> Result:
    return site.shell.type("rebuild", TENDERBELL_NOW=LATER)


def test_it_has_the_same_pages_and_tells_nobody(site: Site) -> None:
    before, told = ids(site), site.told()
    assert told
    lose(site)
    assert site.shell.type("compile").exit_code == 1, "an empty one would take its place unnoticed"
    assert rebuild(site).exit_code == 0
    assert ids(site) == before
    site.run(LATER)
    site.run(AFTER_GATHERING)
    assert sorted(site.told()) == sorted(told)


def test_what_was_collected_and_never_compiled_tells_nobody_either(site: Site) -> None:
    """Nothing says what of the archive had been compiled."""
    harvest(site, 1)
    told = site.told()
    lose(site)
    assert rebuild(site).exit_code == 0
    site.run(LATER)
    site.run(AFTER_GATHERING)
    assert sorted(site.told()) == sorted(told)


def test_what_comes_afterwards_is_told(site: Site) -> None:
    lose(site)
    rebuild(site)
    before = len(site.told())
    harvest(site, 1)
    site.run(LATER)
    site.run(AFTER_GATHERING)
    assert len(site.told()) > before


@pytest.mark.parametrize(
    ("place", "step", "call"),
    [
        (beginning, "start_late", 1),
        (beginning, "open_public", 1),
        (beginning, "jump_counters", 1),
        (following, "_read_again", 1),
        (following, "_move_cursor", 2),
        (following, "_join_and_compile", 9),
    ],
)
def test_one_that_is_killed_on_its_way_is_begun_again_in_silence(
    site: Site, monkeypatch: pytest.MonkeyPatch, place: ModuleType, step: str, call: int
) -> None:
    before, told = ids(site), site.told()
    lose(site)
    monkeypatch.setattr(following, "BATCH", 7)
    with monkeypatch.context() as patch:
        patch.setattr(place, step, dying(getattr(place, step), call))
        with pytest.raises(KeyboardInterrupt):
            compiling.rebuild(site.settings, lambda source: reader_of(source, site.settings.area))
    if site.settings.public_path.exists():
        site.run(LATER)
    assert rebuild(site).exit_code == 0
    site.run(LATER)
    site.run(AFTER_GATHERING)
    assert ids(site) == before
    assert sorted(site.told()) == sorted(told)


def dying(work: Callable[..., object], last: int) -> Callable[..., object]:
    """Return the step, which ends the program at its call of a number, after its work."""
    calls = count(1)

    def step(*values: object, **named: object) -> object:
        done = work(*values, **named)
        if next(calls) == last:
            raise KeyboardInterrupt
        return done

    return step
