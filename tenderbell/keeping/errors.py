"""What can go wrong with backups, one exception for each cause."""

from tenderbell.errors import TenderbellError


class NothingToCopy(TenderbellError):
    """There is no database yet."""


class NoRoom(TenderbellError):
    """The disk of the backups has too little room for another one."""


class DamagedCopy(TenderbellError):
    """A copy was written and does not hold what it must: the database itself is damaged, or the disk is."""


class NoBackup(TenderbellError):
    """The folder that was named is no backup and holds none."""


class BrokenBackup(TenderbellError):
    """A backup is not what its manifest says, or not one of this edition."""


class InTheWay(TenderbellError):
    """A file is there that a restored one would overwrite."""


class HalfRestored(TenderbellError):
    """A restore was cut short, and has to be finished before anything else."""
