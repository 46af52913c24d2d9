from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts import adverts, contacts, desk
from alerts.addresses import parse_address
from tenderbell.advert import Advert
from tenderbell.archive import end_run, open_archive, start_run
from tenderbell.compiling.health import health_of
from tenderbell.database import transaction
from tenderbell.decisions import Verdict, decisions_after, prepare, verdict
from tenderbell.private import open_private
from tenderbell.public import open_public, read_public
from tenderbell.review import pages_of_join
from tests.cli.shell import Shell
from tests.tenderbell.notices import keep, notice

FIXTURE = Path(__file__).parent.parent / "fixtures" / "direct" / "advert.json"


@pytest.fixture
def doubtful(shell: Shell) -> tuple[Shell, str]:
    """A site on which one opportunity waits for a decision."""
    shell.stock()
    id = shell.json("search", "--criteria", "reach=local")["opportunities"][0]["id"]
    with closing(open_public(shell.settings.public_path)) as public:
        public.execute("update opportunity set unconfirmed = 0")
        public.execute("update opportunity set unconfirmed = 1, reach_value = 'Cotswold' where id = ?", (id,))
    return shell, id


def test_what_waits_is_listed_until_it_is_decided(doubtful: tuple[Shell, str]) -> None:
    shell, id = doubtful
    assert [item["id"] for item in shell.json("review", "list")] == [id]
    assert "Cotswold" in shell.type("review", "list").stdout
    assert shell.type("review", "reject", id).exit_code == 0
    assert shell.json("review", "list") == []


@pytest.mark.parametrize("word", ["accept", "reject"])
def test_a_decision_is_kept_in_the_archive_with_its_time(word: str, doubtful: tuple[Shell, str]) -> None:
    shell, id = doubtful
    shell.type("review", word, id)
    with closing(open_archive(shell.settings.archive_path)) as archive:
        assert verdict(archive, id) is Verdict(word)
        assert [(item.opportunity, item.at) for item in decisions_after(archive, 0)] == [(id, "2026-11-22T09:00:00Z")]


def test_nothing_is_decided_when_one_of_the_ids_does_not_wait(doubtful: tuple[Shell, str]) -> None:
    shell, id = doubtful
    result = shell.type("review", "accept", id, "no-such-id")
    assert result.exit_code == 1
    assert "no-such-id" in result.stderr
    with closing(open_archive(shell.settings.archive_path)) as archive:
        prepare(archive)
        assert decisions_after(archive, 0) == []


@pytest.fixture
def two_pages(shell: Shell) -> Shell:
    """Two adverts of one buyer whose references agree and whose titles and deadlines do not."""
    on_portal = notice(
        2, source="in-tend", process="in-tend:STR-2026-77", ocid=None, title="Furniture", references=("STR-2026-77",),
        closes_at=datetime(2026, 6, 1, 11, tzinfo=UTC),
    )  # fmt: skip
    keep(
        shell.settings,
        notice(1, references=("STR-2026-77",), closes_at=datetime(2026, 5, 1, 11, tzinfo=UTC)),
        on_portal,
    )
    shell.type("compile")
    return shell


def pages(shell: Shell) -> list[str]:
    return sorted(found["id"] for found in shell.json("search", "--all")["opportunities"])


def test_a_doubtful_join_waits_and_is_joined_when_it_is_accepted(two_pages: Shell) -> None:
    (item,) = two_pages.json("review", "list")
    assert item["sort"] == "join"
    with closing(read_public(two_pages.settings.public_path)) as public:
        ids = {id for _, id in pages_of_join(public, item["id"])}
        assert ids == {one["id"] for one in two_pages.json("search", "--all")["opportunities"]}
        assert pages_of_join(public, "no-such-join") == []
    assert "str202677" in item["question"]
    assert len(pages(two_pages)) == 2
    assert two_pages.type("review", "accept", item["id"]).exit_code == 0
    two_pages.type("compile")
    assert pages(two_pages) == ["h6vhtk-0abcde"]
    assert two_pages.json("review", "list") == []


