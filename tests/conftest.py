"""What the tests of every room share."""

import os
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

PROJECT = Path(__file__).resolve().parent.parent
CORPUS = PROJECT.parent / "shared" / "corpus"

# A gate that says no must say it again: with CI set, examples are the same each time. Elsewhere they are new ones.
settings.register_profile(
    "tenderbell",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("tenderbell")

for name in [name for name in os.environ if name.startswith("TENDERBELL_")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of recorded responses; the test is skipped, loudly, on a machine that has none."""
    if not CORPUS.is_dir():
        warnings.warn(f"No recorded responses at {CORPUS}: the tests that read them are skipped.", stacklevel=1)
        pytest.skip(f"needs the recorded responses in {CORPUS}")
    return CORPUS
