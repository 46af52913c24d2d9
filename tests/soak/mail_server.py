"""A mail server (aiosmtpd) in a process of its own that misbehaves as mail servers do, at random but repeatably, and
writes down what it took: `python -m tests.soak.mail_server SEED FOLDER`. A line on its input ends the misbehaviour, the
end of its input ends the process."""

import asyncio
import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

FAULTS = {
    "421 at MAIL": 0.0005,
    "451 at RCPT": 0.01,
    "451 after DATA": 0.005,
    "554 after DATA": 0.002,
    "drop at RCPT": 0.005,
    "taken, then dropped": 0.005,
    "lost, then dropped": 0.005,
    "slow": 0.002,
}
"""How often each happens, in attempts."""

DEAD = "dead"
"""How the addresses begin of people whose mailbox is no more."""


class Server:
    """Takes, refuses, and hangs up. `log` has one line for each attempt that reached its end; what it keeps lies in
    `mail`, one message after another."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.calm = False
        self._dice = random.Random(seed)
        self._refused: Counter[str] = Counter()
        self._log = (folder / "log").open("a", buffering=1)
        self._mail = (folder / "mail").open("ab", buffering=0)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.fault = self._fault()
        if envelope.fault == "421 at MAIL":
            self._note(envelope, None)
            return "421 4.3.2 Too busy"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.startswith(DEAD):
            envelope.fault = "550 5.1.1"
            self._note(envelope, address)
            return "550 5.1.1 No such person"
        if envelope.fault in ("451 at RCPT", "drop at RCPT"):
            self._note(envelope, address)
        if envelope.fault == "451 at RCPT":
            return "451 4.7.1 Greylisted"
        if envelope.fault == "drop at RCPT":
            _hang_up(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Any) -> str:  # noqa: N802
        address = envelope.rcpt_tos[0]
        if envelope.fault == "554 after DATA":
            self._refused[address] += 1
            envelope.fault = envelope.fault if self._refused[address] == 1 else None
        if envelope.fault == "slow":
            await asyncio.sleep(0.2)
        self._note(envelope, address, envelope.original_content)
        if envelope.fault in ("taken, then dropped", "lost, then dropped"):
            _hang_up(server)
        return {"554 after DATA": "554 5.6.0 Not that", "451 after DATA": "451 4.3.0 Try again"}.get(
            envelope.fault, "250 2.0.0 Taken"
        )

    def _fault(self) -> str | None:
        point = self._dice.random()
        for fault, share in FAULTS.items():
            point -= share
            if point < 0:
                return None if self.calm else fault
        return None

    def _note(self, envelope: Envelope, address: str | None, content: bytes = b"") -> None:
        self._mail.write(content)
        fault = getattr(envelope, "fault", None)
        self._log.write(json.dumps({"fault": fault, "to": address, "size": len(content)}) + "\n")


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


async def listen(seed: int, folder: Path) -> None:
    """Listen until the parent closes our input."""
    loop = asyncio.get_running_loop()
    taker = Server(seed, folder)
    server = await loop.create_server(lambda: SMTP(taker, loop=loop), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        taker.calm = True
        print(json.dumps({"calm": True}), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(listen(int(sys.argv[1]), Path(sys.argv[2])))
