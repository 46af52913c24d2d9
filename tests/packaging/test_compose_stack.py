"""compose.yaml, started for real by the words of the guides: from nothing to a healthy site behind TLS, and back from
its replica after a fire.

Needs what `engine` needs, caddy, netavark, and in TEST_COMPOSE the program podman-compose: 1.6 works, the 1.0.3 of
Debian 12 knows no addresses of services.
"""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tenderbell.settings import PROJECT
from tests.cli.shell import Shell
from tests.packaging.engine import Engine, missing
from tests.packaging.units import wait_for
from tests.replicas.machines import fill_in, now

pytestmark = [pytest.mark.slow, pytest.mark.kill]

SITE = "https://localhost"
OPERATING = (PROJECT / "docs" / "operating.md").read_text("utf-8")


class Stack:
    """The services of compose.yaml, with settings in a folder of this test."""

    def __init__(self, engine: Engine, etc: Path) -> None:
        self.engine = engine
        self.environ = {"SITE_ADDRESS": "localhost", "TENDERBELL_ETC": str(etc), "COMPOSE_PROJECT_NAME": "tenderbell"}

    def compose(self, *words: str) -> str:
        """Do what `docker compose WORDS` would."""
        return self.engine.run((os.environ["TEST_COMPOSE"], *words), environ=self.environ)

    def tenderbell(self, *words: str) -> str:
        return self.engine.podman("exec", "tenderbell_tenderbell_1", "tenderbell", *words)

    def up(self) -> None:
        self.compose("up", "--detach", "--no-build")
        wait_for(self.is_healthy, lambda: self.engine.podman("logs", "tenderbell_tenderbell_1", check=False))

    def is_healthy(self) -> bool:
        try:
            return httpx.get(f"{SITE}/health", verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def harvest(self, saved: Path) -> None:
        self.engine.podman("cp", str(saved), f"tenderbell_tenderbell_1:/data/{saved.name}")
        assert "0 unreadable" in self.tenderbell("harvest", "find-a-tender", "--from", f"/data/{saved.name}")


@pytest.fixture
def stack(engine: Engine, tmp_path: Path) -> Iterator[Stack]:
    if reason := missing("caddy", os.environ.get("TEST_COMPOSE", "TEST_COMPOSE")):
        pytest.skip(reason)
    engine.build_proxy()
    etc = tmp_path / "etc"
    etc.mkdir()
    settings = (PROJECT / "packaging" / "tenderbell.env").read_text("utf-8")
    settings = settings.replace("=gloucestershire", "=/etc/tenderbell/edition.toml")
    (etc / "tenderbell.env").write_text(settings.replace("https://tenders.example.org", SITE), "utf-8")
    edition = (PROJECT / "schedules" / "gloucestershire.toml").read_text("utf-8")
    edition = re.sub(r"^enabled = .*\n", "", edition, flags=re.MULTILINE)
    edition = re.sub(r"^\[\[source\]\]\n", "[[source]]\nenabled = false\n", edition, flags=re.MULTILINE)
    (etc / "edition.toml").write_text(edition, "utf-8")
    found = Stack(engine, etc)
    yield found
    found.compose("down", "--volumes")


def test_it_goes_from_nothing_to_a_healthy_site_and_comes_back_from_its_replica(stack: Stack, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.environ["TENDERBELL_NOW"] = now().isoformat()
    stack.up()
    stack.harvest(shell.saved(1))
    stack.tenderbell("compile")
    with httpx.Client(verify=False, headers={"origin": SITE}) as visitor:
        asked = {"search": "stage=open", "frequency": "instant", "email": "ann@example.org"}
        sent = fill_in(visitor, f"{SITE}/alerts/new?stage=open", **asked)
        assert sent.status_code == 200
        stack.tenderbell("send")
        letters = stack.engine.podman("exec", "tenderbell_tenderbell_1", "sh", "-c", "cat /data/mail/*.eml")
        link = re.search(rf"{SITE}/confirm/\S+", letters.replace("=\n", ""))
        assert link
        assert fill_in(visitor, link[0]).status_code == 200
    stack.harvest(shell.saved(2))
    stack.tenderbell("compile")
    stack.tenderbell("match")
    before = known(stack)
    assert "1 subscribers" in before[0]
    wait_for(lambda: "arrived" in stack.engine.podman("exec", "tenderbell_replica_1", *ARRIVED), "the copy")

    for name in ("tenderbell_tenderbell_1", "tenderbell_replica_1"):
        stack.engine.podman("kill", "--signal", "KILL", name)
    stack.compose("down")
    stack.engine.podman("volume", "rm", "tenderbell_data")
    stack.compose(*recovering())
    stack.up()
    assert known(stack) == before


ARRIVED = ("python", "-c", """
import json, time
from pathlib import Path
asked, state = time.time(), Path("/data/replicating/state.json")
while time.time() < asked + 60:
    if state.exists() and state.stat().st_mtime > asked + 1 and not json.loads(state.read_text()).get("failing_since"):
        print("arrived")
        break
    time.sleep(0.2)
""")  # fmt: skip
"""What waits until a copy has been confirmed that began after now."""


def recovering() -> list[str]:
    """Return the words behind `docker compose` in the guide that bring the databases back."""
    lines = re.findall(r"^sudo docker compose (.* recover)$", OPERATING, re.MULTILINE)
    assert len(lines) == 1
    return shlex.split(lines[0])


def known(stack: Stack) -> tuple[str, list[str], set[int]]:
    """Return whom the site knows, what it shows, and what its pages answer."""
    status = stack.engine.podman("exec", "tenderbell_tenderbell_1", "tenderbell", "status", check=False)
    people = re.search(r"^Private .*", status, re.MULTILINE)
    assert people
    with httpx.Client(verify=False, base_url=SITE, timeout=60) as visitor:
        ids = sorted(one["id"] for one in visitor.get("/opportunities.json").json()["opportunities"])
        answers = {visitor.get(f"/opportunities/{id}").status_code for id in ids}
    return people[0], ids, answers
