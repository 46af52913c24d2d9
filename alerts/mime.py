"""The bytes of an e-mail: two parts made from one model, and headers that nothing from outside can break out of.

The parts are plain MIME objects, whose serialising costs a quarter of `EmailMessage` (stack.md 8). Bodies are
quoted-printable: readable in the raw, and safe on servers that know only seven bits.
"""

import binascii
import secrets
from collections.abc import Mapping
from email.generator import BytesGenerator
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import formataddr
from io import BytesIO

_POLICY = compat32.clone(linesep="\r\n", max_line_length=0)
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
    message = MIMEMultipart("alternative", boundary=f"=_{secrets.token_hex(12)}")
    for name, value in headers.items():
        if "\n" in value or "\r" in value:
            raise ValueError(f"The header {name} would hold a line break; clean its value with header_text first.")
        message[name] = value if value.isascii() else Header(value, "utf-8", header_name=name).encode(linesep="\r\n")
    message.attach(_part("plain", text))
    message.attach(_part("html", html))
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, policy=_POLICY).flatten(message)
    return buffer.getvalue()


def _part(subtype: str, text: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", subtype, charset="utf-8")
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = "\r\n".join(text.splitlines()) + "\r\n"
    part.set_payload(binascii.b2a_qp(lines.encode(), istext=True).decode("ascii"))
    return part
