"""Who asks, as far as the site needs to know: from which network, from which page, and whether on this machine.

Nothing here is stored; the address is only counted, as a keyed hash, against the limit of form posts (ruling 28).
"""

import ipaddress
import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
_TOKEN_COOKIE = re.compile(r"(?:^|;)\s*ds_csrftoken=([A-Za-z0-9_.\-]{1,300})(?=\s*;|\s*$)")


def visitor_address(peer: str | None, headers: Mapping[str, str], proxies: Collection[str]) -> str:
    """Return the visitor's address: the peer's, or what a trusted proxy says of it.

    `X-Forwarded-For` is read from the right, and only as long as each address to the right is a trusted proxy.
    """
    address = peer or "unknown"
    for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
        if address not in proxies or not hop.strip():
            break
        address = hop.strip()
    return address


def is_on_this_machine(peer: str | None, headers: Mapping[str, str]) -> bool:
    """Return whether the visitor sits at this machine: a loopback peer that asks for a loopback host, and no proxy in
    between. Another host's name may have been bent to this address (DNS rebinding), or belong to a silent proxy."""
    if any(name in headers for name in _FORWARDED):
        return False
    try:
        host = urlsplit(f"//{headers.get('host', 'localhost')}").hostname or ""
    except ValueError:
        return False
    return _is_loopback(peer or "") and (host == "localhost" or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_foreign(origin: str | None, host: str, site: str) -> bool:
    """Return whether a POST comes from another site: its Origin is neither the host asked nor the public address."""
    if origin is None:
        return False
    if not origin.isprintable():
        return True
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return True
    own = {host.lower(), urlsplit(site.lower()).netloc}
    return parts.scheme not in ("http", "https") or parts.netloc not in own


def token_cookie(cookie: str) -> str | None:
    """Return the form token among a visitor's cookies: the only cookie that this site ever reads."""
    found = _TOKEN_COOKIE.search(cookie)
    return found[1] if found else None
