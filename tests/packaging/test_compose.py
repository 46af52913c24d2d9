"""compose.yaml and Dockerfile confine what they run, and start what the units start, from the same settings."""

import ipaddress
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tenderbell.settings import PROJECT, SECRETS, SETTINGS, Settings
from tests.packaging.units import PACKAGING, unit

COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text("utf-8"))
DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")
GUIDE = (PROJECT / "docs" / "first-run.md").read_text("utf-8")
SERVICES: dict[str, Any] = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["restart"] == "unless-stopped"


def test_containers_and_units_run_the_same_commands() -> None:
    units = {
        unit(name)["Service"]["ExecStart"].split()[-1] for name in ("tenderbell.service", "tenderbell-replica.service")
    }
    assert units == {SERVICES["tenderbell"]["command"], SERVICES["replica"]["command"]} == {"run", "replicate"}
    assert SERVICES["tenderbell"]["env_file"].endswith("/tenderbell.env")


def test_the_site_believes_its_proxy_and_nobody_else() -> None:
    proxy = SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
    assert SERVICES["tenderbell"]["environment"]["TENDERBELL_PROXIES"] == proxy
    assert "ports" not in SERVICES["tenderbell"]


def test_no_service_can_be_given_the_address_of_another() -> None:
    addresses = [service["networks"]["inside"]["ipv4_address"] for service in SERVICES.values()]
    assert len(set(addresses)) == len(SERVICES) == 3
    subnet = ipaddress.ip_network(COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"])
    assert all(ipaddress.ip_address(address) in subnet for address in addresses)


def test_only_one_volume_is_written_by_the_site() -> None:
    written = [volume for volume in SERVICES["tenderbell"]["volumes"] if not volume.endswith(":ro")]
    assert written == ["data:/data"]
    assert SERVICES["tenderbell"]["environment"]["TENDERBELL_DATA"] == "/data"


def test_a_replica_elsewhere_takes_the_place_of_the_volume_as_the_guide_says(tmp_path: Path) -> None:
    given = SERVICES["replica"]["environment"]["TENDERBELL_REPLICA"]
    assert given == "${TENDERBELL_REPLICA-file:///replica}", "only an empty value in .env lets the file count"
    secret = tmp_path / "replica"
    secret.write_text("sftp://bell:pw@backup.example:22/bell\n", "utf-8")
    secret.chmod(0o400)
    environ = {"TENDERBELL_REPLICA": "", "TENDERBELL_REPLICA_FILE": str(secret)}
    assert Settings.read(environ).replica == "sftp://bell:pw@backup.example:22/bell"
    assert "`echo TENDERBELL_REPLICA= | sudo tee -a .env`" in GUIDE


def test_the_folders_of_volumes_belong_to_the_images_user() -> None:
    """With Docker a fresh volume takes the owner of the folder in the image that it covers, else it is root's."""
    written = {volume.split(":")[1] for volume in SERVICES["replica"]["volumes"] if not volume.endswith(":ro")}
    made = re.search(r"install -d -o 10001 -g 10001 -m 700 (.+)$", DOCKERFILE, re.MULTILINE)
    assert made
    assert written == set(made[1].split())


def test_no_line_of_the_guide_needs_a_shell_that_may_look_into_the_secrets() -> None:
    """The technician's own shell expands a star before sudo begins, and that folder is root's alone."""
    lines = re.findall(r"^sudo .*secrets.*$", GUIDE, re.MULTILINE)
    assert lines
    assert not [line for line in lines if "*" in line]


def test_the_image_runs_as_nobody_special_from_hashed_requirements_and_says_how_it_is() -> None:
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes -r requirements.txt" in DOCKERFILE
    assert re.search(r"^HEALTHCHECK .*\n +CMD .*/health", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.index("USER 10001") < DOCKERFILE.index("ENTRYPOINT")


def test_the_example_of_settings_names_only_settings_and_keeps_secrets_in_files() -> None:
    text = (PACKAGING / "tenderbell.env").read_text("utf-8")
    named = set(re.findall(r"^#?(TENDERBELL_[A-Z_]+)=", text, re.MULTILINE))
    assert {name.removesuffix("_FILE") for name in named} <= set(SETTINGS)
    assert named & set(SECRETS) == set()
    assert {name for name in named if name.endswith("_FILE")} <= {f"{name}_FILE" for name in SECRETS}
