"""Who may read `/metrics`: a program on this machine, and from elsewhere whoever knows the password."""

import hmac
from collections.abc import Mapping

from tenderbell.pages.visitors import is_on_this_machine


def may_read(peer: str | None, headers: Mapping[str, str], password: str | None) -> bool:
    """Return whether a request may read the figures. What came through a proxy is never of this machine."""
    if is_on_this_machine(peer, headers):
        return True
    scheme, _, given = headers.get("authorization", "").partition(" ")
    is_bearer = scheme.lower() == "bearer" and password is not None
    return is_bearer and hmac.compare_digest(given.strip().encode(), (password or "").encode())
