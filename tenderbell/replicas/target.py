"""Where each file is copied to: TENDERBELL_REPLICA with the file's name behind it, as Litestream wants it said."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

APART = {"key": "key-path", "host-key": "host-key"}
"""What stands behind the question mark of an sftp:// address and is a setting of its own in Litestream: the file of
the private key, and the server's public key, without which any server is believed."""


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
    """Return words of Litestream in which nothing of the address's password is left."""
    password = urlsplit(replica).password
    return text.replace(password, "***") if password else text
