"""What the recorded notices of Contracts Finder, of the devolved services and of TED say, beyond that all of them are
read (`tests.corpus.test_every_recorded_file`)."""

from pathlib import Path

import pytest

from spiders.harvest import HarvestReport, Wanted, harvest
from tenderbell.notice import Notice, decode
from tenderbell.vocabulary import Effect
from tests.spiders.place import Place

pytestmark = pytest.mark.corpus

FOLDERS = {
    "contracts_finder": "contracts-finder",
    "html": "contracts-finder",
    "devolved/public_contracts_scotland": "public-contracts-scotland",
    "devolved/sell2wales": "sell2wales",
    "devolved/ted_search_2026-05-30.json": "ted",
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An edition with every source that the recorded responses belong to."""
    found = Place(tmp_path)
    for spider in dict.fromkeys(FOLDERS.values()):
        found.source(spider, "http://127.0.0.1:9")
    return found.source("ocds-file", "http://127.0.0.1:9")


def read(place: Place, source: str, path: Path) -> HarvestReport:
    (report,) = harvest(place.settings, [source], Wanted(saved=path))
    return report


def notices(place: Place) -> list[Notice]:
    rows = place.archive.execute("select reading from notice where reading is not null order by number")
    return [decode(row["reading"]) for row in rows]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_recorded_notice_has_a_title_a_process_and_a_date(folder: str, place: Place, corpus: Path) -> None:
    read(place, FOLDERS[folder], corpus / folder)
    found = notices(place)
    assert found
    assert all(notice.title and notice.process and notice.published_at for notice in found)


def test_a_recorded_folder_that_is_read_again_changes_nothing(place: Place, corpus: Path) -> None:
    folder = corpus / "contracts_finder" / "page-2024-11-05"
    read(place, "contracts-finder", folder)
    before = place.contents("notice")
    again = read(place, "contracts-finder", folder)
    assert (again.notices, again.new, again.changed) == (0, 0, 0)
    assert place.contents("notice") == before


def test_each_recorded_release_of_contracts_finder_does_what_its_tag_and_document_say(
    place: Place, corpus: Path
) -> None:
    read(place, "contracts-finder", corpus / "contracts_finder")
    counted: dict[tuple[str | None, Effect], int] = {}
    for notice in notices(place):
        counted[notice.form, notice.effect] = counted.get((notice.form, notice.effect), 0) + 1
    assert counted == {
        ("award", Effect.AWARD): 134,
        ("awardUpdate", Effect.AWARD): 11,
        ("tender", Effect.OPEN): 39,
        ("tenderAmendment", Effect.OPEN): 11,
        ("planning", Effect.PLAN): 3,
        ("planning", Effect.ENGAGE): 2,
    }


def test_every_recorded_notice_of_contracts_finder_has_its_own_page_and_first_publication(
    place: Place, corpus: Path
) -> None:
    read(place, "contracts-finder", corpus / "contracts_finder")
    found = notices(place)
    assert all(
        notice.link and notice.link.startswith("https://www.contractsfinder.service.gov.uk/") for notice in found
    )
    assert all(
        notice.first_published_at and notice.published_at and notice.first_published_at <= notice.published_at
        for notice in found
    )


def test_recorded_damage_is_mended(place: Place, corpus: Path) -> None:
    read(place, "contracts-finder", corpus / "contracts_finder" / "notices-2025")
    for folder in ("devolved/sell2wales", "devolved/public_contracts_scotland"):
        read(place, FOLDERS[folder], corpus / folder)
    texts = [notice.description or "" for notice in notices(place)]
    assert sum("\n" in text for text in texts) > 60
    assert not any("rnrn" in text or "Â£" in text or ".rn " in text for text in texts)


def test_recorded_portal_references_are_references(place: Place, corpus: Path) -> None:
    read(place, "contracts-finder", corpus / "contracts_finder")
    long_forms = [notice for notice in notices(place) if "-DN" in (notice.references or ("",))[0]]
    assert len(long_forms) > 50
    assert all(any(name.startswith("DN") for name in notice.references) for notice in long_forms)


def test_recorded_packages_of_find_a_tender_are_read_as_documents_too(place: Place, corpus: Path) -> None:
    report = read(place, "ocds-file", corpus / "find_a_tender" / "2026-08-10")
    assert (report.finished, report.notices, report.unreadable) == (True, 459, 0)
