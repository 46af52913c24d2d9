"""OCDS documents in every wrapping, from an address and from a file."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spiders import ocds_file
from spiders.ocds.documents import releases_in
from spiders.ocds.general import key_of, read_release
from spiders.ocds_file import OcdsFile, unpacked
from tenderbell.edition import Source
from tenderbell.errors import BrokenResponse, SettingError, UnreadableNotice
from tenderbell.notice import Notice, Raw
from tenderbell.vocabulary import Effect
from tests.spiders.ocds_servers import FaultyDocuments, notices
from tests.spiders.place import Place
from tests.spiders.releases import number, tenders

NEWEST = datetime(2026, 8, 11, 7, 30, tzinfo=UTC)
SOURCE = Source(id="s", title="S", spider="ocds-file")


def release(id: str, **more: Any) -> dict[str, Any]:
    return {"ocid": "ocds-abcdef-1", "id": id, "tag": ["tender"], "date": "2026-08-01T09:00:00Z", "tender": {}, **more}


def packed(*releases: dict[str, Any]) -> bytes:
    return json.dumps({"version": "1.1", "releases": list(releases)}).encode()


def keys(body: bytes) -> list[str]:
    return [raw.key for raw in OcdsFile.split(SOURCE, body, "", None)]


def read(**more: Any) -> Notice:
    body = json.dumps(release("release-00001", **more)).encode()
    return read_release(Raw("s", key_of(body), body))


ONE, TWO, THREE = (release(f"release-0000{n}") for n in (1, 2, 3))
RECORD = {"ocid": "o", "releases": [ONE, TWO], "compiledRelease": THREE}
LINKED = {"ocid": "o", "releases": [{"url": "https://example.org/1"}], "compiledRelease": THREE}


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (packed(ONE, TWO), 2),
        (b"\xef\xbb\xbf" + packed(ONE), 1),
        (json.dumps(ONE, indent=2).encode(), 1),
        (json.dumps([ONE, TWO]).encode(), 2),
        (json.dumps({"records": [RECORD]}).encode(), 2),
        (json.dumps({"records": [LINKED]}, indent=1).encode(), 1),
        (json.dumps(LINKED).encode(), 1),
        ("\n".join(json.dumps(one) for one in (ONE, TWO)).encode(), 2),
        (packed(ONE) + b"\r\n" + packed(TWO, THREE) + b"\r\n", 3),
        (json.dumps(RECORD).encode() + b"\n\n" + json.dumps(ONE).encode(), 3),
        (packed(), 0),
    ],
)
def test_every_wrapping_gives_its_releases(document: bytes, found: int) -> None:
    assert len(releases_in(document)) == found


def test_releases_are_slices_of_the_document_as_received() -> None:
    body = b'{"releases": [ {"id" : "release-00001",  "ocid":"a", "tender":{"value":{"amount":1e9999}}} ]}'
    assert releases_in(body) == (b'{"id" : "release-00001",  "ocid":"a", "tender":{"value":{"amount":1e9999}}}',)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><title>Sign in</title>", "web page"),
        (b"Rate limit of 12 exceeded.", "not JSON"),
        (b'{"Message": "An error has occurred."}', "without releases"),
        (b'{"records": [{"ocid": "o", "releases": [{"url": "x"}]}]}', "only links"),
        (packed(ONE, TWO)[:120], "ends in the middle"),
        (json.dumps({"records": [RECORD]}).encode()[:90], "ends in the middle"),
        (json.dumps([ONE, TWO]).encode()[:90], "ends in the middle"),
    ],
)
def test_what_is_no_ocds_is_broken_and_says_what_it_is(body: bytes, words: str) -> None:
    with pytest.raises(BrokenResponse, match=words):
        releases_in(body)


@pytest.mark.parametrize("length", range(1, len(packed(ONE, TWO)) - 1, 7))
def test_json_broken_at_any_byte_is_broken(length: int) -> None:
    with pytest.raises(BrokenResponse):
        releases_in(packed(ONE, TWO)[:length])


def test_a_broken_line_among_json_lines_is_one_unreadable_notice(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "dump.jsonl"
    path.write_text(json.dumps(ONE) + '\n{"id": "half a li\n' + json.dumps(TWO) + "\n")
    report = place.source("ocds-file", str(path)).harvest("ocds-file").report
    assert (report["finished"], report["notices"], report["unreadable"]) == (True, 3, 1)


def test_the_key_is_the_id_or_ocid_and_date_and_short_ids_get_the_ocid() -> None:
    assert keys(packed(ONE, release("7"), {**release(""), "date": "2026-08-02"})) == [
        "release-00001",
        "ocds-abcdef-1-7",
        "ocds-abcdef-1-2026-08-02",
    ]
    assert keys(packed({"tag": ["tender"]}))[0].startswith("nameless-")


@pytest.mark.parametrize(
    ("status", "more", "effect"),
    [
        ("planned", {}, Effect.PLAN),
        ("active", {}, Effect.OPEN),
        ("active", {"awards": [{"id": "1", "status": "active"}]}, Effect.AWARD),
        ("complete", {}, Effect.CLOSE),
        ("cancelled", {"awards": [{"id": "1"}]}, Effect.CANCEL),
        ("unheard of", {}, Effect.NONE),
    ],
)
def test_a_compiled_release_is_where_its_status_says(status: str, more: dict[str, Any], effect: Effect) -> None:
    assert read(tag=["compiled"], tender={"status": status}, **more).effect is effect


def test_a_release_of_another_country_is_under_no_regime_of_ours() -> None:
    assert read().regime is None
    assert read(tender={"legalBasis": {"id": "2023/54", "scheme": "UKPGA"}}).regime == "Procurement Act 2023"


def test_a_release_of_contracts_finder_is_read_as_such() -> None:
    notice = read(ocid="ocds-b5fd17-x", tender={"minValue": {"amount": 5}, "value": {"amount": 9}})
    assert notice.value is not None
    assert (notice.value.low, notice.value.high) == (5, 9)


def test_a_document_at_an_address_is_fetched_once_and_then_only_if_it_has_changed(place: Place) -> None:
    body = packed(*tenders(3, NEWEST))
    with FaultyDocuments({"/all.json": body}) as server:
        place.source("ocds-file", f"{server.url}/all.json")
        assert place.harvest("ocds-file").report["new"] == 3
        again = place.harvest("ocds-file").report
        server.documents["/all.json"] = packed(*tenders(4, NEWEST))
        third = place.harvest("ocds-file").report
    assert (again["finished"], again["notices"]) == (True, 0)
    assert third["new"] == 1
    assert place.keys()[0] == number(1)


def test_a_gzipped_document_is_unpacked(place: Place) -> None:
    with FaultyDocuments({"/all.json.gz": gzip.compress(packed(ONE)) + gzip.compress(b"\n" + packed(TWO))}) as server:
        report = place.source("ocds-file", f"{server.url}/all.json.gz").harvest("ocds-file").report
    assert (report["finished"], report["new"]) == (True, 2)


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocds_file, "MOST_UNPACKED", 1024 * 1024)
    with pytest.raises(BrokenResponse, match="unpacks to more than 1 MB"):
        unpacked(gzip.compress(b" " * 2_000_000))
    with pytest.raises(BrokenResponse, match="unpacks to more"):
        unpacked(gzip.compress(b" " * 600_000) * 2)


@pytest.mark.parametrize(
    "body", [gzip.compress(packed(ONE), mtime=0)[:40], b"\x1f\x8b" + b"x" * 40], ids=["cut", "no gzip behind its sign"]
)
def test_a_damaged_gzip_file_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenResponse, match="gzip"):
        unpacked(body)


@pytest.mark.parametrize("name", ["missing.json", "not/absolute.json"])
def test_a_file_that_cannot_be_opened_is_a_fault(place: Place, tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name) if name.startswith("missing") else name
    report = place.source("ocds-file", path).harvest("ocds-file").report
    assert not report["finished"]
    assert "cannot be opened" in report["reason"] or "absolute path" in report["reason"]


def test_a_document_that_lost_all_its_releases_is_an_alarm_and_closes_nothing(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    path.write_bytes(packed(ONE))
    place.source("ocds-file", str(path)).harvest("ocds-file")
    path.write_bytes(packed())
    report = place.harvest("ocds-file").report
    assert report["finished"]
    assert "no releases" in report["reason"]
    assert list(notices(place)) == ["release-00001"]


def test_the_options_can_insist_on_a_format() -> None:
    lines = Source(id="s", title="S", spider="ocds-file", options={"format": "lines"})
    package = Source(id="s", title="S", spider="ocds-file", options={"format": "package"})
    both = json.dumps(ONE).encode() + b"\n" + json.dumps(TWO).encode()
    assert len(OcdsFile.split(lines, both, "", None)) == 2
    assert len(OcdsFile.split(package, packed(ONE), "", None)) == 1
    for source, body in ((package, both), (lines, json.dumps(ONE, indent=1).encode())):
        with pytest.raises(BrokenResponse, match="format"):
            OcdsFile.split(source, body, "", None)
    with pytest.raises(SettingError, match="format"):
        OcdsFile.options_of(Source(id="s", title="S", options={"format": "xml"}))


@pytest.mark.parametrize("odd", [[], ["UKPGA"], {"a": None}, 7, True, [[]]])
def test_a_scheme_of_another_type_is_absent_with_a_doubt(odd: Any) -> None:
    notice = read(tender={"legalBasis": {"scheme": odd}, "status": "active"}, tag=["compiled"])
    assert notice.regime is None
    assert any("legalBasis" in doubt for doubt in notice.doubts)


@pytest.mark.parametrize(
    "odd", [None, 7, "x", [], ["x"], [None], {"a": None}, [{"documents": 7}], [{"documents": ["x"]}]]
)
@pytest.mark.parametrize("name", ["tender", "planning", "awards", "contracts", "tag", "ocid", "date", "parties"])
def test_a_release_with_a_value_of_any_type_is_read_or_refused_by_name(name: str, odd: Any) -> None:
    if name == "ocid" and not (isinstance(odd, str | int) and odd):
        with pytest.raises(UnreadableNotice):
            read(**{name: odd})
    else:
        assert read(**{name: odd}).key
