import signal
import subprocess
import sys
from pathlib import Path

import pytest

from schedules.lock import hold
from tenderbell.errors import AlreadyRunning

HOLDER = """
import sys, pathlib
from schedules.lock import hold
with hold(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(data: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_scheduler_on_one_folder_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        with pytest.raises(AlreadyRunning, match=rf"process {first.pid}\).*TENDERBELL_DATA"), hold(tmp_path):
            pass
        first.communicate()


def test_another_folder_is_another_lock(tmp_path: Path) -> None:
    with hold(tmp_path / "one"), hold(tmp_path / "two"):
        pass


def test_a_lock_ends_with_its_process_even_when_that_is_killed(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
    with hold(tmp_path):
        pass
