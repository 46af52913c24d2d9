"""`python -m tests.fuzz`: run targets for a time each; what breaks a promise is written down and the exit code is 1."""

import hashlib
import sys
import time
from pathlib import Path

import click

from tests.fuzz.running import Run, run
from tests.fuzz.targets import by_name, targets


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long each target is run.")
@click.option("--target", "names", multiple=True, help="Only this target, or those that begin so with a final *.")
@click.option("--seed", default=None, type=int, help="Where chance begins. Default: anew each time.")
@click.option(
    "--found", default="artefacts/fuzz", show_default=True, help="The folder for inputs that broke a promise."
)
@click.option("--list", "only_list", is_flag=True, help="List the targets.")
def main(seconds: float, names: tuple[str, ...], seed: int | None, found: str, only_list: bool) -> None:
    """Look for inputs that break a promise."""
    chosen = [one for name in names for one in by_name(name)] or list(targets())
    if only_list:
        click.echo("\n".join(f"{one.name:32} {one.promises}" for one in chosen))
        return
    seed = time.time_ns() % 2**32 if seed is None else seed
    click.echo(f"Seed {seed}.")
    broken = [_shown(run(one, seconds, seed), Path(found)) for one in chosen]
    sys.exit(1 if any(broken) else 0)


def _shown(done: Run, folder: Path) -> bool:
    click.echo(f"{done.target:32} {done.inputs:8} inputs {done.lines:6} lines {len(done.findings):3} broken")
    for finding in done.findings:
        name = hashlib.sha256(finding.data).hexdigest()[:12]
        path = folder / done.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(finding.data)
        click.echo(f"    {path}: {finding.fault}\n        {finding.data[:200]!r}")
    return bool(done.findings)


if __name__ == "__main__":
    main()
