"""The bytes of an e-mail: two parts made from one model, and headers that nothing from outside can break out of.

The shape is always the same two parts, so the bytes are joined here: `EmailMessage` costs ten times as much, and was
the bottleneck of sending (stack.md 8). Names and titles are encoded by the standard library. Bodies are
quoted-printable: readable in the raw, and safe on servers that know only seven bits. No line of a body is longer than
76 bytes, none of a header longer than 998.
"""

import binascii
import secrets
from collections.abc import Mapping
from email.header import Header
from email.utils import formataddr

LONGEST_HEADER = 300
"""Characters of a title that go into a header; the whole title stands in the body."""


def header_text(text: str) -> str:
    """Return text from outside as one header line: no control character survives, so none can begin a header."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:LONGEST_HEADER]


def mailbox(name: str, address: str) -> str:
    """Return `"Name" <address>` for a From header, with the name encoded where it is not ASCII."""
    return formataddr((header_text(name), address))


def build(headers: Mapping[str, str], text: str, html: str) -> bytes:
    """Return the message as it will be sent: multipart/alternative, text first. Values that are not ASCII are encoded.

    Raises ValueError for a header with a line break: every value must have been through `header_text` before.
    """
    boundary = f"=_{secrets.token_hex(12)}"
    kind = {"MIME-Version": "1.0", "Content-Type": f'multipart/alternative; boundary="{boundary}"'}
    lines = [_header(name, value) for name, value in {**headers, **kind}.items()]
    head = "\r\n".join(lines).encode("ascii")
    separator = f"--{boundary}".encode("ascii")
    parts = (_part("plain", text), _part("html", html))
    return b"\r\n".join([head, b"", *(line for part in parts for line in (separator, part)), separator + b"--", b""])


def _header(name: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        raise ValueError(f"The header {name} would hold a line break; clean its value with header_text first.")
    encoded = value if value.isascii() else Header(value, "utf-8", header_name=name).encode(linesep="\r\n")
    return f"{name}: {encoded}"


def _part(subtype: str, text: str) -> bytes:
    lines = "\r\n".join(text.splitlines()) + "\r\n"
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode("ascii") + binascii.b2a_qp(lines.encode(), istext=True)
