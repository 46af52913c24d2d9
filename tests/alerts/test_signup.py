"""Signing up, confirming, managing and leaving: what forms may do, and what they never reveal."""

import quopri
import re
import sqlite3
from datetime import date, timedelta

import pytest

from alerts import link_requests, profiles, queue, retention, signup, subscribers, suppression, tokens, unsubscribe
from alerts.addresses import masked, parse_address
from alerts.errors import AddressRefused
from alerts.limits import network_of
from alerts.profiles import ProfileState
from alerts.tokens import Scope
from tenderbell.criteria import Criteria
from tenderbell.database import transaction
from tenderbell.errors import TooManyRequests
from tenderbell.vocabulary import Frequency
from tests.alerts.world import World

CARERS = Criteria(q="young carers", kind=("grant",))


def ask(
    world: World, address: str = "ann@example.org", criteria: Criteria = CARERS, network: str = "192.0.2.1"
) -> None:
    with world.private() as db:
        signup.request_alert(db, world.settings, address, criteria, Frequency.WEEKLY, network=network, now=world.now)


def confirmation_token(world: World) -> str:
    content = world.rows("select content as message from body order by outbox desc limit 1")[0]["message"]
    found = re.search(r"/confirm/(\S+)", quopri.decodestring(content).decode())
    assert found is not None
    return found[1]


def test_a_request_becomes_a_profile_only_when_it_is_confirmed(world: World) -> None:
    ask(world)
    token = confirmation_token(world)
    with world.private() as db:
        pending = signup.pending(db, token, world.now)
        assert pending is not None
        assert (pending.address, pending.frequency, pending.confirmed) == ("a…@example.org", Frequency.WEEKLY, False)
        assert pending.criteria == CARERS
        assert queue.status(db)["profiles"] == 0
        profile = signup.confirm(db, world.settings, token, world.now)
        assert profile is not None
        assert profile.name == "grants about “young carers”"
        assert signup.confirm(db, world.settings, token, world.now) == profile
        assert queue.status(db)["profiles"] == 1


def test_the_evidence_of_consent_is_kept_without_the_network_itself(world: World) -> None:
    ask(world)
    [request] = world.rows("select * from request")
    assert request["wording"] == signup.WORDING
    assert request["asked_at"] == "2026-11-04T09:00:00Z"
    assert "192.0.2.1" not in "".join(str(value) for value in tuple(request))


def test_a_request_expires_after_seven_days_and_is_forgotten(world: World) -> None:
    ask(world)
    token = confirmation_token(world)
    world.wait(days=7)
    with world.private() as db:
        assert signup.pending(db, token, world.now) is None
        assert signup.confirm(db, world.settings, token, world.now) is None
        db.execute("update outbox set state = 'sent'")
        assert retention.prune(db, world.now).requests == 1
        assert retention.prune(db, world.now).requests == 0
    assert world.rows("select * from request") == []
    assert world.rows("select * from outbox") == []


def test_an_old_confirmation_never_subscribes_anew(world: World) -> None:
    ask(world)
    token = confirmation_token(world)
    with world.private() as db:
        profile = signup.confirm(db, world.settings, token, world.now)
        assert profile is not None
        unsubscribe.unsubscribe(db, tokens.make(db, Scope.END_ALL, profile.subscriber), world.now)
        again = signup.confirm(db, world.settings, token, world.now)
        assert again is not None
        assert again.state is ProfileState.ENDED
        assert queue.status(db)["profiles"] == 0


def test_asking_again_for_what_one_has_sends_nothing_and_says_nothing(world: World) -> None:
    world.subscribe("q=young+carers&kind=grant")
    ask(world, "ANN@example.org")
    assert world.states() == []


def test_one_address_is_sent_three_confirmations_a_day(world: World) -> None:
    for number in range(6):
        ask(world, criteria=Criteria(q=f"search {number}"), network=f"192.0.2.{number}")
    assert len(world.states()) == 3
    world.wait(days=1)
    ask(world)
    assert len(world.states()) == 4


def test_a_thousand_sign_ups_from_one_network_end_after_twenty(world: World) -> None:
    refused = 0
    for number in range(1000):
        try:
            ask(world, f"person{number}@example.org", network=f"2001:db8:1:2::{number:x}")
        except TooManyRequests:
            refused += 1
    assert (refused, len(world.states())) == (980, 20)
    world.wait(hours=1)
    ask(world, network="2001:db8:1:2::1")
    assert len(world.states()) == 21


def test_limits_count_networks_as_people_have_them() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of("unknown") == "unknown"


