import re
from datetime import date
from pathlib import Path

import pytest

DECISIONS = Path(__file__).resolve().parent.parent.parent / "docs" / "decisions"


@pytest.mark.parametrize("path", sorted(DECISIONS.glob("*")), ids=lambda path: path.name)
def test_a_decision_has_a_date_a_title_and_no_more_than_a_page(path: Path) -> None:
    name = re.fullmatch(r"(\d{4}-\d\d-\d\d)-[a-z0-9-]+\.md", path.name)
    assert name
    date.fromisoformat(name[1])
    text = path.read_text("utf-8")
    assert re.match(r"# [`A-Z].+\n\n", text)
    assert len(text.split()) <= 400
