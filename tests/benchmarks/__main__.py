"""``python -m tests.benchmarks [NAME...]``: every figure, one a line."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from tests import benchmarks


def main() -> None:
    """Run the named benchmarks, or all."""
    names = sys.argv[1:] or sorted(
        m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_")
    )
    for name in names:
        print(f"# {name}", flush=True)
        sys.argv = [name]  # some take arguments of their own
        importlib.import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main()
