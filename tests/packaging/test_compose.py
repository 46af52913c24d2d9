"""compose.yaml and Dockerfile confine what they run, and start what the units start, from the same settings."""

import re
from typing import Any

import pytest
import yaml

from tenderbell.settings import PROJECT, SECRETS, SETTINGS
from tests.packaging.units import PACKAGING, unit

COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text("utf-8"))
DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")
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


def test_only_one_volume_is_written_by_the_site() -> None:
    written = [volume for volume in SERVICES["tenderbell"]["volumes"] if not volume.endswith(":ro")]
    assert written == ["data:/data"]
    assert SERVICES["tenderbell"]["environment"]["TENDERBELL_DATA"] == "/data"


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
