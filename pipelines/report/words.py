"""The words of a report's pages, in English and Korean. Names of columns and what tables hold stay
as they are written: figures are cited by them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

#: Languages a page can be in.
LANGUAGES = ("en", "ko")
_FILE = Path(__file__).resolve().parents[2] / "assets" / "report" / "words.json"


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


class Words:
    """Says a message of the pages by its key.

    Args:
        language: one of :data:`LANGUAGES`.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"the pages do not speak {language!r}")
        self.language = language

    def __call__(self, key: str, **values: Any) -> str:
        """The message with its values filled in."""
        return _catalogue()[key][self.language].format(**values)

    def value(self, text: Any) -> str:
        """What a table holds, in the page's language where there is a word for it."""
        known = _catalogue().get(f"value.{text}")
        return known[self.language] if known is not None else str(text)
