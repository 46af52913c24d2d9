"""The questions behind the figures of the report, for Datasette (`tenderbell.record.questions`)."""

from typing import Any

import msgspec
from datasette import hookimpl

from tenderbell.record.questions import QUESTIONS


@hookimpl
def canned_queries(database: str) -> dict[str, dict[str, Any]]:
    """Return the questions that can be asked of the record, beside those of `metadata.yaml`."""
    if database != "public":
        return {}
    return {name: {**msgspec.structs.asdict(one), "params": list(one.params)} for name, one in QUESTIONS.items()}
