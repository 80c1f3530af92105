"""Progress: a bar for somebody who watches, lines for a log."""

import os
import pty
import subprocess
import sys

PROGRAM = """
from chartkeep.lib.progress import tracked
print(sum(tracked(range(20), what="Records", total=20)))
"""


def test_says_lines_where_nobody_watches():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "190\n"
    lines = done.stderr.splitlines()
    assert lines[0] == "Records: 2 of 20"
    assert lines[-1] == "Records: 20 of 20"
    assert len(lines) == 10
    assert "\x1b" not in done.stderr


def test_draws_a_bar_on_a_terminal():
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=theirs, env=environment, check=True
    )
    os.close(theirs)
    drawn = os.read(ours, 65_536).decode()
    os.close(ours)
    assert done.stdout == b"190\n"
    assert "20/20" in drawn
    assert "━" in drawn
    assert "Records: " not in drawn
