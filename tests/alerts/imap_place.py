"""A real IMAP server (Twisted's) with one folder, in a process of its own: `python imap_place.py FOLDER CERTIFICATE`.

FOLDER holds the messages, one a file; a message that was marked as seen has a file NAME.seen beside it. The port is
printed on the first line.
"""

import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import endpoints, protocol, reactor
from twisted.mail import imap4
from zope.interface import implementer

USER, PASSWORD, FOLDER = "bell@bounces.example", "pass/word @1", "Came back"


@implementer(imap4.IMessage, imap4.IMessageFile)
class Item:
    def __init__(self, uid: int, path: Path) -> None:
        self.uid, self.path, self.mark = uid, path, path.with_suffix(".seen")

    def getUID(self) -> int:  # noqa: N802
        return self.uid

    def getFlags(self) -> list[str]:  # noqa: N802
        return [r"\Seen"] if self.mark.exists() else []

    def getSize(self) -> int:  # noqa: N802
        return self.path.stat().st_size

    def open(self) -> BytesIO:
        return BytesIO(self.path.read_bytes())


@implementer(imap4.IMailbox)
class Box:
    def __init__(self, folder: Path) -> None:
        self.items = [Item(10 + number, path) for number, path in enumerate(sorted(folder.glob("*.eml")))]

    def getUIDValidity(self) -> int:  # noqa: N802
        return 1

    def getUIDNext(self) -> int:  # noqa: N802
        return 10 + len(self.items)

    def getUID(self, number: int) -> int:  # noqa: N802
        return self.items[number - 1].uid

    def getMessageCount(self) -> int:  # noqa: N802
        return len(self.items)

    def getRecentCount(self) -> int:  # noqa: N802
        return 0

    def getFlags(self) -> list[str]:  # noqa: N802
        return [r"\Seen"]

    def getHierarchicalDelimiter(self) -> str:  # noqa: N802
        return "/"

    def isWriteable(self) -> bool:  # noqa: N802
        return True

    def addListener(self, listener: Any) -> None:  # noqa: N802
        """Nothing is ever announced."""

    removeListener = addListener  # noqa: N815

    def fetch(self, messages: Any, uid: bool) -> list[tuple[int, Item]]:
        return list(self._named(messages, uid))

    def store(self, messages: Any, flags: Any, mode: int, uid: bool) -> dict[int, list[str]]:
        assert mode == 1, "flags are only added"
        found = list(self._named(messages, uid))
        for _, item in found:
            item.mark.touch()
        return {number: item.getFlags() for number, item in found}

    def _named(self, messages: Any, uid: bool) -> Any:
        messages.last = self.getUIDNext() if uid else len(self.items)
        for number, item in enumerate(self.items, 1):
            if (item.uid if uid else number) in messages:
                yield number, item


class Account:
    def __init__(self, box: Box) -> None:
        self.box = box

    def select(self, name: str, rw: bool = True) -> Box | None:
        return self.box if name == FOLDER else None


class Realm:
    def __init__(self, box: Box) -> None:
        self.box = box

    def requestAvatar(self, name: Any, mind: Any, *interfaces: Any) -> Any:  # noqa: N802
        return imap4.IAccount, Account(self.box), lambda: None


class Factory(protocol.Factory):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        users = InMemoryUsernamePasswordDatabaseDontUse()
        users.addUser(USER.encode(), PASSWORD.encode())
        server = imap4.IMAP4Server()
        server.portal = Portal(Realm(Box(self.folder)), [users])
        server.factory = self
        return server


def serve(folder: Path, certificate: Path) -> None:
    address = f"ssl:0:interface=127.0.0.1:privateKey={certificate}:certKey={certificate}"
    opened = endpoints.serverFromString(reactor, address).listen(Factory(folder))
    opened.addCallback(lambda port: print(port.getHost().port, flush=True))
    reactor.run()  # type: ignore[attr-defined]


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
