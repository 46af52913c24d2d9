"""Mistakes in an edition or an area are found before any work begins, each in one sentence with file and key."""

from pathlib import Path

import pytest

from tenderbell.checks import check
from tenderbell.edition import SCHEDULES
from tenderbell.errors import SettingError
from tenderbell.settings import Settings

EDITION = """
id = "test"
title = "Test Opportunities"
strapline = "every tender and grant"
area = "gloucestershire"
url = "http://127.0.0.1:8001"

[mail]
name = "Test Opportunities"
address = "alerts@tenderbell.example"

[[source]]
id = "county-fund"
title = "County fund"
spider = "feed"
url = "https://fund.example/feed.xml"
kind = "grant"
reach = "local"

[[job]]
id = "fund"
command = ["harvest", "county-fund", "--since", "48h"]
cron = "35 6-22/2 * * *"
"""
AREA = """
id = "shire"
name = "Shire"
gss = "E10000099"
codes = ["UKX"]

[[districts]]
gss = "E07000999"
name = "Vale"
slug = "vale"

[[postcodes]]
code = "SH1"
districts = ["vale"]

[[bodies]]
id = "vale-council"
name = "Vale Council"
district = "E07000999"
"""


def mistake(folder: Path, edition: str = EDITION, shire: str = AREA) -> str:
    """Check an edition beside an area `shire`, and return what is said, which begins with the edition's name."""
    (folder / "x.toml").write_text(edition, "utf-8")
    (folder / "areas").mkdir(exist_ok=True)
    (folder / "areas" / "shire.toml").write_text(shire, "utf-8")
    with pytest.raises(SettingError) as found:
        check(Settings.read({"TENDERBELL_EDITION": str(folder / "x.toml")}))
    said = str(found.value)
    assert said.count("\n") == 0
    return said.removeprefix(f"{folder}/")


