"""Every word of the page is in the catalogue, in every language."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from pipelines.desk.pipeline import ACTS
from pipelines.registry import _TAKES
from pipelines.summary.importance import _WORDS
from pipelines.trailer.scores import WEIGHTS
from studio import catalog, errors
from studio.errors import StudioError
from studio.types.timeline import Role
from ui.web import makings, panels
from ui.web.messages import (
    LANGUAGES,
    PageError,
    Say,
    ToldError,
    catalogue,
    headline,
    preferred_language,
)
from ui.web.summary_view import because

WEB = Path(__file__).resolve().parents[2] / "ui" / "web"
#: Names and terms that are written alike in Korean.
SAME = {
    "OpenTimelineIO", "FCPXML", "OTIO", "EDL", "CMX", "Final", "Cut", "Pro", "Resolve", "Avid",
    "SRT", "WebVTT", "ASS", "TTML", "IMSC", "JSON", "SubRip", "Advanced", "SubStation",
    "Premiere", "LUFS", "LKFS", "EBU", "R", "ATSC", "A", "dBTP", "H", "AAC", "WAV", "FLAC", "MP",
    "Ctrl", "Delete", "Shift", "Enter", "Space", "Z", "J", "K", "L", "I", "O", "GB", "ms",
    "English",
    "CSV", "Parquet", "ELAN", "B", "roll",
}  # fmt: skip


KINDS = (
    *("footage", "film", "music", "recording"),
    *makings.KINDS,
)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def used_keys() -> tuple[set[str], set[str]]:
    """Keys in the code: whole ones, and beginnings of those that are put together."""
    whole, parts = set(), set()
    for path in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr):
                first = node.values[0]
                texts = [v.value for v in node.values if isinstance(v, ast.Constant)]
                if isinstance(first, ast.Constant):
                    parts.add(str(first.value))
                elif texts:  # f"{kind}.choose"
                    parts.update(f"{kind}{texts[0]}" for kind in KINDS)
    parts |= {"stage.", "step.", "job."}  # what pipelines name; see panels.py
    # A family of words that is handed on by its name: choices("anchor.voice", ...).
    keys = catalogue("en")
    parts |= {
        f"{text}." for text in whole if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", text)
        and any(key.startswith(f"{text}.") for key in keys)
    }  # fmt: skip
    whole -= ({part.removesuffix(".") for part in parts} | set(ACTS)) - set(keys)
    return whole, {p for p in parts if re.fullmatch(r"[a-z_]+\..*", p)}


def test_languages_have_the_same_messages():
    english = catalogue("en")
    assert len(english) > 100
    for language in LANGUAGES:
        other = catalogue(language)
        assert list(other) == list(english), language
        for key, text in english.items():
            assert other[key].strip() == other[key] != ""
            assert places(other[key]) == places(text), key


def test_korean_is_korean():
    english, korean = catalogue("en"), catalogue("ko")
    for key, text in korean.items():
        commands = r"\{.*?\}|\[.*?\]|--[a-z-]+|studio( [a-z]+)+|studio\.toml"
        plain = re.sub(commands, "", text)
        foreign = set(re.findall(r"[A-Za-z]+", plain)) - SAME
        assert not foreign, f"{key}: {foreign}"
        if set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{.*?\}", "", english[key]))) - SAME:
            assert re.search(r"[가-힣]", plain), key


def test_every_message_is_said_somewhere():
    whole, parts = used_keys()
    unused = [
        key
        for key in catalogue("en")
        if key.removesuffix(".hint") not in whole and not any(key.startswith(p) for p in parts)
    ]
    assert not unused


def test_every_key_in_the_code_is_a_message():
    whole, _ = used_keys()
    families = {key.split(".")[0] for key in catalogue("en")}
    asked = {
        text
        for text in whole
        if re.fullmatch(r"[a-z]+(\.[a-z0-9_-]+)+", text)
        and text.split(".")[0] in families
        and not text.endswith((".js", ".html", ".json"))
    }
    assert len(asked) > 60
    assert asked <= set(catalogue("en"))


def test_what_the_pipeline_names_has_a_word():
    reasons = {name for weights in WEIGHTS.values() for name in weights} | {"difference"}
    say = Say("ko")
    for key in [f"reason.{r}" for r in reasons] + [f"role.{r}" for r in Role]:
        assert say.has(key), key
    jobs = {name for name in _TAKES if name != "desk"} | {f"desk.{act}" for act in ACTS}
    assert {name for name in jobs if not say.has(f"job.{name}")} == set()


def test_what_a_model_is_for_is_said():
    english = Say("en")
    roles = {spec.name: spec.role for spec in catalog.all_specs()}
    assert roles == {name: english(f"models.role.{name}") for name in roles}
    told = {key for key in catalogue("en") if key.startswith("models.role.")}
    assert told == {f"models.role.{name}" for name in roles}


def test_reasons_of_a_summary_are_said_in_korean():
    told = ["more important than 71% of the film", *_WORDS.values()]
    assert because(Say("ko"), told[0]) == "영상의 71%보다 중요함"
    assert all(re.search("[가-힣]", because(Say("ko"), text)) for text in told)
    assert [because(Say("en"), text) for text in told] == told
    assert because(Say("ko"), "of another studio") == "of another studio"


def test_the_pages_own_errors_speak_the_visitors_language():
    error = PageError("path.absent", path="a.mp4")
    assert error.message == "There is no file a.mp4."
    message, hint = error.told(Say("ko"))
    assert message == "a.mp4: 그런 파일이 없습니다."
    assert re.search("[가-힣]", hint)
    raised = {key for key in catalogue("en") if f"{key}.hint" in catalogue("en")}
    assert len(raised) > 12


def test_every_kind_of_error_is_told_in_the_visitors_language():
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and k is not StudioError]
    kinds = [k for k in kinds if issubclass(k, StudioError)]
    assert len(kinds) > 25
    say = Say("ko")
    told = {k.__name__: headline(say, ToldError(k.__name__, "The lens is dirty.")) for k in kinds}
    assert say("problem.title") not in told.values()
    assert told["NoRoom"] == "저장 공간이 부족합니다" != told["RequestError"]
    assert told["DecodeFailed"] == headline(say, errors.DecodeFailed("a", "b"))
    assert headline(say, ToldError("ZeroDivisionError", "?")) == say("problem.title")
    shown = panels.problem(say, ToldError("NoRoom", "The lens is dirty.", "Wipe it."))
    assert told["NoRoom"] in shown and '<div lang="en"><p>The lens is dirty.' in shown


def test_a_strange_language_speaks_english():
    assert Say("xx")("plan.title") == "Plan"
    with pytest.raises(KeyError):
        Say("en")("no.such.message")


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        ("ko", "en-US,en;q=0.9", "ko"),
        (None, "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        (None, "de-DE,ko;q=0.7", "ko"),
        ("xx", "", "en"),
        (None, "de", "en"),
    ],
)
def test_the_language_of_a_visitor(cookie, header, language):
    assert preferred_language(cookie, header) == language


def test_durations_and_sizes_read_well():
    say = Say("en")
    assert [say.duration(s) for s in (0, 59.6, 65, 3725)] == ["0:00", "1:00", "1:05", "1:02:05"]
    assert [say.size(b) for b in (999, 12_345, 3_400_000, 8 << 30)] == [
        "999 B", "12 kB", "3.4 MB", "8.6 GB",
    ]  # fmt: skip
