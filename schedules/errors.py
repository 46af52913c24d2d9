"""What can go wrong when the long-running work starts."""

from tenderbell.errors import TenderbellError


class AddressInUse(TenderbellError):
    """The site cannot listen where it was told to."""
