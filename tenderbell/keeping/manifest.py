"""The manifest: what a backup holds, as `manifest.json` in its folder. Written last, so without one it is none."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import msgspec

from tenderbell.keeping.errors import BrokenBackup, NoBackup

NAME = "manifest.json"
FORMAT = 1

NOT_IN_IT = (
    "Not in it: the settings, the edition and area files, the DKIM key, TLS certificates, and e-mails in the mail "
    "folder (their texts are in private.db for 30 days). Who left or signed up after this moment did so only in the "
    "database that was lost: after a restore, somebody who has left since is written to again."
)


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a backup. `as_of` is the instant from which on changes are missing; `schema` the migrations that had
    been applied, by set; `rows` counts each table; `cursors` are the positions of the steps that are kept in it, and
    `newest` the newest number that the file behind it follows."""

    name: str
    bytes: int
    sha256: str
    as_of: str
    schema: dict[str, list[str]]
    rows: dict[str, int]
    cursors: dict[str, int]
    newest: int | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. Instants are UTC stamps."""

    format: int = FORMAT
    edition: str
    made_at: str
    finished_at: str
    tenderbell: str = msgspec.field(default_factory=lambda: version("tenderbell"))
    sqlite: str
    files: tuple[Copied, ...]
    note: str = NOT_IN_IT

    @property
    def bytes(self) -> int:
        """The size of all its files."""
        return sum(file.bytes for file in self.files)

    def file(self, name: str) -> Copied | None:
        """Return what it says of one file, None when it has none of that name."""
        return next((file for file in self.files if file.name == name), None)


def write(manifest: Manifest, folder: Path) -> Path:
    """Write the manifest of a folder and return its path."""
    path = folder / NAME
    path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    return path


def read(folder: Path) -> Manifest:
    """Return the manifest of a folder. Raises NoBackup when it has none, BrokenBackup when it cannot be understood."""
    try:
        content = (folder / NAME).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NoBackup(f"{folder} is no backup: it holds no {NAME}.") from None
    try:
        found = msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BrokenBackup(f"The manifest of {folder} cannot be read ({error}). Take another backup.") from None
    if found.format > FORMAT:
        raise BrokenBackup(f"{folder} was made by a newer Tenderbell ({found.tenderbell}). Upgrade this program.")
    return found


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
