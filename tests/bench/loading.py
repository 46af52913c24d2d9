"""Asking a web server as fast as it answers, from another process: wrk when it is installed, else a small client.

`python -m tests.bench.loading PORT PATHS CLIENTS SECONDS` is that client.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path
from urllib.request import urlopen

import msgspec

from tests.bench.measuring import run_child

WRK = """
local paths, at = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = wrk.format("GET", line) end
request = function() at = at %% #paths + 1; return paths[at] end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests": %%d, "seconds": %%f, "p50": %%f, "p95": %%f, "refused": %%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    e.status + e.connect + e.read + e.write + e.timeout))
end
"""


PATIENCE = 60.0
"""Seconds that a server is given which answered nothing in the time of a round."""


class Load(msgspec.Struct, frozen=True):
    """What a server bore: `requests` answered, `rate` of them a second; `p50` and `p95` milliseconds to an answer."""

    requests: int
    rate: float
    p50: float
    p95: float


def client() -> str:
    """Return the name of the program that asks."""
    return "wrk" if shutil.which("wrk") else "asyncio client"


def wake(port: int, paths: list[str]) -> None:
    """Ask for a few pages, so that what a server does once is not measured."""
    for path in paths:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            answer.read()


def load(port: int, paths: list[str], clients: int, seconds: float, folder: Path) -> Load:
    """Ask for `paths` one after the other, again and again, over so many connections. Raises RuntimeError when the
    server answered anything but success."""
    listed = folder / "paths.txt"
    listed.write_text("\n".join(paths) + "\n")
    found = _asked(port, listed, clients, seconds)
    if not found["requests"] and not found["refused"]:
        found = _asked(port, listed, clients, PATIENCE)  # slower than the time given: then one answer is measure enough
    if found["refused"] or not found["requests"]:
        raise RuntimeError(f"{found['refused']} of {found['requests']} requests failed, the first path was {paths[0]}.")
    return Load(int(found["requests"]), found["requests"] / found["seconds"], found["p50"], found["p95"])


def _asked(port: int, listed: Path, clients: int, seconds: float) -> dict[str, float]:
    if client() == "wrk":
        script = listed.with_name("load.lua")
        script.write_text(WRK % listed)
        command = ["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "60s", "-s", str(script)]
        told = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"], capture_output=True, text=True, timeout=seconds + 60, check=True
        ).stdout
    else:
        told = run_child("tests.bench.loading", port, listed, clients, seconds)
    found: dict[str, float] = json.loads(told.strip().splitlines()[-1])
    return found


async def _ask(port: int, paths: "cycle[str]", until: float, times: list[float]) -> int:
    """Ask over one connection until the time is over, or the server ends it; return how many answers were no
    success."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    refused = 0
    while time.perf_counter() < until:
        start = time.perf_counter()
        writer.write(f"GET {next(paths)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await _body(reader, head)
        except (asyncio.IncompleteReadError, ConnectionError):
            return refused + 1
        times.append(time.perf_counter() - start)
        refused += head[9:10] not in b"23"
    writer.close()
    return refused


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    """Read a body of known length, or one in chunks."""
    _, named, rest = head.partition(b"content-length:")
    if named:
        await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
        return
    while size := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(size + 2)
    await reader.readuntil(b"\r\n")


async def _load(port: int, paths: list[str], clients: int, seconds: float) -> dict[str, float]:
    times: list[float] = []
    start, turn = time.perf_counter(), cycle(paths)
    refused = await asyncio.gather(*(_ask(port, turn, start + seconds, times) for _ in range(clients)))
    spent = time.perf_counter() - start
    times.sort()
    middle, late = times[len(times) // 2], times[int(len(times) * 0.95)]
    return {
        "requests": len(times), "seconds": spent, "p50": middle * 1e3, "p95": late * 1e3, "refused": sum(refused),
    }  # fmt: skip


def main() -> None:
    """Ask and print what came of it."""
    port, listed, clients, seconds = sys.argv[1:]
    found = asyncio.run(_load(int(port), Path(listed).read_text().split(), int(clients), float(seconds)))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
