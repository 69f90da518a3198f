"""Freed memory stays while films are made, and is given back after.

In a process of its own: what other tests left on the heap decides how many pages are taken anew.
"""

import json
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
BLOCK = 8 << 20
ROUNDS = 20

WORK = """
import json, resource, sys
import numpy as np, psutil
from studio.media.kept_memory import memory_kept

block, rounds = int(sys.argv[1]), int(sys.argv[2])

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        pair = [np.ones(block, np.uint8) for _ in range(3)]
        del pair
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

process = psutil.Process()
usual = faults()
with memory_kept():
    faults()
    with memory_kept():  # a second render within the first ends nothing
        pass
    kept = faults()
    held = process.memory_info().rss
print(json.dumps([usual, kept, held - process.memory_info().rss, faults()]))
"""


def test_pages_are_used_again_and_then_given_back():
    command = [sys.executable, "-c", WORK, str(BLOCK), str(ROUNDS)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    usual, kept, given_back, after = json.loads(said.stdout)
    assert usual > 1000  # far fewer than pages where the system gives large ones
    assert kept < usual / 10
    assert given_back > 2 * BLOCK
    assert after > usual / 2, "as before"
