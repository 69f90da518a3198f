"""``python -m tests.benchmarks [NAME [ARGUMENT...]]...``: every figure, one a line.

What is no benchmark's name goes to the benchmark before it: ``costs 20 shots`` runs ``costs`` with
20, and ``shots``. Behind ``--`` everything does: ``memory_films -- stylize``.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence

from tests import benchmarks


def asked(words: Sequence[str], known: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Benchmarks to run, each with its arguments.

    Args:
        words: of the command line.
        known: names of the benchmarks.
    """
    runs: list[tuple[str, list[str]]] = []
    rest = False
    for word in words:
        if word == "--" and not rest:
            rest = True
        elif word in known and not rest:
            runs.append((word, []))
        elif runs:
            runs[-1][1].append(word)
        else:
            raise SystemExit(f"No benchmark is called {word}. There are: {', '.join(known)}")
    return runs or [(name, []) for name in known]


def main() -> None:
    """Run the named benchmarks, or all."""
    known = sorted(
        m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_")
    )
    for name, arguments in asked(sys.argv[1:], known):
        print(f"# {name}", flush=True)
        sys.argv = [name, *arguments]
        importlib.import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main()
