from contextlib import closing

import pytest

from tenderbell.archive import open_archive
from tenderbell.decisions import Verdict, decisions_after, prepare, verdict
from tenderbell.public import open_public
from tests.cli.shell import Shell


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
