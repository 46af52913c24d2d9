"""What comes back by mail: reports, complaints, leaving by mail, and everything else that anybody sends."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alerts import complaints, delivery_reports, incoming_mail, returns
from alerts.returns import Handled
from tenderbell.private import open_private
from tests.fuzz.promises import promise
from tests.fuzz.targets.target import Check, Target
from tests.site.world import NOW

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "bounces"


def targets() -> Iterator[Target]:
    """Yield the target of returned mail."""
    said = "no mail raises; none that cannot prove which message it is about changes anything"
    yield Target("returned-mail", said, seeds, ready)


def seeds() -> Iterator[bytes]:
    """Yield the hand-written reports, with the words between @ signs as forgers would fill them in."""
    for path in sorted(FIXTURES.glob("*.eml")):
        content = path.read_bytes()
        for word, value in ((b"@VERP@", b"bounces+1-aaaaaaaa@tenderbell.test"), (b"@NUMBER@", b"1"),
                            (b"@MESSAGE_ID@", b"<1@tenderbell.test>"), (b"@ADDRESS@", b"ann@example.org"),
                            (b"@TOKEN@", b"a1-aaaaaaaaaaaaaaaaaaaaaaaaaa")):  # fmt: skip
            content = content.replace(word, value)
        yield content


@contextmanager
def ready() -> Iterator[Check]:
    """Give what reads a message and acts on it, on a `private.db` with a subscriber whom nobody may touch."""
    with tempfile.TemporaryDirectory() as folder, closing(open_private(Path(folder) / "private.db")) as db:
        db.execute("insert into subscriber values (1, 'ann@example.org', 'ann@example.org', 1, '2026-01-01T00:00:00Z')")
        before = db.total_changes

        def check(data: bytes) -> None:
            incoming = incoming_mail.read(data)
            complaints.feedback(incoming)
            for failure in delivery_reports.failures(incoming):
                promise(failure.status[:2] in ("4.", "5.", "2."), f"No status of a failure: {failure.status!r}")
            for recipient in (None, data[:80].decode("latin-1")):
                handled = returns.handle(db, data, NOW, recipient=recipient)
                promise(handled is Handled.IGNORED, f"A forged message counts as {handled}")
            promise(db.total_changes == before, "A forged message changes something")

        yield check
