"""Taking out of a line what is somebody's: addresses, passwords, the secret part of links, what was searched for.

Lines are written without these. This is for what others say: a mail server's answer, a library's complaint.
"""

import ipaddress
import re

_PASSWORD = re.compile(r"(?<=://)[^/\s@]+@")
_EMAIL = re.compile(r"[^\s<>()\[\]{}\"'`,;:=@]+@[^\s<>()\[\]{}\"'`,;:@]*\w")
_LINK = re.compile(
    r"(/(?:confirm|manage|unsubscribe|receipts|adverts|decide|item|told|reply)/)(?!new\b|TOKEN|\*)[^\s/?#\"'<>]+"
)
_QUERY = re.compile(
    r"(/(?:opportunities|alerts|calendar|early|ending|check|missing|preflight|public)[\w./-]*)\?[^\s\"']+"
)
_SECRET = re.compile(r"(?<![\w/.-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{32,}(?![\w-])")
_NUMBERS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:])")


def scrubbed(text: str) -> str:
    """Return a text without what is somebody's. Addresses of this machine stay."""
    text = _EMAIL.sub("ADDRESS", _PASSWORD.sub("", text))
    text = _LINK.sub(r"\1TOKEN", _QUERY.sub(r"\1?QUERY", text))
    return _NUMBERS.sub(_number, _SECRET.sub("TOKEN", text))


def _number(found: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(found[0])
    except ValueError:
        return found[0]
    return found[0] if address.is_loopback or address.is_unspecified else "IP"
