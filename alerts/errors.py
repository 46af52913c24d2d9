"""Why a form's wish was not carried out. The messages are shown to the person who filled it in."""

from tenderbell.errors import TenderbellError


class AddressRefused(TenderbellError):
    """What was typed is not an address that e-mail can be sent to."""


class TooManyRequests(TenderbellError):
    """One network has posted more forms within the hour than people do."""


class MailSettingError(TenderbellError):
    """TENDERBELL_MAIL names a mail server or folder that cannot be used."""
