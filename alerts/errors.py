"""Why a form's wish was not carried out. The messages are shown to the person who filled it in."""

from tenderbell.errors import TenderbellError


class AddressRefused(TenderbellError):
    """What was typed is not an address that e-mail can be sent to."""


class TooManyRequests(TenderbellError):
    """One network has posted more forms within the hour than people do."""


class MailSettingError(TenderbellError):
    """TENDERBELL_MAIL names a mail server or folder that cannot be used."""


class ReportRefused(TenderbellError):
    """A report says too little to be looked into: `field` is the field of the form that has to be changed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class AdvertRefused(TenderbellError):
    """An advert cannot be kept, sent or changed as its writer wished."""


class ReplyRefused(TenderbellError):
    """A reply on a commissioner's page cannot be kept as its writer wished."""


class AlreadyDecided(TenderbellError):
    """The operator decides about something that is decided, or has changed since they looked at it."""


class BodyNotNamed(TenderbellError):
    """The operator accepts an address without saying for which body of the area it speaks."""


class NoSuchMatter(TenderbellError):
    """A matter was named that does not exist."""
