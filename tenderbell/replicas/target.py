"""Where each file is copied to: TENDERBELL_REPLICA with the file's name behind it, as Litestream wants it said."""

from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

APART = {"key": "key-path", "host-key": "host-key"}
"""What stands behind the question mark of an sftp:// address and is a setting of its own in Litestream: the file of
the private key, and the server's public key, without which any server is believed."""

SHORTEST = 4
"""Whoever has a password of fewer letters would find words without them; "eu" behind a question mark is no secret."""


def place_of(replica: str, name: str) -> dict[str, str]:
    """Return Litestream's settings for the copy of one file ("public.db")."""
    parts = urlsplit(replica)
    if parts.scheme == "nats":
        # A bucket's name holds no slash: each file has a bucket of its own, BUCKET-public and so on.
        path = f"{parts.path.rstrip('/')}-{name.removesuffix('.db')}"
    else:
        path = f"{parts.path.rstrip('/')}/{name}"
    query = dict(parse_qsl(parts.query))
    apart = {APART[key]: query.pop(key) for key in APART if key in query and parts.scheme == "sftp"}
    return {"url": urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), "")), **apart}


def shown(replica: str) -> str:
    """Return the address without what may be a secret: user, password, keys."""
    parts = urlsplit(replica)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def without_secrets(text: str, replica: str) -> str:
    """Return words of Litestream in which nothing is left of the address's password, or of what stands behind its
    question mark: as it was written, and as it was meant."""
    parts = urlsplit(replica)
    secrets = {parts.password or "", *(value for key, value in parse_qsl(parts.query) if key not in APART)}
    for secret in sorted({form for one in secrets for form in (one, unquote(one), quote(one, safe=""))}, key=len)[::-1]:
        text = text.replace(secret, "***") if len(secret) >= SHORTEST else text
    return text
