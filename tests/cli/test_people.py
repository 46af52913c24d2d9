from contextlib import closing

import pytest

from alerts import signup, tokens
from alerts.tokens import Scope
from tenderbell.criteria import Criteria
from tenderbell.private import open_private
from tenderbell.vocabulary import Frequency
from tests.cli.shell import Shell

EMAIL = "Hall@Village.example"


@pytest.fixture
def subscribed(shell: Shell) -> Shell:
    """One person with one profile that was confirmed."""
    settings, now = shell.settings, shell.settings.clock()
    with closing(open_private(settings.private_path)) as private:
        wanted = Criteria.parse("kind=grant")
        signup.request_alert(private, settings, EMAIL, wanted, Frequency.WEEKLY, network="192.0.2.1", now=now)
        signup.confirm(private, settings, tokens.make(private, Scope.CONFIRM, 1), now)
    return shell


def test_show_tells_the_state_of_an_address_and_its_profiles(subscribed: Shell) -> None:
    found = subscribed.json("subscriber", "show", EMAIL.lower())
    assert found.keys() >= {"address_state", "reason", "since"}
    assert (found["address_state"], found["reason"]) == ("working", None)
    assert [profile["criteria"] for profile in found["profiles"]] == ["kind=grant"]
    assert "address_state: working" in subscribed.type("subscriber", "show", EMAIL).stdout


def test_export_holds_what_was_written_and_what_was_consented_to(subscribed: Shell) -> None:
    import json

    found = json.loads(subscribed.type("subscriber", "export", EMAIL).stdout)
    assert found["requests"][0]["wording"]
    assert "confirm" in found["messages"][0]["text"].lower()


def test_erase_asks_first_and_then_leaves_nothing_of_the_address(subscribed: Shell) -> None:
    assert subscribed.type("subscriber", "erase", EMAIL).exit_code == 1
    assert subscribed.json("subscriber", "show", EMAIL)["profiles"]
    assert subscribed.type("subscriber", "erase", EMAIL, "--yes").exit_code == 0
    assert subscribed.type("subscriber", "show", EMAIL).exit_code == 1
    with closing(open_private(subscribed.settings.private_path)) as private:
        assert "village" not in "\n".join(private.iterdump()).lower()


@pytest.mark.parametrize("command", [["show"], ["export"], ["erase", "--yes"]])
def test_an_address_of_which_nothing_is_kept_is_said_in_one_line(command: list[str], shell: Shell) -> None:
    result = shell.type("subscriber", *command, "nobody@else.example")
    assert result.exit_code == 1
    assert result.stderr == "Nothing is kept about nobody@else.example.\n"


def test_what_is_no_address_is_said_in_one_line(shell: Shell) -> None:
    result = shell.type("subscriber", "show", "not an address")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
