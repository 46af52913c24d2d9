"""Why a form's wish was not carried out. The messages are shown to the person who filled it in."""

from tenderbell.errors import SettingError, TenderbellError


class AddressRefused(TenderbellError):
    """What was typed is not an address that e-mail can be sent to."""


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


class SigningKeyError(TenderbellError):
    """E-mails cannot be signed with what TENDERBELL_DKIM names: the parent of its causes."""


class SigningKeyUnnamed(SigningKeyError):
    """TENDERBELL_DKIM does not say under which selector, or in which file, the key is."""


class SigningKeyMissing(SigningKeyError):
    """There is no file where TENDERBELL_DKIM says that the key is."""


class SigningKeyUnreadable(SigningKeyError):
    """The file of the key exists, and this process may not read it."""


class SigningKeyExposed(SigningKeyError):
    """The file of the key may be read by others than its owner."""


class SigningKeyUnusable(SigningKeyError):
    """The file holds no private key, or none that signatures can be made with."""


class BouncesSettingError(SettingError):
    """TENDERBELL_BOUNCES cannot be understood."""


class MailboxUnusable(TenderbellError):
    """The mailbox in which bounces wait cannot be read."""


class NoSuchProfile(TenderbellError):
    """A profile was named by a number that is no living one's."""


class NothingPublished(TenderbellError):
    """Something is to be shown of `public.db` before the compiler has made it."""
