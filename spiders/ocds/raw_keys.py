"""Keys for raw notices that have none of their own."""

import hashlib


def nameless(body: bytes) -> str:
    """Return a name made of the bytes."""
    return "nameless-" + hashlib.blake2b(body, digest_size=8).hexdigest()
