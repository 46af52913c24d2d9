"""Every spider there is reads its hand-written fixtures as expected. This test finds the spiders itself."""

import json
import time
import warnings
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spiders.fetching.saved import content_type_of
from spiders.registry import FACTS, facts, missing_facts, reader_of, spider_class, spider_names
from tenderbell.area import load_area
from tenderbell.edition import Source
from tenderbell.errors import SettingError, UnreadableNotice
from tenderbell.notice import Raw, Reader, decode, encode

FIXTURES = Path(__file__).parent.parent / "fixtures"
EXPECTED = ".expected.json"
CONFIGURED = "source.toml"
"""The row of an edition that a spider needs, for those that cannot read without options."""

SLOW_SECONDS = 1


def fixtures_of(name: str) -> list[Path]:
    files = (FIXTURES / name).glob("*")
    return sorted(path for path in files if not path.name.endswith(EXPECTED) and path.name != CONFIGURED)


def source_of(name: str) -> Source:
    configured = FIXTURES / name / CONFIGURED
    if configured.exists():
        return msgspec.toml.decode(configured.read_bytes(), type=Source)
    return Source(id=name.replace("_", "-"), title="A fixture", url="https://fixture.example/feed")


def understood(reader: Reader, raw: Raw) -> Any:
    try:
        notice = reader(raw)
    except UnreadableNotice as error:
        return {"key": raw.key, "unreadable": str(error)}
    assert decode(encode(notice)) == notice
    return json.loads(encode(notice))


@pytest.mark.parametrize("name", spider_names())
def test_every_spider_has_a_fixture(name: str) -> None:
    assert fixtures_of(name), f"No fixture in {FIXTURES / name}: write one by hand in the source's shape."


@pytest.mark.parametrize("path", [path for name in spider_names() for path in fixtures_of(name)], ids=lambda p: p.name)
def test_a_fixture_reads_as_expected(path: Path) -> None:
    name = path.parent.name
    source = source_of(name)
    reader = reader_of(source, load_area("gloucestershire"))
    started = time.perf_counter()
    raws = spider_class(name).split(source, path.read_bytes(), content_type_of(path), source.url)
    notices = [understood(reader, raw) for raw in raws]
    if time.perf_counter() - started > SLOW_SECONDS:
        warnings.warn(f"Reading {path.name} took more than {SLOW_SECONDS} s.", stacklevel=1)
    expected = path.with_name(path.name + EXPECTED)
    if not expected.exists():
        expected.write_text(json.dumps(notices, indent=1, ensure_ascii=False) + "\n", "utf-8")
        warnings.warn(f"{expected.name} was absent and has been written: read it before it is kept.", stacklevel=1)
    assert notices == json.loads(expected.read_text("utf-8"))


def test_every_spider_states_its_facts_in_one_shape() -> None:
    assert missing_facts() == []
    assert all(tuple(facts(name)) == ("Title", *FACTS) for name in spider_names())


def test_an_unknown_spider_is_named_with_those_that_exist() -> None:
    with pytest.raises(SettingError, match="find-a-tender"):
        spider_class("nowhere")


def test_modules_that_are_no_spiders_are_not_taken_for_one() -> None:
    assert "base" not in spider_names()
    assert "feed" in spider_names()
