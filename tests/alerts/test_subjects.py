"""Data subjects: everything that is kept about an address is shown, handed over, and erased at once."""

from pathlib import Path

import pytest

from alerts import hidden, profiles, standing, subjects, suppression, tokens
from alerts.profiles import Profile
from alerts.wishes import Wishes
from tenderbell.clock import stamp
from tenderbell.database import transaction
from tests.alerts.world import World

ANN = "ann@example.org"


@pytest.fixture
def known(world: World) -> Profile:
    """A person of whom everything is kept that can be: wishes, something hidden, a bounce, a suppression, an e-mail."""
    profile = world.subscribe("q=carers")
    with world.private() as db:
        profiles.wish(
            db, world.manage_token(profile), profile.id,
            Wishes(capacity=25_000, reminder_days=7, awards=True, still_here=True),
        )  # fmt: skip
        with transaction(db):
            hidden.hide(db, profile.subscriber, "tb-7", world.now)
            suppression.suppress(db, ANN, "hard", world.now)
            db.execute(
                "insert into bounce (address_hash, kind, status, diagnostic, seen, at) values (?, 'hard', '5.1.1', "
                "'no such mailbox', 'seen once', ?)",
                (tokens.hashed(db, ANN), stamp(world.now)),
            )
        owner = profiles.owner_of(db, world.manage_token(profile))
        assert owner
        assert standing.ask_again(db, world.settings, owner, network="192.0.2.1", now=world.now)
    return profile


def bytes_of(world: World) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(Path(world.settings.private_path).parent.glob("private.db*")))


@pytest.mark.usefixtures("known")
def test_wishes_hidden_things_and_bounces_are_shown_and_exported(world: World) -> None:
    with world.private() as db:
        for record in (subjects.show(db, ANN), subjects.export(db, ANN)):
            assert record is not None
            [profile] = record["profiles"]
            assert (profile["capacity"], profile["reminder_days"], profile["still_here"]) == (25_000, 7, 1)
            assert [one["opportunity"] for one in record["hidden"]] == ["tb-7"]
            assert [one["kind"] for one in record["bounces"]] == ["hard"]
            assert (record["address_state"], record["reason"]) == ("suppressed", "hard")
        exported = subjects.export(db, ANN)
        assert exported is not None
        assert {"wording", "capacity", "awards", "still_here"} <= set(exported["requests"][0])


@pytest.mark.usefixtures("known")
def test_erasing_leaves_nothing_but_the_hash_of_a_suppressed_address(world: World) -> None:
    assert ANN.encode() in bytes_of(world)
    with world.private() as db:
        hash = tokens.hashed(db, ANN)
        assert subjects.erase(db, ANN)
        assert not subjects.erase(db, ANN)
        left = [table["name"] for table in db.execute("select name from sqlite_master where type = 'table'").fetchall()
                if db.execute(f"select 1 from {table['name']}").fetchone()]  # fmt: skip
        assert set(left) - {"step", "secret", "form_hit", "sqlite_sequence", "_sqlite_migrations"} == {"suppression"}
        assert [row["address_hash"] for row in db.execute("select * from suppression")] == [hash]
        record = subjects.show(db, ANN)
        assert record is not None
        assert (record["profiles"], record["bounces"], record["hidden"]) == ([], [], [])
    assert b"ann@" not in bytes_of(world)


@pytest.mark.usefixtures("known")
def test_the_files_of_an_erased_person_s_e_mails_go_at_once_and_no_others(world: World) -> None:
    folder = world.folder / "mail"
    folder.mkdir(exist_ok=True)
    number = world.rows("select id from outbox where address = ?", ANN)[0]["id"]
    mine, other = folder / f"{number:06}-{'a' * 12}.eml", folder / f"{number + 1:06}-{'a' * 12}.eml"
    foreign = folder / "letter.eml"
    for path in (mine, other, foreign):
        path.write_text("x", "utf-8")
    with world.private() as db:
        subjects.erase(db, ANN, mail=world.settings.mail)
    assert sorted(folder.iterdir()) == sorted([other, foreign])


def test_of_a_stranger_nothing_is_shown_and_nothing_erased(world: World) -> None:
    world.subscribe("q=carers")
    with world.private() as db:
        assert subjects.show(db, "bob@example.org") is None
        assert not subjects.erase(db, "bob@example.org")
        assert subjects.show(db, ANN) is not None
