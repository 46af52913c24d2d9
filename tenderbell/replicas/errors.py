"""What can go wrong with copies on other machines, one exception for each cause."""

from tenderbell.errors import TenderbellError


class NoTarget(TenderbellError):
    """TENDERBELL_REPLICA is not set, and the command needs it."""


class NoWriter(TenderbellError):
    """TENDERBELL_WRITER is not set, and the command needs it."""


class IsReplica(TenderbellError):
    """The command writes databases, and this machine only follows another."""


class NoLitestream(TenderbellError):
    """The program that copies is not installed."""


class Unreachable(TenderbellError):
    """The target could not be asked, or has not what was asked for."""


class NothingThere(TenderbellError):
    """The target was reached and holds no copy."""


class WriterSilent(TenderbellError):
    """The writer did not answer a request that was passed on to it."""
