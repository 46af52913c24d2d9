"""Secrets: from the environment, or from files that nobody but their owner may open.

`NAME_FILE` names the file that holds the value of `NAME`, as container and systemd secrets do: what is in the
environment can be read by whoever may look at a process, and stands in its unit or compose file.
"""

from collections.abc import Mapping
from pathlib import Path

from tenderbell.errors import SettingError

FOR_OTHERS = 0o077
"""The bits of a file's mode that let somebody besides its owner do something with it."""

LARGEST = 64 * 1024


def secret(environ: Mapping[str, str], name: str) -> str | None:
    """Return the value of the variable `name`, or the first line of the file that `name`_FILE names; None without both.

    Raises SettingError when both are set, and for a file that cannot be read, is empty, or may be opened by others.
    """
    path = environ.get(f"{name}_FILE")
    if not path:
        return environ.get(name) or None
    if environ.get(name):
        raise SettingError(f"Both {name} and {name}_FILE are set; keep one of them.")
    return _first_line(Path(path), f"{name}_FILE")


def is_exposed(path: Path) -> bool:
    """Return whether anybody but its owner may read, change or run a file. Raises OSError when there is none."""
    return bool(path.stat().st_mode & FOR_OTHERS)


def _first_line(path: Path, name: str) -> str:
    try:
        if is_exposed(path):
            raise SettingError(f"{name}: {path} may be opened by others. Run `chmod 600 {path}`.")
        with path.open(encoding="utf-8") as file:
            line = file.read(LARGEST).partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise SettingError(f"{name}: {path} cannot be read: {reason}.") from None
    if not line:
        raise SettingError(f"{name}: {path} is empty; its first line is the value.")
    return line
