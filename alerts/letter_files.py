"""The files in which a mail folder keeps e-mails, when there is no mail server: which are ours, and deleting them."""

import re
from collections.abc import Callable, Collection

from alerts.mailer import mail_folder

_FILE = re.compile(r"(\d{6,})-[0-9a-f]{12}\.eml", re.ASCII)


def delete(mail: str, numbers: Collection[int]) -> int:
    """Delete the files of the messages with these numbers from the folder that `mail` (TENDERBELL_MAIL) names; return
    how many there were."""
    return _delete(mail, lambda number: number in numbers)


def delete_others(mail: str, numbers: Collection[int]) -> int:
    """Delete the files of all messages but these. Files that no mailer of ours wrote stay."""
    return _delete(mail, lambda number: number not in numbers)


def _delete(mail: str, is_unwanted: Callable[[int], bool]) -> int:
    folder = mail_folder(mail)
    if folder is None:
        return 0
    found = [(path, _FILE.fullmatch(path.name)) for path in folder.glob("*.eml")]
    unwanted = [path for path, name in found if name and is_unwanted(int(name[1]))]
    for path in unwanted:
        path.unlink(missing_ok=True)
    return len(unwanted)
