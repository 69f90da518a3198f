"""The studio's own JSON: cues and words, times exact and, for other programs, in seconds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from studio import codec
from studio.errors import RequestError
from studio.media.subtitle_io.text import MAX_CUES, BrokenText
from studio.types.subtitles import Subtitles
from studio.types.transcript import Word


@dataclass(frozen=True)
class _Whole:
    subtitles: Subtitles
    words: tuple[Word, ...] = ()


def form(subtitles: Subtitles, words: tuple[Word, ...]) -> str:
    """The text of a file."""
    data = codec.to_json(_Whole(subtitles, words))
    for item in (*data["subtitles"]["cues"], *data["words"]):
        item["start_s"], item["end_s"] = (
            round(float(Fraction(item[key])), 3) for key in ("start", "end")
        )
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def parse(text: str) -> tuple[Subtitles, tuple[Word, ...]]:
    """Cues and words of a file.

    Raises:
        BrokenText: it is no JSON, or not what the studio writes.
    """
    try:
        data: Any = json.loads(text)
    except json.JSONDecodeError as exc:
        raise BrokenText(f"no JSON: {exc.msg}", exc.lineno) from exc
    except (RecursionError, ValueError) as exc:  # nested without end, or a number without end
        raise BrokenText("no JSON that a subtitle file holds") from exc
    try:
        cues = data["subtitles"]["cues"]
        for item in (*cues, *data.get("words", ())):
            item.pop("start_s", None)
            item.pop("end_s", None)
        if len(cues) > MAX_CUES:
            raise BrokenText(f"more than {MAX_CUES:,} cues", too_much=True)
        whole = codec.from_json(_Whole, data)
    except (KeyError, TypeError, AttributeError) as exc:
        raise BrokenText("not the JSON that the studio writes subtitles in") from exc
    except RequestError as exc:
        raise BrokenText(exc.message.replace("$.", "")) from exc
    return whole.subtitles, whole.words
