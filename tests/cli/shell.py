"""The command line as somebody would type it."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from schedules import samples
from tenderbell.cli import cli
from tenderbell.settings import Settings

NOW = "2026-11-22T09:00:00+00:00"


class Shell:
    """Types commands with settings of its own. The clock stands still at `NOW`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {"TENDERBELL_DATA": str(folder / "data"), "TENDERBELL_NOW": NOW}

    @property
    def settings(self) -> Settings:
        return Settings.read(self.environ)

    def type(self, *words: str, **environ: str) -> Result:
        """Type `tenderbell WORDS` and return what happened. Errors that the program does not know are raised."""
        result = CliRunner(env={**self.environ, **environ}).invoke(cli, words, prog_name="tenderbell")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *words: str, code: int = 0) -> Any:
        """Type a command with `--json` and return what it printed."""
        result = self.type(*words, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def saved(self, portion: int = 1) -> Path:
        """Return a file with the sample releases of a portion, as Find a Tender would have sent them."""
        found = [item for item in samples.releases(self.settings.clock(), portion) if isinstance(item, dict)]
        path = self.folder / f"portion-{portion}.json"
        path.write_text(json.dumps({"releases": found}))
        return path

    def stock(self) -> "Shell":
        """Harvest and compile the sample releases."""
        assert self.type("harvest", "find-a-tender", "--from", str(self.saved())).exit_code == 0
        assert self.type("compile").exit_code == 0
        return self
