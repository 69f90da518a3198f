"""Freed memory stays while films are made, and is given back after."""

import platform
import resource

import numpy as np
import psutil
import pytest

from studio.media.kept_memory import memory_kept

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
BLOCK = 8 << 20


def faults():
    """Page faults of making and dropping arrays like those of pictures."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        pair = [np.ones(BLOCK, np.uint8) for _ in range(3)]
        del pair
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_pages_are_used_again_and_then_given_back():
    process = psutil.Process()
    with memory_kept():
        faults()
        with memory_kept():  # a second render within the first ends nothing
            pass
        assert faults() < 20 * 3 * BLOCK / 4096 / 10
        held = process.memory_info().rss
    assert process.memory_info().rss < held - 2 * BLOCK
