"""A mail server (aiosmtpd) in a process of its own that takes everything, until its input closes."""

import asyncio
import json
import sys
from typing import Any

from aiosmtpd.smtp import SMTP


class Sink:
    """Takes every message and forgets it."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Accept a message."""
        del server, session, envelope
        return "250 taken"


async def listen() -> None:
    """Listen until the parent closes our input."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), loop=loop), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(listen())
