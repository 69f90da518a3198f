"""A house's rules for subtitles, as a data file that can be copied and edited."""

from __future__ import annotations

import difflib
import math
import unicodedata
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pipelines.subtitles.house_file import read_toml, refuse_unknown
from studio import codec
from studio.errors import RequestError

_FOLDER = Path(__file__).parent / "profiles"
#: A profile is a page of text; anything longer is some other file.
_MAX_BYTES = 64 * 1024

SpeakerStyle = Literal["none", "dashes", "new-cue"]
NumberStyle = Literal["as-spoken", "spell-to-ten"]


@dataclass(frozen=True)
class Profile:
    """What a house asks of its subtitles.

    Attributes:
        name: of the file, without its ending.
        about: whose rules these are and where they are published.
        language: ISO 639-1 code the rules are for; empty for any.
        line_length: longest line, in characters.
        half_width: Latin letters, digits, spaces and punctuation count a half, Hangul, Han and
            kana one.
        max_lines: lines of one cue, 1 to 3.
        cps: characters a second a viewer reads; 0 for no limit. Counted like a line's length;
            a line break counts nothing.
        wpm: words a minute; 0 for no limit.
        least_s, longest_s: seconds a cue stands.
        gap_frames: frames between two cues, whatever the rate.
        chain_s: a gap shorter than this is closed down to ``gap_frames``; 0 leaves gaps.
        linger_s: how long a cue may stand after its speech so that it can be read.
        pause_s: silence that always ends a cue.
        cut_zone_s: an in-time less than this after a shot cut moves to the cut, an out-time
            less than this before it moves to ``gap_frames`` before it; 0 ignores cuts.
        speakers: how a second speaker is shown: ``dashes`` lets two share a cue, a line each;
            ``new-cue`` never; ``none`` takes no notice of speakers.
        dash: what stands before each line of a cue with two speakers.
        speaker_labels: ``[Name]`` where the speaker changes.
        sounds: what each kind of sound is called; a kind that is not named is not shown.
        brackets: opening and closing mark of sounds and names of speakers.
        uppercase: all letters are capitals.
        numbers: ``spell-to-ten`` writes one to ten as words and larger numbers as digits.
        percent_sign: ``20 percent`` becomes ``20%``.
        ellipsis: how three dots are written.
        curly_quotes: whether quotation marks and apostrophes are typographic.
        final_period: whether a sentence ends with its full stop.
        forbidden: characters that never appear.
        condense: shorten what is spoken too fast, where it can be done without inventing.
        karaoke: words are marked as they are spoken, in formats that can do it.
        at_top_over_faces: a cue that would hide a face stands at the upper edge.

    Raises:
        ValueError: a value makes no sense.
    """

    name: str
    about: str = ""
    language: str = ""
    line_length: float = 42.0
    half_width: bool = False
    max_lines: int = 2
    cps: float = 20.0
    wpm: float = 0.0
    least_s: Fraction = Fraction(5, 6)
    longest_s: Fraction = Fraction(7)
    gap_frames: int = 2
    chain_s: Fraction = Fraction(1, 2)
    linger_s: Fraction = Fraction(1, 2)
    pause_s: Fraction = Fraction(2)
    cut_zone_s: Fraction = Fraction(1, 2)
    speakers: SpeakerStyle = "dashes"
    dash: str = "-"
    speaker_labels: bool = False
    sounds: dict[str, str] = field(default_factory=dict)
    brackets: tuple[str, str] = ("[", "]")
    uppercase: bool = False
    numbers: NumberStyle = "as-spoken"
    percent_sign: bool = False
    ellipsis: str = "…"
    curly_quotes: bool = False
    final_period: bool = True
    forbidden: str = ""
    condense: bool = False
    karaoke: bool = False
    at_top_over_faces: bool = False

    def __post_init__(self) -> None:
        ranges: dict[str, tuple[float, float]] = {
            "line_length": (4, 200),
            "max_lines": (1, 3),
            "cps": (0, 100),
            "wpm": (0, 1000),
            "least_s": (0, 10),
            "longest_s": (0.5, 60),
            "gap_frames": (0, 50),
            "chain_s": (0, 5),
            "linger_s": (0, 10),
            "pause_s": (0.2, 30),
            "cut_zone_s": (0, 2),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} is from {low:g} to {high:g}, not {float(value):g}")
        if self.least_s * 2 > self.longest_s:
            raise ValueError("longest_s is at least twice least_s: a long cue must be divisible")
        if self.language and not (self.language.isalpha() and len(self.language) in (2, 3)):
            raise ValueError(f"language is a code such as en, not {self.language!r}")
        if self.ellipsis not in ("…", "..."):
            raise ValueError(f'ellipsis is "…" or "...", not {self.ellipsis!r}')
        if self.speakers == "dashes" and not self.dash.strip():
            raise ValueError("dash is empty, and speakers are shown by dashes")
        overlong = [s for s in self.sounds.values() if len(s) + 2 > self.line_length or not s]
        if overlong:
            raise ValueError(f"sounds: {overlong[0]!r} does not fit a line")
        spoken = [c for c in self.forbidden if c.isalnum() or c.isspace()]
        if spoken:
            raise ValueError(f"forbidden holds {spoken[0]!r}; only signs can be forbidden")

    def width(self, text: str) -> float:
        """How long a text is, in this house's characters; combining marks count nothing."""
        composed = unicodedata.normalize("NFC", text)
        if not self.half_width:
            return float(sum(not unicodedata.combining(c) for c in composed))
        return sum(
            0.0 if unicodedata.combining(c) else 1.0 if _is_wide(c) else 0.5 for c in composed
        )


