from contextlib import closing

import pytest

from alerts import signup, tokens
from alerts.tokens import Scope
from tenderbell.criteria import Criteria
from tenderbell.private import open_private
from tenderbell.vocabulary import Frequency
from tests.cli.shell import Shell


@pytest.fixture(scope="module")
def advert(stocked: Shell) -> dict[str, object]:
    """An opportunity with one notice and with a portal reference."""
    found = stocked.json("search", "--all", "--full")["opportunities"]
    return next(item for item in found if item["portal_references"] and item["ocids"])


def test_an_advert_is_found_by_everything_that_a_commissioner_may_have_at_hand(
    advert: dict[str, list[str]], stocked: Shell
) -> None:
    number, year = advert["notices"][0].split("-")
    for reference in (
        f"{number}-{year}",
        f"{year}/S 000-{number}",
        f"https://www.find-tender.service.gov.uk/Notice/{number}-{year}",
        f"https://www.find-tender.service.gov.uk/Notice/{number}-{year}?origin=SearchResults&p=1",
        advert["ocids"][0],
        str(advert["ocids"][0]).upper(),
        advert["portal_references"][0],
        str(advert["title"]),
        f"  {str(advert['title']).upper()} ",
        advert["id"],
        advert["url"],
    ):
        answer = stocked.json("check", str(reference))
        assert answer["opportunity"]["id"] == advert["id"], reference


def test_a_reference_of_several_words_needs_no_quotes(advert: dict[str, list[str]], stocked: Shell) -> None:
    number, year = advert["notices"][0].split("-")
    for words in ([f"{year}/S", f"000-{number}"], str(advert["title"]).split()):
        assert stocked.json("check", *words)["opportunity"]["id"] == advert["id"]


def test_the_text_form_says_when_it_was_seen_in_uk_time(advert: dict[str, list[str]], stocked: Shell) -> None:
    said = stocked.type("check", str(advert["id"])).stdout
    assert "seen at find-a-tender from 9am, Sunday 22 November 2026 to 9am, Sunday 22 November 2026 (UK time)" in said
    assert "matched 0 profiles; 0 e-mails sent" in said


def test_the_answer_has_the_promised_shape(advert: dict[str, list[str]], stocked: Shell) -> None:
    answer = stocked.json("check", advert["notices"][0])
    assert answer.keys() >= {"found", "opportunity", "seen", "matched_profiles", "emails_sent"}
    assert answer["found"] is True
    assert [set(seen) for seen in answer["seen"]] == [{"source", "first", "last"}]
    assert (answer["matched_profiles"], answer["emails_sent"]) == (0, 0)


@pytest.mark.parametrize(
    "reference", ["999999-2031", "Nothing of the kind", "", "https://", "ocds-x", '"', "http://[", "%"]
)
def test_what_is_not_here_is_exit_code_1_and_no_error(reference: str, stocked: Shell) -> None:
    answer = stocked.json("check", reference, code=1)
    assert answer["found"] is False
    assert answer["opportunity"] is None


def test_a_notice_that_is_archived_but_not_listed_is_said_to_be_so(stocked: Shell) -> None:
    from tenderbell.archive import open_archive
    from tenderbell.public import open_public

    archived = {row[0] for row in open_archive(stocked.settings.archive_path).execute("select key from notice")}
    listed = {row[0] for row in open_public(stocked.settings.public_path).execute("select key from notice")}
    hidden = sorted(archived - listed)[0]
    assert stocked.json("check", hidden, code=1)["archived"] is True
    assert "in the archive" in stocked.type("check", hidden).stdout


def test_an_advert_that_was_alerted_tells_how_many_profiles_and_e_mails(shell: Shell) -> None:
    shell.stock()
    settings, now = shell.settings, shell.settings.clock()
    with closing(open_private(settings.private_path)) as private:
        wanted = Criteria.parse("stage=open")
        for email in ("one@village.example", "two@village.example"):
            signup.request_alert(private, settings, email, wanted, Frequency.INSTANT, network="192.0.2.1", now=now)
        for request in (1, 2):
            signup.confirm(private, settings, tokens.make(private, Scope.CONFIRM, request), now)
    known = {item["id"] for item in shell.json("search", "--all")["opportunities"]}
    shell.type("harvest", "find-a-tender", "--from", str(shell.saved(portion=2)))
    shell.type("compile")
    found = shell.json("search", "--criteria", "stage=open", "--all")["opportunities"]
    new = next(item for item in found if item["id"] not in known)
    for words in (("match",), ("digest", "instant"), ("send",)):
        assert shell.type(*words).exit_code == 0
    answer = shell.json("check", new["notices"][0])
    assert (answer["matched_profiles"], answer["emails_sent"]) == (2, 2)
    assert "matched 2 profiles; 2 e-mails sent" in shell.type("check", new["id"]).stdout
