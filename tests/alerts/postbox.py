"""A real mail server on this machine, which can misbehave as mail servers do."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

ACCEPT = "accept"
REFUSE_RECIPIENT = "550 at RCPT"
REFUSE_DATA = "554 after DATA"
LATER_AT_RECIPIENT = "451 at RCPT"
LATER_AT_DATA = "451 after DATA"
BUSY = "421 at MAIL"
REFUSE_SENDER = "550 at MAIL"
DROP_BEFORE_DATA = "drop at RCPT"
DROP_AFTER_DATA = "drop after DATA"


class Postbox:
    """Keeps what it accepts as (sender, recipient, bytes). `plan` is how it behaves to one attempt after another;
    after its end it accepts. What was dropped after DATA was accepted: the sender cannot know."""

    def __init__(self, *plan: str) -> None:
        self.accepted: list[tuple[str, str, bytes]] = []
        self.sessions = 0
        self._plan = list(plan)
        self._lock = threading.Lock()
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.sessions += 1
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        with self._lock:
            behaviour = self._plan.pop(0) if self._plan else ACCEPT
        envelope.behaviour = behaviour  # type: ignore[attr-defined]
        if behaviour == BUSY:
            return "421 4.3.2 Too busy"
        if behaviour.endswith(" at MAIL") and behaviour not in (BUSY, REFUSE_SENDER):
            return behaviour
        if behaviour == REFUSE_SENDER:
            return "550 5.7.1 You may not send here"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Any, address: str, options: list[str]
    ) -> str:
        if envelope.behaviour == REFUSE_RECIPIENT:
            return "550 5.1.1 No such person"
        if envelope.behaviour == LATER_AT_RECIPIENT:
            return "451 4.7.1 Greylisted"
        if envelope.behaviour == DROP_BEFORE_DATA:
            _hang_up(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Any) -> str:  # noqa: N802
        if envelope.behaviour == REFUSE_DATA:
            return "554 5.6.0 Not that"
        if envelope.behaviour == LATER_AT_DATA:
            return "451 4.3.0 Try again"
        with self._lock:
            self.accepted.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.original_content))
        if envelope.behaviour == DROP_AFTER_DATA:
            _hang_up(server)
        return "250 2.0.0 Taken"


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class _Server(Controller):
    def _trigger_server(self) -> None:
        """Learn which port the system gave, and see that the server is there: the controller's own first connection
        would go to port 0, and would not believe a certificate of ours."""
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.smtpd = self._factory_invoker()


@contextmanager
def serving(postbox: Postbox, **options: Any) -> Iterator[Postbox]:
    """Serve on a free port of this machine for the block, with the controller's `options`, such as those of TLS."""
    controller = _Server(postbox, hostname="127.0.0.1", port=0, ready_timeout=10, **options)
    controller.start()
    try:
        postbox.port = controller.port
        yield postbox
    finally:
        controller.stop()
