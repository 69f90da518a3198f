"""``python -m ui`` is the ``studio`` command."""

from ui.cli import main

main()