def _is_wide(character: str) -> bool:
    """Letters of the CJK scripts; their punctuation counts a half like any other."""
    return unicodedata.east_asian_width(character) in "WF" and unicodedata.category(
        character
    ).startswith("L")


def names() -> tuple[str, ...]:
    """The profiles that come with the studio."""
    return tuple(sorted(p.stem for p in _FOLDER.glob("*.toml")))


def name_for(language: str) -> str:
    """The profile for a language where none is asked for."""
    return "netflix-ko" if language == "ko" else "netflix-en"


def load(name: str) -> Profile:
    """A profile by its name, or from a TOML file.

    A file of one's own may start from another profile with ``like = "netflix-en"`` and give
    only what differs.

    Raises:
        RequestError: no such profile, or a key or value of the file makes no sense; the
            message names file and key.
    """
    known = names()
    if name in known:
        return _read(_FOLDER / f"{name}.toml", ())
    if not name.endswith(".toml"):
        near = difflib.get_close_matches(name, known, 1)
        raise RequestError(
            f"There is no profile {name!r}." + (f" Did you mean {near[0]}?" if near else ""),
            f"Use one of {', '.join(known)}, or a TOML file of your own.",
        )
    return _read(Path(name), ())


def _read(path: Path, seen: tuple[Path, ...]) -> Profile:
    hint = f"Name a file, or one of {', '.join(names())}."
    data = read_toml(path, "profile", _MAX_BYTES, hint)
    start = data.pop("like", None)
    values: dict[str, Any] = {}
    if start is not None:
        here = path.resolve()
        if not isinstance(start, str) or here in seen:
            raise RequestError(f"{path}: like should name another profile.", "Mend or remove it.")
        known = start in names()
        other = _FOLDER / f"{start}.toml" if known else path.parent / start
        values = codec.to_json(_read(other, (*seen, here)))
    keys = [f.name for f in fields(Profile) if f.name != "name"]
    refuse_unknown(path, "profile", data, keys)
    sounds = data.get("sounds")
    if isinstance(sounds, dict) and isinstance(values.get("sounds"), dict):
        data["sounds"] = values["sounds"] | sounds
    for key, value in data.items():
        # TOML has no fractions: 0.5 is read as written, not as its nearest binary number.
        if key.endswith("_s") and isinstance(value, float):
            data[key] = str(Fraction(repr(value))) if math.isfinite(value) else repr(value)
    try:
        return codec.from_json(Profile, values | data | {"name": path.stem})
    except RequestError as exc:
        what = exc.message.replace("$.", "").replace("$: ", "")
        raise RequestError(f"{path}: {what}", "Mend the value in the profile.") from exc