def test_a_doubtful_join_that_is_rejected_stays_apart_and_no_longer_waits(two_pages: Shell) -> None:
    (item,) = two_pages.json("review", "list")
    two_pages.type("review", "reject", item["id"])
    two_pages.type("compile")
    two_pages.type("rebuild")
    assert len(pages(two_pages)) == 2
    assert two_pages.json("review", "list") == []


def test_what_was_joined_can_be_taken_apart_by_its_old_address_and_joined_again(two_pages: Shell) -> None:
    other = next(id for id in pages(two_pages) if id.startswith("in-tend"))
    assert two_pages.type("review", "join", "000001-2026", "000002-2026").exit_code == 0
    two_pages.type("compile")
    assert pages(two_pages) == ["h6vhtk-0abcde"]
    result = two_pages.type("review", "separate", other)
    assert result.exit_code == 0, result.output
    two_pages.type("compile")
    assert pages(two_pages) == ["h6vhtk-0abcde", other]


def test_what_was_joined_is_listed_with_the_keys_to_separate_it_by_and_the_evidence(two_pages: Shell) -> None:
    assert two_pages.json("review", "joined") == []
    assert two_pages.type("review", "joined").stdout == "No page holds more than one process.\n"
    (item,) = two_pages.json("review", "list")
    two_pages.type("review", "accept", item["id"])
    two_pages.type("compile")
    (page,) = two_pages.json("review", "joined")
    assert (page["id"], page["title"]) == ("h6vhtk-0abcde", "Support for young carers")
    assert [(one["key"], one["notices"]) for one in page["processes"]] == [
        ("in-tend:STR-2026-77", [{"source": "in-tend", "key": "000002-2026"}]),
        ("ocds-h6vhtk-0abcde", [{"source": "find-a-tender", "key": "000001-2026"}]),
    ]
    ((evidence, one, other),) = [(bond["evidence"], bond["one"], bond["other"]) for bond in page["bonds"]]
    assert evidence
    assert (one, other) == ("in-tend:STR-2026-77", "ocds-h6vhtk-0abcde")
    said = two_pages.type("review", "joined").stdout
    assert "h6vhtk-0abcde  Support for young carers" in said
    for text in ("000001-2026 (find-a-tender)", "000002-2026 (in-tend)", evidence):
        assert text in said
    assert "review separate NOTICE" in said
    assert two_pages.type("review", "separate", page["processes"][0]["notices"][0]["key"]).exit_code == 0
    two_pages.type("compile")
    assert two_pages.json("review", "joined") == []


@pytest.mark.parametrize(
    "words", [("separate", "nothing"), ("separate", "000001-2062"), ("join", "nothing", "000001-2026")]
)
def test_a_name_that_is_mistyped_is_said_to_be_unknown(words: tuple[str, ...], two_pages: Shell) -> None:
    result = two_pages.type("review", *words)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{words[1]}: there is no such notice or page.")


@pytest.mark.parametrize(
    "words", [("separate", "000001-2026"), ("join", "000001-2026", "nothing"),
              ("join", "000001-2026", "000001-2026")],
)  # fmt: skip
def test_what_cannot_be_joined_or_separated_is_said(words: tuple[str, ...], two_pages: Shell) -> None:
    result = two_pages.type("review", *words)
    assert result.exit_code == 1
    assert words[-1] in result.stderr


def test_a_watched_page_that_has_changed_waits_with_what_changed_until_it_was_looked_at(shell: Shell) -> None:
    for text in ("Grants open in May.", "Grants open on 4 May."):
        page = shell.folder / "page.html"
        page.write_text(f"<html><body><main><p>{text}</p><p>Same.</p></main></body></html>", "utf-8")
        assert shell.type("harvest", "glosfunders-page", "--from", str(page)).exit_code == 0
    shell.type("compile")
    assert shell.json("search", "--all")["total"] == 0, "a watched page is never an opportunity"
    (item,) = shell.json("review", "list")
    assert (item["id"], item["sort"]) == ("glosfunders-page", "page")
    assert "+Grants open on 4 May." in shell.type("review", "list").stdout
    assert shell.type("review", "accept", "glosfunders-page").exit_code == 0
    assert shell.json("review", "list") == []


