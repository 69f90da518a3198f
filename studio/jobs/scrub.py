"""Texts without what nobody else should read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

_GONE = "[removed]"
_SECRETS = (
    re.compile(r"\bhf_[A-Za-z0-9]{8,}"),
    re.compile(r"\b(?:sk|pk|ghp|gho|xox[abp]|glpat)[-_][A-Za-z0-9_-]{12,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),  # a JSON web token
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),  # user and password of an address
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/-]{8,}=*"),
    re.compile(
        r"(?i)(?<![a-z])((?:api[-_]?key|passw(?:or)?d|passwd|secret|token|authorization)"
        r"[\"']?\s*[=:]\s*[\"']?)([^\s\"',;&]+)"
    ),
)
_NAMED = re.compile(r"(?i)token|secret|passw|api_?key")


def scrubbed(text: str) -> str:
    """A text without tokens, passwords, and the values of secret environment variables; the
    user's home folder is written ``~``."""
    for name, value in os.environ.items():
        if _NAMED.search(name) and len(value) >= 8:
            text = text.replace(value, _GONE)
    for pattern in _SECRETS:
        text = pattern.sub(lambda m: m.group(1) + _GONE if m.re.groups else _GONE, text)
    home = str(Path.home())
    return text.replace(home + os.sep, "~" + os.sep) if len(home) > 1 else text


def scrubbed_all(value: Any) -> Any:
    """The same for every text in a value of JSON."""
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, dict):
        return {key: scrubbed_all(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed_all(each) for each in value]
    return value
