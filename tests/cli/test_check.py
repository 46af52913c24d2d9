from contextlib import closing

import pytest

from alerts import signup, tokens
from alerts.tokens import Scope
from tenderbell.criteria import Criteria
from tenderbell.notice import Organisation
from tenderbell.private import open_private
from tenderbell.vocabulary import Frequency, Reach
from tests.cli.shell import Shell
from tests.tenderbell.notices import keep, notice


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
    assert (answer["matched_profiles"], answer["emails_sent"], answer["delivered"]) == (0, 0, 0)
    assert answer["hours_after_publication"] >= 0
    assert answer["findings"] == answer["opportunity"]["findings"] != []


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
    answer = stocked.json("check", hidden, code=1)
    assert answer["archived"] is True
    assert answer["reason"] in ("elsewhere", "over")
    assert "in the archive" in stocked.type("check", hidden).stdout


GUID = "0f6d2a51-77aa-4c7e-9c36-3f1f6c5e2b10"
PAGES = {
    "contracts-finder": f"https://www.contractsfinder.service.gov.uk/Notice/{GUID}",
    "procontract-south-west": "https://procontract.due-north.com/Advert/Index?advertId=5ab1c9d0-1111-f011-813b-005056b6",
    "in-tend-publicagroup": "https://in-tendhost.co.uk/publicagroup/aspx/ProjectManage/100_percent",
    "news": "https://fund.example/news/?grant=Mill+%26+Weir&page=2",
    "feed": "https://www.fund.example/gr%C3%BCn/",
}


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Adverts of several sources, each with its page."""
    shell = Shell(tmp_path_factory.mktemp("linked"))
    keep(
        shell.settings,
        notice(1, link="https://www.find-tender.service.gov.uk/Notice/000001-2026"),
        *(
            notice(
                number, source=source, process=f"{source}:k{number}", title=f"Advert {number}",
                link=link, ocid=None, buyers=(Organisation(f"Buyer {number}", roles=("buyer",)),), reach=Reach.LOCAL,
            )
            for number, (source, link) in enumerate(PAGES.items(), start=2)
        ),
    )  # fmt: skip
    shell.type("compile")
    return shell


@pytest.mark.parametrize(
    ("source", "pasted"),
    [
        ("contracts-finder", PAGES["contracts-finder"]),
        ("contracts-finder", f"{PAGES['contracts-finder']}?origin=SearchResults&p=1"),
        ("contracts-finder", f"{PAGES['contracts-finder']}?utm_source=newsletter"),
        ("contracts-finder", f"https://www.contractsfinder.service.gov.uk/notice/{GUID.upper()}"),
        ("contracts-finder", f"http://contractsfinder.service.gov.uk/Notice/{GUID}/#top"),
        ("contracts-finder", f"www.contractsfinder.service.gov.uk/Notice/{GUID}"),
        ("procontract-south-west", PAGES["procontract-south-west"]),
        ("procontract-south-west",
         "https://procontract.due-north.com/advert?fromRfxSummary=true&advertId=5AB1C9D0-1111-F011-813B-005056B6"),
        ("in-tend-publicagroup", "http://www.in-tendhost.co.uk/publicagroup/aspx/ProjectManage/100_percent?fbclid=x"),
        ("news", "https://www.fund.example/news/?grant=Mill+%26+Weir&page=2&utm_medium=email"),
        ("feed", "https://fund.example/gr%C3%BCn"),
        ("feed", "fund.example/gr%c3%bcn/"),
        ("find-a-tender", "https://www.find-tender.service.gov.uk/notice/000001-2026?origin=SearchResults&p=1"),
        ("find-a-tender", "find-tender.service.gov.uk/Notice/000001-2026/"),
        ("find-a-tender", "https://www.find-tender.service.gov.uk/Notice/2026%2FS%20000-000001"),
    ],
)  # fmt: skip
def test_a_link_is_found_however_it_was_copied(source: str, pasted: str, linked: Shell) -> None:
    assert [seen["source"] for seen in linked.json("check", pasted)["seen"]] == [source]


@pytest.mark.parametrize(
    "pasted",
    [
        "https://www.contractsfinder.service.gov.uk/Notice/0f6d2a51-77aa-4c7e-9c36-3f1f6c5e2b11",
        "https://in-tendhost.co.uk/publicagroup/aspx/ProjectManage/100xpercent",
        "https://other.example/publicagroup/aspx/ProjectManage/100_percent",
        "https://fund.example/news/?grant=Mill+%26+Weir&page=3",
        "https://fund.example/",
        "https://fund.example/gr%",
    ],
)
def test_a_link_to_another_page_is_not_found(pasted: str, linked: Shell) -> None:
    assert linked.json("check", pasted, code=1)["found"] is False


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
    assert (answer["matched_profiles"], answer["emails_sent"], answer["delivered"]) == (2, 2, 2)
    assert "matched 2 profiles; 2 e-mails sent" in shell.type("check", new["id"]).stdout
