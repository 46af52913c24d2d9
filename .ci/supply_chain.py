"""What we depend on: a bill of materials, and whether anything in it is known to be vulnerable.

    python3 .ci/supply_chain.py sbom     artefacts/sbom.cdx.json: CycloneDX, of what `make install` installs, validated
    python3 .ci/supply_chain.py audit    asks PyPI's advisories about each pinned version

The tools live in environments of their own below .tools/: what they bring (rich among it) must not come near the site.
Why it is done so, and what an audit that cannot be asked means: docs/decisions/2026-11-23-supply-chain.md.
"""

# ruff: noqa: S603 - what is run here stands in this file
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
TOOLS = PROJECT / ".tools"
BILL = PROJECT / "artefacts" / "sbom.cdx.json"
ANSWERS = PROJECT / "artefacts" / "audit.json"
VERSIONS = {"sbom": "cyclonedx-bom==7.5.0", "audit": "pip-audit==2.10.1"}
IGNORED = PROJECT / ".ci" / "ignored-advisories.toml"
"""Advisories that do not concern us: the id, and the reason with its date."""


def tool(name: str, program: str) -> Path:
    """Return a program of a tool, installed into an environment of its own when it is not there in this version."""
    home, wanted = TOOLS / name, VERSIONS[name]
    note = home / "installed"
    if not note.exists() or note.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check", wanted]
        subprocess.run(pip, check=True)
        note.write_text(wanted)
    return home / "bin" / program


def write_bill() -> int:
    """Write the bill of materials and say how many components and licences it names."""
    BILL.parent.mkdir(exist_ok=True)
    command = [tool("sbom", "cyclonedx-py"), "environment", "--pyproject", PROJECT / "pyproject.toml", "--sv", "1.6",
               "--mc-type", "application", "--output-reproducible", "--validate", "-o", BILL,
               PROJECT / ".venv"]  # fmt: skip
    subprocess.run([str(part) for part in command], check=True)
    bill = json.loads(BILL.read_text("utf-8"))
    components = bill["components"]
    unlicensed = sorted(one["name"] for one in components if not one.get("licenses"))
    print(f"{BILL.relative_to(PROJECT)}: {len(components)} components, CycloneDX {bill['specVersion']}, valid.")
    if unlicensed:
        print(f"No licence is stated by: {', '.join(unlicensed)}.")
    return 0


def audit() -> int:
    """Return 1 for a known vulnerability that is not ignored. That nobody could be asked is said, and is none."""
    ANSWERS.parent.mkdir(exist_ok=True)
    ANSWERS.unlink(missing_ok=True)
    command = [tool("audit", "pip-audit"), "-r", PROJECT / "requirements.txt", "--no-deps", "--disable-pip",
               "-f", "json", "-o", ANSWERS, "--progress-spinner", "off", "--timeout", "10"]  # fmt: skip
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)
    if not ANSWERS.exists():
        return unasked(ended.stderr.strip().splitlines()[-1:] or ["no answer"])
    answers = json.loads(ANSWERS.read_text("utf-8"))["dependencies"]
    skipped = [one["name"] for one in answers if "skip_reason" in one]
    known = vulnerable(answers, ignored())
    for line in known:
        print(line, file=sys.stderr)
    if skipped and not known:
        return unasked([f"{len(skipped)} of {len(answers)} packages had no answer"])
    print(f"{len(answers) - len(skipped)} packages were asked about; {len(known)} advisories concern us.")
    return 1 if known else 0


def vulnerable(answers: list[dict[str, Any]], ignored: dict[str, str]) -> list[str]:
    """Return a line for each advisory that is not ignored under any of its names."""
    return [
        f"{one['name']} {one['version']}: {found['id']} (mended in {', '.join(found['fix_versions']) or 'no version'})"
        for one in answers
        for found in one.get("vulns", [])
        if not {found["id"], *found.get("aliases", [])} & set(ignored)
    ]


def ignored() -> dict[str, str]:
    """Return the advisories that do not concern us, with the reasons."""
    return dict(tomllib.loads(IGNORED.read_text("utf-8")))


def unasked(why: list[str]) -> int:
    """Say loudly that nobody was asked."""
    print(
        f"AUDIT: THE ADVISORIES COULD NOT BE ASKED ({'; '.join(why)}). Nothing is known of this version.",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit({"sbom": write_bill, "audit": audit}[sys.argv[1]]())