@pytest.fixture
def written(shell: Shell) -> tuple[Shell, int]:
    """A site on which an advert from an unknown mail domain waits."""
    shell.type("compile")
    now = shell.settings.clock()
    with closing(open_private(shell.settings.private_path)) as db:
        with transaction(db):
            contact = contacts.ensure(db, shell.settings.area, parse_address("ana@trust.example.org"), now)
        advert = Advert(title="Warm rooms fund", kind="grant", purpose="Warmth.", closes="30 April 2027", how="Write.")
        id = adverts.save(db, shell.settings, contact, 0, advert, "", now)
        adverts.send(db, shell.settings, contact, id, now)
    return shell, id


def test_a_new_body_and_its_first_advert_are_decided_by_command(written: tuple[Shell, int]) -> None:
    shell, _ = written
    (item,) = shell.json("review", "list")
    assert (item["id"], item["sort"]) == ("matter-1", "body")
    assert shell.type("review", "accept", "matter-1").exit_code == 1
    assert shell.type("review", "accept", "matter-1", "--body", "stroud-district-council").exit_code == 0
    (item,) = shell.json("review", "list")
    assert item["sort"] == "advert"
    assert "Warm rooms fund" in shell.type("review", "list").stdout
    assert shell.type("review", "accept", item["id"]).exit_code == 0
    shell.type("compile")
    (found,) = shell.json("search", "--all")["opportunities"]
    assert (found["title"], found["sources"]) == ("Warm rooms fund", ["direct"])
    assert shell.json("review", "list") == []
    again = shell.type("review", "accept", item["id"])
    assert again.exit_code == 1
    assert "no decision is waited for" in again.stderr


def test_what_was_written_here_is_listed_and_taken_down_by_command(written: tuple[Shell, int]) -> None:
    shell, id = written
    shell.type("review", "accept", "matter-1", "--body", "stroud-district-council")
    shell.type("review", "accept", shell.json("review", "list")[0]["id"])
    (one,) = shell.json("review", "published")
    assert one["id"] == f"advert-{id}"
    assert "Warm rooms fund" in shell.type("review", "published").stdout
    assert shell.type("review", "withdraw", f"advert-{id}").exit_code == 0
    shell.type("compile")
    assert shell.json("search", "--all")["opportunities"][0]["stage"] == "cancelled"
    for again in (f"advert-{id}", "reply-1", "advert-", "advert-x", "thing-1"):
        assert shell.type("review", "withdraw", again).exit_code == 1


def test_a_contact_is_revoked_by_command(written: tuple[Shell, int]) -> None:
    shell, _ = written
    assert shell.type("review", "revoke", "ana@trust.example.org").exit_code == 0
    assert shell.type("review", "revoke", "nobody@example.org").exit_code == 1


def test_what_is_decided_by_command_is_closed_at_the_desk_and_listed_once(doubtful: tuple[Shell, str]) -> None:
    shell, id = doubtful
    now = shell.settings.clock()
    with closing(open_private(shell.settings.private_path)) as db:
        desk.follow_review(db, shell.settings, now)
        assert [item["id"] for item in shell.json("review", "list")] == [id]
        assert shell.type("review", "accept", id).exit_code == 0
        assert desk.open_matters(db) == []


@pytest.mark.parametrize(
    "id", ["matter-", "matter-0", "matter-99", "matter-²", "matter-1e3", "matter-99999999999999999999"]
)
def test_an_unknown_matter_is_named(shell: Shell, id: str) -> None:
    result = shell.type("review", "accept", id)
    assert result.exit_code == 1
    assert id in result.stderr


def test_the_source_of_adverts_written_here_never_has_not_answered(shell: Shell) -> None:
    for command in (["harvest", "direct", "--from", str(FIXTURE)], ["compile"], ["status", "--json"]):
        shell.type(*command)
    with closing(open_archive(shell.settings.archive_path)) as archive:
        run = start_run(archive, "direct", shell.settings.clock() - timedelta(days=9))
        end_run(archive, run, shell.settings.clock() - timedelta(days=9), complete=True, reason="Finished.")
        start_run(archive, "direct", shell.settings.clock() - timedelta(days=2))
        health = health_of(archive, "direct", shell.settings.clock())
    assert health.state == "working"
    assert health.last_success == "2026-11-22T09:00:00Z"
