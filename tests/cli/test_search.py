import re

import pytest

from tests.cli.shell import NOW, Shell

SUMMARY = {"id", "url", "title", "buyer", "kind", "stage", "reach", "reach_rule", "closes_at", "published_at", "value",
           "notices", "ocids", "sources"}  # fmt: skip
FULL = SUMMARY | {
    "stage_evidence", "kind_evidence", "description", "themes", "cpv", "districts", "lots", "engagement_closes_at",
    "enquiries_close_at", "decision_expected_at", "value_net", "value_gross", "currency", "vcse_suitable",
    "sme_suitable", "reserved_vcse", "reserved_places", "notice_days", "quality_percent", "cost_percent", "tupe",
    "portal_references", "findings", "changes", "seen",
}  # fmt: skip


def test_search_json_has_the_promised_shape(stocked: Shell) -> None:
    found = stocked.json("search")
    assert set(found) == {"total", "opportunities"}
    assert len(found["opportunities"]) == 20 < found["total"]
    for item in found["opportunities"]:
        assert item.keys() >= SUMMARY
        assert item["url"].endswith(f"/opportunities/{item['id']}")


def test_search_json_full_has_the_promised_shape_and_all_is_every_match(stocked: Shell) -> None:
    found = stocked.json("search", "--all", "--full")
    assert len(found["opportunities"]) == found["total"] > 20
    for item in found["opportunities"]:
        assert item.keys() >= FULL
        assert isinstance(item["lots"], int)


def test_words_and_criteria_are_one_search(stocked: Shell) -> None:
    wide = stocked.json("search", "support", "--all")
    narrow = stocked.json("search", "support", "--criteria", "stage=open", "--all")
    assert 0 < narrow["total"] < wide["total"]
    assert stocked.json("search", "--criteria", "q=support&stage=open", "--all") == narrow


def test_the_clock_that_is_set_decides_what_is_closed(stocked: Shell) -> None:
    def open_at(now: str) -> int:
        result = stocked.type("search", "--criteria", "stage=open", TENDERBELL_NOW=now)
        return int(result.stdout.splitlines()[-1].split()[0].replace(",", ""))

    assert open_at("2030-01-01T00:00:00+00:00") < open_at(NOW)


def test_the_text_form_says_in_uk_time_when_something_closes_or_has_closed(stocked: Shell) -> None:
    open_now = stocked.type("search", "--criteria", "stage=open").stdout
    assert re.search(r"\| open \| closes \d{1,2} [A-Z][a-z]{2} 20\d\d, [\w: ]+ \(UK time\)\n", open_now)
    assert not re.search(r"\| closed \d", open_now)
    later = stocked.type("search", "--criteria", "stage=closed", TENDERBELL_NOW="2030-01-01T00:00:00+00:00").stdout
    assert re.search(r"\| closed \| closed \d", later)
    assert not re.search(r"\| closes \d", later)


def test_finding_nothing_is_no_failure(stocked: Shell) -> None:
    assert stocked.json("search", "xyzzyplugh") == {"total": 0, "opportunities": []}


def test_a_value_that_is_not_understood_is_said(stocked: Shell) -> None:
    result = stocked.type("search", "--criteria", "kind=gift")
    assert result.exit_code == 0
    assert "“gift”" in result.stderr
    assert result.stdout == "0 found.\n"


@pytest.mark.parametrize("words", ['"', "a:b^2 NEAR(x)", "' or 1=1 --", "*"])
def test_whatever_is_typed_is_a_search(words: str, stocked: Shell) -> None:
    assert stocked.type("search", "--", words).exit_code == 0


def test_the_text_form_says_how_to_see_the_rest(stocked: Shell) -> None:
    assert "--all shows every one" in stocked.type("search").stdout
