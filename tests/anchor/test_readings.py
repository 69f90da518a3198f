"""How text is read, held against tables written from the rules of each language."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pipelines.anchor.reading import read_text

HERE = Path(__file__).resolve().parent


def _table(name: str) -> list[dict[str, object]]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))["group"]


def _sound(text: str, language: str) -> str:
    """What of a reading can be heard: in Korean without spaces, in English without case."""
    return "".join(text.split()) if language == "ko" else " ".join(text.split()).lower()


@pytest.mark.parametrize("language, name", [("ko", "korean"), ("en", "english")])
def test_every_case_of_the_table(language, name):
    groups = _table(f"{name}_readings.toml")
    assert all(group["rule"] and group["source"] for group in groups)
    cases = [case for group in groups for case in group["cases"]]
    assert len(cases) >= 200
    assert len({written for written, _ in cases}) == len(cases), "no case stands twice"
    wrong = []
    for group in groups:
        for written, wanted in group["cases"]:
            reading = read_text(written, language)
            if _sound(reading.read, language) != _sound(wanted, language):
                wrong.append(f"{written!r}: {reading.read!r}, not {wanted!r} ({group['rule']})")
            assert "".join(written[p.start : p.end] for p in reading.pieces) == written
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong)
