"""What people and machines say of themselves: addresses, tokens, proxies' headers, cookies."""

# ruff: noqa: E501 - an example stands on one line

import ipaddress
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.headerregistry import Address as HeaderAddress
from pathlib import Path

from alerts import tokens
from alerts.addresses import LONGEST, mailbox, masked, parse_address
from alerts.errors import AddressRefused
from alerts.limits import network_of
from alerts.tokens import Scope
from tenderbell.pages.forms import read_fields
from tenderbell.pages.visitors import is_foreign, is_on_this_machine, token_cookie, visitor_address
from tenderbell.private import open_private
from tests.fuzz.promises import promise
from tests.fuzz.targets.target import Check, Target


def targets() -> Iterator[Target]:
    """Yield the targets of what people and proxies say."""
    yield Target("address", "an address is one address in ASCII on one line, or refused in words", addresses, address)
    yield Target("token", "no token but the one that was made is genuine", given_tokens, token)
    yield Target("forwarded", "only trusted proxies are believed; a forwarded visitor is never this machine", headers, forwarded)  # fmt: skip


def addresses() -> Iterator[bytes]:
    """Yield addresses as people type them."""
    yield from (b"ann@example.org", b"Ann.O'Neil+tag@EXAMPLE.co.uk", "josé@exämple.org".encode(), b"a@b@c", b"a@[127.0.0.1]",
                b'"ann lee"@example.org', b"ann@example.org\r\nBcc: bob@example.org", b"<ann@example.org>", b"a" * 65 + b"@b.uk")  # fmt: skip


@contextmanager
def address() -> Iterator[Check]:
    """Give what parses an address."""

    def check(data: bytes) -> None:
        try:
            found = parse_address(data.decode("utf-8", "replace"))
        except AddressRefused as refused:
            promise(
                str(refused).isprintable() and len(str(refused)) < 1000, f"The refusal is no sentence: {refused!s:.200}"
            )
            return
        email = found.email
        promise(email.isascii() and email.isprintable() and " " not in email and email.count("@") == 1, repr(email))
        promise(len(email) <= LONGEST and not set(email) & set("\r\n,;<>()"), f"It cannot stand in a header: {email!r}")
        promise(parse_address(email).key == found.key == found.key.lower(), "The same person's twice")
        promise(HeaderAddress(addr_spec=email).addr_spec == email, "It is one address in a header")
        promise("@" in mailbox(found.key) and email not in masked(email), "It is masked")

    yield check


def given_tokens() -> Iterator[bytes]:
    """Yield forms of tokens."""
    yield from (
        b"m1-aaaaaaaaaaaaaaaaaaaaaaaaaa",
        b"a12-AAAAAAAAAAAAAAAAAAAAAA",
        b"C999999999999999999-ZZZZ",
        b"i0-",
        b"t1",
    )


@contextmanager
def token() -> Iterator[Check]:
    """Give what tries a token for every scope, and cuts and changes a genuine one."""
    with tempfile.TemporaryDirectory() as folder, closing(open_private(Path(folder) / "private.db")) as db:
        genuine = tokens.make(db, Scope.END_ALL, 7)

        def check(data: bytes) -> None:
            text = data.decode("utf-8", "replace")
            mixed = genuine[: len(data) % len(genuine)] + text
            for tried in (text, mixed):
                found = tokens.read(db, tried, *Scope)
                promise(found is None or tried.lower() == genuine, f"A forged token is genuine: {tried!r}")

        yield check


def headers() -> Iterator[bytes]:
    """Yield peer, X-Forwarded-For, Host, Origin and Cookie, a line each."""
    yield b"127.0.0.1\n203.0.113.9, 127.0.0.1\nlocalhost:8001\nhttp://localhost:8001\nds_csrftoken=abc; x=y"
    yield b"10.0.0.1\n\ntenderbell.test\nhttps://tenderbell.test\nds_csrftoken=a.b-c_d"
    yield b"::1\n2001:db8::1%eth0, ::ffff:10.0.0.1\n[::1]:80\nnull\na=b;ds_csrftoken=%00"


@contextmanager
def forwarded() -> Iterator[Check]:
    """Give what reads who a visitor is."""
    proxies = ("127.0.0.1", "10.0.0.1")

    def check(data: bytes) -> None:
        lines = [*data.decode("latin-1").split("\n"), "", "", "", "", ""]
        peer, chain, host, origin, cookie = lines[:5]
        found = visitor_address(peer, {"x-forwarded-for": chain}, proxies)
        promise(found == (peer or "unknown") or peer in proxies, "A stranger's header is believed")
        network = network_of(found)
        promise(len(network) <= 100, f"No network: {network!r}")
        promise(not is_on_this_machine(peer, {"x-forwarded-for": chain, "host": host}), "A forwarded visitor is here")
        if is_on_this_machine(peer, {"host": host}):
            promise(ipaddress.ip_address(peer).is_loopback, "A stranger is here")
        if not is_foreign(origin, host, "https://tenderbell.test"):
            promise(origin.lower().partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]
                    in (host.lower(), "tenderbell.test"), f"A foreign origin is ours: {origin!r} for {host!r}")  # fmt: skip
        if kept := token_cookie(cookie):
            promise(kept.isascii() and kept.isprintable() and not set(kept) & set("; ,\r\n"), "A cookie is one word")
        read_fields(data)

    yield check
