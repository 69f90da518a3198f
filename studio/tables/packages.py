"""What tables stand on: packages that only those who make reports install."""

from __future__ import annotations

import importlib.util

from studio.errors import RequestError

#: Modules, as they are imported.
_NEEDED = ("pyarrow", "pympi", "matplotlib", "jinja2", "krippendorff")


def check_packages() -> None:
    """Say what is missing before anything slow begins.

    Raises:
        RequestError: a package is not installed; the hint names the command.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise RequestError(
            f"Reports need packages that are not installed: {', '.join(missing)}.",
            "Install them: pip install 'media-studio[research]'",
        )
