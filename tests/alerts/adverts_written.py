"""Adverts and contacts for the tests: written as the site's forms write them."""

import sqlite3

from alerts import adverts, contacts, desk
from alerts.addresses import parse_address
from alerts.contacts import Contact
from tenderbell.advert import Advert
from tenderbell.database import transaction
from tests.alerts.world import World

FUND = Advert(
    title="Warm rooms fund 2027",
    kind="grant",
    purpose="For village halls that open a warm room in winter.",
    closes="12 noon, 30 April 2027",
    how="Send the form on our page.",
)


def contact_of(world: World, db: sqlite3.Connection, email: str = "ana@stroud.gov.uk") -> Contact:
    """Return the contact of an address."""
    with transaction(db):
        return contacts.ensure(db, world.settings.area, parse_address(email), world.now)


def sent(world: World, db: sqlite3.Connection, advert: Advert = FUND, email: str = "ana@stroud.gov.uk") -> int:
    """Return the number of an advert that was written and sent."""
    contact = contact_of(world, db, email)
    id = adverts.save(db, world.settings, contact, 0, advert, "", world.now)
    adverts.send(db, world.settings, contact, id, world.now)
    return id


def matter(db: sqlite3.Connection, sort: desk.Matter) -> desk.Asked:
    """Return the only open matter of a sort."""
    (found,) = [asked for asked in desk.open_matters(db) if asked.sort is sort]
    return found
