"""What stands behind a benchmark's name reaches it."""

import pytest

from tests.benchmarks.__main__ import asked

KNOWN = ("costs", "memory_films", "shots", "stylize")


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        ("costs 20", [("costs", ["20"])]),
        ("costs 20 shots", [("costs", ["20"]), ("shots", [])]),
        ("memory_films stylize", [("memory_films", []), ("stylize", [])]),
        ("memory_films -- stylize", [("memory_films", ["stylize"])]),
        ("", [(name, []) for name in KNOWN]),
    ],
)
def test_words_go_to_the_benchmark_before_them(words, runs):
    assert asked(words.split(), KNOWN) == runs


def test_a_word_before_any_benchmark_is_refused():
    with pytest.raises(SystemExit, match="No benchmark is called cots"):
        asked(["cots", "20"], KNOWN)
