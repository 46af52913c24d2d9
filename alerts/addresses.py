"""Addresses: checking what was typed, and the two forms in which an address is kept."""

import msgspec
from email_validator import EmailNotValidError, validate_email

from alerts.errors import AddressRefused

LONGEST = 254


class Address(msgspec.Struct, frozen=True):
    """An address: `email` is what is written to (ASCII), `key` is what makes it the same person's."""

    email: str
    key: str


def parse_address(text: str) -> Address:
    """Return the one address that was typed. Raises AddressRefused with a message for the person.

    Only the form is looked at: whether mail arrives is what the confirmation finds out. Capitals do not make another
    person, a plus-tag does. Addresses that need SMTPUTF8 are refused, because most councils' servers refuse them too.
    """
    typed = text.strip(" \t") if isinstance(text, str) else ""
    if not typed:
        raise AddressRefused("Please give an e-mail address, like name@example.org.")
    # "=?" begins an encoded word: mail programs would write to what it decodes to, which may be somebody else.
    if len(typed) > LONGEST or not typed.isprintable() or "=?" in typed:
        raise AddressRefused("That is not an e-mail address. Please type one address, like name@example.org.")
    try:
        valid = validate_email(typed, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as problem:
        reason = str(problem).rstrip(".")
        raise AddressRefused(f"We cannot write to that address: {reason}. Please check it.") from None
    email = valid.ascii_email or valid.normalized
    return Address(email, email.lower())


def mailbox(key: str) -> str:
    """Return a normalised address without its plus-tag: what limits count, because all tags reach one mailbox."""
    local, _, domain = key.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def masked(email: str) -> str:
    """Return an address as pages show it: "a…@example.org", enough for its owner to know it."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"
