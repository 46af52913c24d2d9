"""Who speaks for a commissioner, and how they get their link."""

import pytest

from alerts import contacts
from alerts.errors import AddressRefused
from tenderbell.database import transaction
from tenderbell.errors import TooManyRequests
from tests.alerts.adverts_written import contact_of
from tests.alerts.world import World


def ask(world: World, email: str, network: str = "192.0.2.1") -> None:
    with world.private() as db:
        contacts.send_link(
            db, world.settings, email, "/adverts/{token}", "post an advert", network=network, now=world.now
        )


def links(world: World) -> list[str]:
    return [row["email"] for row in world.rows("select email from outbox where sort = 'link' order by id")]


@pytest.mark.parametrize("email", ["a@gmail.com", "a@googlemail.com", "a@live.co.uk", "a@sky.com", "a@mail.proton.me"])
def test_a_host_where_anybody_can_have_an_address_is_refused(world: World, email: str) -> None:
    with pytest.raises(AddressRefused, match="work address"):
        ask(world, email)
    assert links(world) == []


@pytest.mark.parametrize("email", ["a@stroud.gov.uk", "a@mail.stroud.gov.uk", "a@nhs.net", "a@notgmail.com"])
def test_other_addresses_get_a_link(world: World, email: str) -> None:
    ask(world, email)
    assert links(world) == [email]


def test_one_address_gets_three_links_a_day_and_one_network_twenty_forms_an_hour(world: World) -> None:
    for _ in range(5):
        ask(world, "ana@stroud.gov.uk")
    assert len(links(world)) == 3
    for number in range(15):
        ask(world, f"n{number}@stroud.gov.uk")
    with pytest.raises(TooManyRequests):
        ask(world, "bo@stroud.gov.uk")
    ask(world, "bo@stroud.gov.uk", network="192.0.2.2")


def test_plus_tags_of_one_mailbox_share_its_three_links_a_day(world: World) -> None:
    for tag in range(5):
        ask(world, f"ana+{tag}@stroud.gov.uk")
    assert len(links(world)) == 3


def test_on_a_domain_of_many_bodies_one_address_is_named_and_not_its_neighbours(world: World) -> None:
    with world.private() as db:
        one, other = contact_of(world, db, "amy@nhs.net"), contact_of(world, db, "zed@nhs.net")
        contacts.name_body(db, one, "nhs-gloucestershire-icb", world.now)
        found = [contacts.find(db, contact.id) for contact in (one, other)]
    assert [contact and contact.body for contact in found] == ["nhs-gloucestershire-icb", None]


@pytest.mark.parametrize(
    ("email", "body"),
    [
        ("a@stroud.gov.uk", "stroud-district-council"),
        ("a@sub.mail.stroud.gov.uk", "stroud-district-council"),
        ("a@STROUD.gov.uk", "stroud-district-council"),
        ("a@notstroud.gov.uk", None),
        ("a@stroud.gov.uk.example.org", None),
        ("a@gov.uk", None),
    ],
)
def test_a_body_is_known_by_its_own_mail_domain_only(world: World, email: str, body: str | None) -> None:
    with world.private() as db:
        assert contact_of(world, db, email).body == body


def test_a_link_is_good_for_its_own_contact_only(world: World) -> None:
    with world.private() as db:
        one, other = contact_of(world, db), contact_of(world, db, "bo@stroud.gov.uk")
        token = contacts.token_of(db, one.id)
        assert contacts.by_token(db, token) == one
        assert contacts.by_token(db, token.replace(f"b{one.id}-", f"b{other.id}-")) is None
        db.execute("update contact set generation = 2 where id = ?", (one.id,))
        assert contacts.by_token(db, token) is None


def test_who_is_revoked_speaks_for_nobody_until_the_operator_says_so_again(world: World) -> None:
    with world.private() as db:
        ana = contact_of(world, db, "ana@stroud.gov.uk")
        link = contacts.token_of(db, ana.id)
        assert contacts.revoke(db, "Ana@Stroud.gov.uk", world.now) == 1
        assert contacts.by_token(db, link) is None
        assert contact_of(world, db, "ana@stroud.gov.uk").body is None, "asking for a link again changes nothing"
        assert contact_of(world, db, "bo@stroud.gov.uk").body == "stroud-district-council"
        with transaction(db):
            contacts.name_body(db, ana, "stroud-district-council", world.now)
        assert contact_of(world, db, "ana@stroud.gov.uk").body == "stroud-district-council"
        assert contacts.revoke(db, "nobody@example.org", world.now) == 0


def test_an_approved_mail_domain_is_revoked_with_all_its_addresses(world: World) -> None:
    with world.private() as db:
        with transaction(db):
            contacts.approve_domain(db, "trust.example.org", "stroud-district-council", world.now)
        contact_of(world, db, "cy@trust.example.org")
        assert contacts.revoke(db, "trust.example.org", world.now) == 1
        assert contact_of(world, db, "cy@trust.example.org").body is None
        assert contact_of(world, db, "di@trust.example.org").body is None
