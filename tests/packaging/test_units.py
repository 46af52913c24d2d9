"""From nothing to a healthy site by the units' own commands, behind a real Caddy with TLS; and it ends cleanly."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tenderbell.edition import load_edition
from tenderbell.settings import PROJECT, Settings
from tests.packaging.units import PACKAGING, environment, running, unit, wait_for

UNITS = ("tenderbell.service", "tenderbell-replica.service")


def unused_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """/etc/tenderbell, as the guide fills it, for a machine without a network: its sources are switched off."""
    folder = tmp_path / "etc"
    (folder / "secrets").mkdir(parents=True, mode=0o700)
    edition = (PROJECT / "schedules" / "gloucestershire.toml").read_text("utf-8")
    head, *sources = edition.split("[[source]]")
    quiet = [
        source if "enabled = false" in source else source.replace("\n", "\nenabled = false\n", 1)
        for source in sources[:-1]
    ]
    (folder / "edition.toml").write_text("[[source]]".join([head, *quiet, sources[-1]]), "utf-8")
    written = (PACKAGING / "tenderbell.env").read_text("utf-8")
    written = written.replace("=gloucestershire", f"={folder}/edition.toml")
    written = written.replace("#TENDERBELL_MAIL_FILE=/etc/tenderbell", f"TENDERBELL_MAIL_FILE={folder}")
    (folder / "tenderbell.env").write_text(written, "utf-8")
    (folder / "secrets" / "mail").write_text(f"folder:{tmp_path / 'mail'}\n", "utf-8")
    (folder / "secrets" / "mail").chmod(0o400)
    return folder


@contextmanager
def caddy(folder: Path, upstream: str) -> Iterator[str]:
    """Run the shipped Caddyfile with a certificate of Caddy's own, and yield the site's address."""
    program = shutil.which("caddy")
    if program is None:
        warnings.warn("Caddy is not installed: the proxy is not tried (apt-get install caddy).", stacklevel=1)
        pytest.skip("needs Debian's caddy")
    https = unused_port()
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
        "CADDY_ADMIN": "off", "HTTP_PORT": str(unused_port()), "HTTPS_PORT": str(https), "SITE_ADDRESS": "localhost",
        "TENDERBELL": upstream,
    }  # fmt: skip
    log = (folder / "caddy.log").open("w")
    process = subprocess.Popen(
        [program, "run", "--config", str(PACKAGING / "Caddyfile"), "--adapter", "caddyfile"],
        env=environ, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        yield f"https://localhost:{https}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def is_healthy(browser: httpx.Client) -> bool:
    try:
        return browser.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def post(address: str, authority: ssl.SSLContext, source: str) -> int:
    """Ask for a link from one of this machine's addresses, and return the status."""
    transport = httpx.HTTPTransport(local_address=source, verify=authority)
    with httpx.Client(base_url=address, transport=transport) as browser:
        page = browser.get("/manage").text
        token = re.search(r'name="csrftoken" value="([^"]+)"', page)
        assert token
        return browser.post("/manage", data={"csrftoken": token[1], "email": "ann@village.example"}).status_code


def test_a_fresh_machine_becomes_a_healthy_site_with_tls_that_counts_people_and_ends_cleanly(
    etc: Path, tmp_path: Path
) -> None:
    port = unused_port()
    with caddy(tmp_path, f"127.0.0.1:{port}") as address:
        environ = environment("tenderbell.service", etc, tmp_path / "live")
        environ |= {"TENDERBELL_PORT": str(port), "TENDERBELL_URL": address}
        root = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        with running("tenderbell.service", environ):
            wait_for(root.exists, (tmp_path / "caddy.log").read_text)
            authority = ssl.create_default_context(cafile=str(root))
            with httpx.Client(base_url=address, verify=authority) as browser:
                wait_for(lambda: is_healthy(browser), (tmp_path / "caddy.log").read_text)
                assert "Gloucestershire" in browser.get("/").text
            assert {post(address, authority, "127.0.0.2") for _ in range(20)} == {200}
            assert post(address, authority, "127.0.0.2") == 429
            assert post(address, authority, "127.0.0.3") == 200


def test_both_units_read_the_same_settings_and_run_the_command(etc: Path, tmp_path: Path) -> None:
    first, second = (environment(name, etc, tmp_path) for name in UNITS)
    assert first == second
    settings = Settings.read(first)
    assert (settings.mail, settings.proxies) == (f"folder:{tmp_path / 'mail'}", ("127.0.0.1",))
    assert load_edition(settings.edition_name).area == "gloucestershire"


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_what_systemd_understands_and_confines(name: str, tmp_path: Path) -> None:
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        warnings.warn("systemd-analyze is not installed: the units are not read by it.", stacklevel=1)
        pytest.skip("needs systemd")
    copied = tmp_path / name
    text = (PACKAGING / "systemd" / name).read_text("utf-8")
    copied.write_text(text.replace("/opt/tenderbell/.venv/bin/tenderbell", "/bin/true"), "utf-8")
    verified = subprocess.run([analyse, "verify", str(copied)], capture_output=True, text=True, timeout=60)
    assert verified.returncode == 0, verified.stderr
    assert "Unknown" not in verified.stderr
    judged = subprocess.run(
        [analyse, "security", "--offline=true", "--threshold=20", str(copied)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout[-300:]


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_gives_the_program_longer_to_end_than_it_takes(name: str) -> None:
    assert int(unit(name)["Service"]["TimeoutStopSec"]) >= 20
    assert unit(name)["Service"]["Restart"] == "always"