@pytest.mark.parametrize("name", sorted(path.stem for path in SCHEDULES.glob("*.toml")))
def test_every_edition_that_ships_is_free_of_mistakes(name: str) -> None:
    check(Settings.read({"TENDERBELL_EDITION": name}))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('reach = "local"', 'reach = "locall"',
         "source county-fund: reach must be local, regional, national or unstated, not 'locall'."),
        ('reach = "local"', 'reech = "local"', "source county-fund: there is no key 'reech'; the keys are id, title"),
        ('title = "County fund"', "", "source county-fund: the key 'title' is missing."),
        ('title = "County fund"', "title = 5", "source county-fund: title must be text, not a whole number."),
        ('strapline = "', 'motto = "x"\nstrapline = "', "there is no key 'motto'; the keys are id, title, strapline"),
        ('name = "Test', 'nam = "Test', "mail: there is no key 'nam'"),
        ('[mail]\n', '[mail]\nreply = "x"\n', "mail Test Opportunities: there is no key 'reply'"),
        ('cron = "', 'chron = "', "job fund: there is no key 'chron'"),
        ('cron = "35 6-22/2', 'cron = "35 1', "The job 'fund' is set between 01:00 and 01:59"),
        ('cron = "35 6-22/2', 'cron = "35 01', "The job 'fund' is set between 01:00 and 01:59"),
        ('cron = "35 6-22/2', 'cron = "35 1,13', "The job 'fund' is set between 01:00 and 01:59"),
        ('cron = "35 6-22/2', 'cron = "35 25', "The job 'fund' has a cron line that cannot be used"),
        ('"harvest", "county-fund"', '"harvest", "county-found"',
         "job fund: command names the source 'county-found'; the edition has county-fund."),
        ('"harvest", "county-fund"', '"reconcile", "county-found"',
         "job fund: command names the source 'county-found'; the edition has county-fund."),
        ('"harvest"', '"harvset"', "job fund: command 'harvset county-fund --since 48h' cannot be run: the commands"),
        ('"48h"', '"yesterday"', "job fund: command 'harvest county-fund --since yesterday' cannot be run: "),
        ('spider = "feed"', 'spider = "fed"', "source county-fund: there is no spider 'fed'; spiders/ has atamis, "),
        ('area = "gloucestershire"', 'area = "atlantis"',
         "area names 'atlantis', but data/areas/atlantis.toml does not exist."),
        ("[[job]]", '[[source]]\nid = "county-fund"\ntitle = "x"\nspider = "feed"\nurl = "https://x.example"\n\n[[job]]',
         "source county-fund: this id is given more than once."),
        ('spider = "feed"', 'spider = "contracts-findr"',
         "source county-fund: there is no spider 'contracts-findr'; spiders/ has atamis, contracts-finder, "),
        ('spider = "feed"', 'spider = "base"', "source county-fund: there is no spider 'base'; spiders/ has atamis, "),
        ('spider = "feed"', 'spider = "../feed"', "source county-fund: there is no spider '../feed'; spiders/ has "),
        ('url = "https://fund.example/feed.xml"', "", "source county-fund: the key 'url' is missing; its "),
        ('reach = "local"', 'options = { discver = true }', "source county-fund: options: "),
        ('spider = "feed"', 'spider = "table"', "source county-fund: options: "),
        ('reach = "local"', 'buyer = "stroud-district-councl"',
         "source county-fund: buyer names 'stroud-district-councl', which is no body of the area; did you mean 'str"),
        ('reach = "local"', 'buyer = "zzz-fund"',
         "source county-fund: buyer names 'zzz-fund', which is no body of the area; give the id of one, or a name"),
        ('spider = "feed"', 'spider = "jaggaer"\noptions = { buyers = { Trust = "no-body" } }',
         "source county-fund: options: buyers names 'no-body', which is no body of the area."),
    ],
)  # fmt: skip
def test_a_mistake_in_an_edition_is_named(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    assert right in EDITION
    assert mistake(tmp_path, EDITION.replace(right, wrong, 1)).startswith(f"x.toml: {said}")


@pytest.mark.parametrize("buyer", ["stroud-district-council", "Severn Fund", "Nesta", "the Mill, Nailsworth"])
def test_a_body_of_the_area_or_a_name_is_a_buyer(buyer: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(EDITION.replace('reach = "local"', f'buyer = "{buyer}"'), "utf-8")
    check(Settings.read({"TENDERBELL_EDITION": str(tmp_path / "x.toml")}))


def test_every_mistake_is_said_each_on_a_line_of_its_own(tmp_path: Path) -> None:
    edition = EDITION.replace('spider = "feed"', 'spider = "fed"').replace('"48h"', '"yesterday"')
    path = tmp_path / "x.toml"
    path.write_text(edition.replace("35 6-22/2", "35 25"), "utf-8")
    with pytest.raises(SettingError) as found:
        check(Settings.read({"TENDERBELL_EDITION": str(path)}))
    lines = str(found.value).split("\n")
    assert [line.removeprefix(f"{path}: ")[:20] for line in lines] == [
        "source county-fund: ", "The job 'fund' has a", "job fund: command 'h",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('districts = ["vale"]', 'districts = ["dale"]',
         "postcodes SH1: districts names 'dale', which is no district of the area; it has vale."),
        ('district = "E07000999"', 'district = "E07000998"', "bodies vale-council: district names 'E07000998'"),
        ('id = "shire"', 'id = "county"', "id must be the file's name, 'shire', not 'county'."),
        ('codes = ["UKX"]', 'codes = ["UKX"]\nexclude = ["x"]', "there is no key 'exclude'"),
        ('codes = ["UKX"]', "", "the key 'codes' is missing."),
        ('slug = "vale"', 'slug = "vale"\nplace = ["x"]', "districts Vale: there is no key 'place'"),
        ('districts = ["vale"]', 'district = ["vale"]', "postcodes SH1: there is no key 'district'"),
        ('name = "Vale Council"', 'name = "Vale Council"\nid_s = []', "bodies vale-council: there is no key 'id_s'"),
    ],
)  # fmt: skip
def test_a_mistake_in_an_area_is_named(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    assert right in AREA
    edition = EDITION.replace("gloucestershire", "shire")
    assert mistake(tmp_path, edition, AREA.replace(right, wrong, 1)).startswith(f"areas/shire.toml: {said}")