@pytest.mark.parametrize(
    "typed",
    [
        "", "   ", "ann", "@example.org", "ann@", "ann@localhost", "ann@@example.org", "ann@example..org",
        "ann @example.org", "ann@example.org\nBcc: bob@example.org", "ann@example.org\r\n", "ann\x00@example.org",
        "a@example.org, b@example.org", "a@example.org;b@example.org", "Ann <ann@example.org>", "<ann@example.org>",
        "ann@[127.0.0.1]", "ann@127.0.0.1",
        f"{'a' * 65}@example.org", f"ann@{'a' * 250}.org", "ánn@example.org", "ann@example.org\u2028x", "ann@-x.org",
    ],
)  # fmt: skip
def test_what_is_no_single_plain_address_is_refused(world: World, typed: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        ask(world, typed)
    assert str(refusal.value)
    assert world.states() == []


@pytest.mark.parametrize(
    ("typed", "email", "key"),
    [
        (" Ann@Example.ORG ", "Ann@example.org", "ann@example.org"),
        ("ann+bells@example.org", "ann+bells@example.org", "ann+bells@example.org"),
        ("o'neill@example.org", "o'neill@example.org", "o'neill@example.org"),
        ("ann@bücher.example.org", "ann@xn--bcher-kva.example.org", "ann@xn--bcher-kva.example.org"),
    ],
)
def test_addresses_are_kept_in_one_form(typed: str, email: str, key: str) -> None:
    address = parse_address(typed)
    assert (address.email, address.key) == (email, key)


def test_a_masked_address_shows_its_first_letter_only() -> None:
    assert masked("ann@example.org") == "a…@example.org"


@pytest.mark.parametrize(
    "damage", ["", "x", "c1", "c1-", "c1-AAAAAAAAAAAAAAAAAAAAAA", "m1-{rest}", "{cut}", "{more}", "é"]
)
def test_forged_shortened_and_misused_tokens_mean_nothing(world: World, damage: str) -> None:
    profile = world.subscribe("")
    ask(world)
    good = confirmation_token(world)
    bad = damage.format(rest=good.partition("-")[2], cut=good[:-1], more=good + "A")
    with world.private() as db:
        assert signup.pending(db, bad, world.now) is None
        assert signup.confirm(db, world.settings, bad, world.now) is None
        assert profiles.managed(db, bad, world.now) is None
        assert profiles.end_all(db, bad, world.now) is False
        assert unsubscribe.describe(db, bad) is None
        unsubscribe.unsubscribe(db, bad, world.now)
        assert [found.id for found in profiles.current(db, profile.subscriber, world.now)] == [profile.id]


def test_a_token_serves_its_own_purpose_only(world: World) -> None:
    profile = world.subscribe("")
    manage = world.manage_token(profile)
    with world.private() as db:
        ending = tokens.make(db, Scope.END_ONE, profile.id)
        assert unsubscribe.describe(db, manage) is None
        assert profiles.managed(db, ending, world.now) is None
        assert signup.pending(db, ending, world.now) is None


def test_looking_at_a_link_changes_nothing(world: World) -> None:
    profile = world.subscribe("")
    with world.private() as db:
        before = list(db.iterdump())
        for scope, id in ((Scope.END_ONE, profile.id), (Scope.END_ALL, profile.subscriber)):
            found = unsubscribe.describe(db, tokens.make(db, scope, id))
            assert found is not None
            assert (found.address, found.names) == ("a…@example.org", ("everything",))
        profiles.managed(db, world.manage_token(profile), world.now)
        assert list(db.iterdump()) == before


def test_a_link_ends_one_search_and_the_other_link_all(world: World) -> None:
    first, second, third = (world.subscribe(f"q={word}") for word in ("one", "two", "three"))
    with world.private() as db:
        token = tokens.make(db, Scope.END_ONE, second.id)
        for _ in range(2):
            unsubscribe.unsubscribe(db, token, world.now)
        assert [found.id for found in profiles.current(db, first.subscriber, world.now)] == [first.id, third.id]
        found = unsubscribe.describe(db, token)
        assert found is not None
        assert found.names == ()
        unsubscribe.unsubscribe(db, tokens.make(db, Scope.END_ALL, first.subscriber), world.now)
        assert profiles.current(db, first.subscriber, world.now) == ()


def test_the_manage_page_changes_only_what_is_its_owners(world: World) -> None:
    mine, other = world.subscribe("q=mine"), world.subscribe("q=other", address="bob@example.org")
    token = world.manage_token(mine)
    with world.private() as db:
        assert profiles.set_frequency(db, token, mine.id, Frequency.DAILY)
        assert profiles.rename(db, token, mine.id, " My\r\nsearch ")
        assert profiles.pause(db, token, mine.id, date(2026, 12, 1), world.now)
        assert not profiles.set_frequency(db, token, other.id, Frequency.DAILY)
        assert not profiles.rename(db, token, other.id, "Stolen")
        assert not profiles.pause(db, token, other.id, date(2026, 12, 1), world.now)
        assert not profiles.end_profile(db, token, other.id, world.now)
        managed = profiles.managed(db, token, world.now)
        assert managed is not None
        [shown] = managed.profiles
        assert (shown.name, shown.frequency, shown.state) == ("My search", Frequency.DAILY, ProfileState.PAUSED)
        assert shown.paused_until == date(2026, 12, 1)
        untouched = profiles.find(db, other.id, world.now)
        assert untouched is not None
        assert (untouched.name, untouched.state) == (other.name, ProfileState.ACTIVE)


def test_nobody_pauses_for_longer_than_a_year(world: World) -> None:
    profile = world.subscribe("")
    with world.private() as db:
        profiles.pause(db, world.manage_token(profile), profile.id, date.max, world.now)
        found = profiles.find(db, profile.id, world.now)
    assert found is not None
    assert found.paused_until == world.now.date() + timedelta(days=366)


def test_a_search_is_added_from_the_manage_page_without_another_confirmation(world: World) -> None:
    profile = world.subscribe("q=one")
    token = world.manage_token(profile)
    with world.private() as db:
        added = profiles.add_profile(db, world.settings, token, CARERS, Frequency.DAILY, world.now)
        assert added is not None
        assert added == profiles.add_profile(db, world.settings, token, CARERS, Frequency.DAILY, world.now)
        assert profiles.add_profile(db, world.settings, "nonsense", CARERS, Frequency.DAILY, world.now) is None
    assert world.states() == []


def test_the_manage_link_goes_only_to_who_has_alerts_and_nobody_can_tell(world: World) -> None:
    profile = world.subscribe("")
    with world.private() as db:
        for number in range(5):
            for address in ("Ann@example.org", "stranger@example.org"):
                link_requests.send_link(db, world.settings, address, network=f"192.0.2.{number}", now=world.now)
    rows = world.rows("select email, content as message from outbox join body on body.outbox = outbox.id")
    assert [row["email"] for row in rows] == ["ann@example.org"] * 3
    assert f"/manage/{world.manage_token(profile)}" in quopri.decodestring(rows[0]["message"]).decode()


def test_a_strangers_text_and_links_do_not_travel_in_a_confirmation(world: World) -> None:
    ask(world, criteria=Criteria(q="buy at https://spam.example/now www.spam.example/x " + "very " * 100))
    content = quopri.decodestring(world.rows("select content as message from body")[0]["message"]).decode()
    assert "spam.example" not in content
    assert content.count("very") < 60


def test_bodies_are_forgotten_after_thirty_days_unless_they_still_wait(world: World) -> None:
    ask(world)
    with world.private() as db:
        assert retention.prune(db, world.now + timedelta(days=31)).bodies == 0
        db.execute("update outbox set state = 'failed'")
        assert retention.prune(db, world.now + timedelta(days=6)).bodies == 0
        subscribers.ensure(db, parse_address("ann@example.org"), world.now)
        db.execute(
            "insert into profile (subscriber, name, criteria, frequency, watermark, created_at) "
            "values (1, 'all', '', 'weekly', 0, '')"
        )
        assert retention.prune(db, world.now + timedelta(days=31)).bodies == 1


def test_the_queue_is_told_in_numbers_without_addresses(world: World) -> None:
    world.subscribe("")
    ask(world, "new@example.org")
    with world.private() as db:
        status = queue.status(db)
    assert (status["subscribers"], status["profiles"], status["outbox"]["pending"]) == (1, 1, 1)
    assert "@" not in str(status)


def test_the_private_file_is_its_owners_only(world: World) -> None:
    world.subscribe("")
    assert world.settings.private_path.stat().st_mode & 0o077 == 0


def test_who_asks_again_after_bounces_gets_a_link_that_lifts_them(world: World) -> None:
    profile = world.subscribe("q=hall")
    with world.private() as db:
        with transaction(db):
            suppression.suppress(db, "ann@example.org", "5.1.1", world.now)
        ask_again(world, db)
        (row,) = db.execute("select id from request where confirmed_at is null").fetchall()
        again = signup.confirm(db, world.settings, tokens.make(db, tokens.Scope.CONFIRM, row["id"]), world.now)
        assert again is not None
        assert again.id == profile.id, "the alert goes on; it does not begin anew"
        assert suppression.reason(db, "ann@example.org") is None


def test_who_complained_may_confirm_and_is_still_not_written_to(world: World) -> None:
    world.subscribe("q=hall")
    with world.private() as db:
        with transaction(db):
            suppression.suppress(db, "ann@example.org", suppression.COMPLAINT, world.now)
        ask_again(world, db)
        (row,) = db.execute("select id from request where confirmed_at is null").fetchall()
        signup.confirm(db, world.settings, tokens.make(db, tokens.Scope.CONFIRM, row["id"]), world.now)
        assert suppression.reason(db, "ann@example.org") == suppression.COMPLAINT


def ask_again(world: World, db: sqlite3.Connection) -> None:
    criteria = Criteria.parse("q=hall")
    signup.request_alert(
        db, world.settings, "ann@example.org", criteria, Frequency.WEEKLY, network="192.0.2.9", now=world.now
    )
