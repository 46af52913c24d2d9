"""One exception for each cause. Every message says what happened and what to do."""


class TenderbellError(Exception):
    """The parent of every error that Tenderbell raises on purpose; its text may be shown to the operator."""


class SettingError(TenderbellError):
    """An environment variable or a TOML file holds something that cannot be used."""


class UnknownSource(TenderbellError):
    """A source id was named that the edition does not have."""


class SchemaTooNew(TenderbellError):
    """A database was written by a newer Tenderbell than this one."""


class UnreadableNotice(TenderbellError):
    """A spider's `read` could not understand one notice. The archive keeps it, with this message as the reason."""


class BrokenResponse(TenderbellError):
    """A source answered with something that it does not promise: an error page, a login form, half a document."""


class ChangedMarkup(BrokenResponse):
    """A page is the one that was asked for, but what its spider looks for is no longer there."""


class AlreadyRunning(TenderbellError):
    """Another process holds the lock on this data folder."""


class BrokenReferences(TenderbellError):
    """A change of a database's schema would leave rows that refer to nothing. Restore a backup, and tell the
    developers."""


class EmptyDatabase(TenderbellError):
    """A database file is there and holds nothing, not even a schema."""


class DatabaseGone(TenderbellError):
    """A database file has disappeared from a data folder in use, and an empty one must not take its place."""


class TooManyRequests(TenderbellError):
    """One network has posted more forms within the hour than people do. The site answers it with 429."""
