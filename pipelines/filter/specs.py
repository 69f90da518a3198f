"""What ``--apply`` means, read from words."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from pathlib import Path

from pipelines.stylize.looks import Look, parse_look
from studio.errors import RequestError

GLASSES = ("round", "aviator", "square", "cateye", "shades", "heart")
HATS = ("party", "tophat", "crown", "beanie", "cowboy")
MASKS = ("carnival", "cat", "clown", "skull", "bandit", "medical")
#: Presets of make-up: lips, blush, shadow of the lids, and how much of each.
MAKEUP = ("natural", "evening", "bold")
COVERS = ("blur", "pixelate", "drawn")
COLOURS = {
    "red": (176, 24, 44),
    "rose": (196, 84, 104),
    "coral": (222, 98, 84),
    "plum": (108, 30, 72),
    "nude": (178, 112, 96),
    "blue": (58, 88, 160),
    "green": (52, 120, 92),
    "gold": (190, 148, 70),
    "brown": (110, 72, 54),
    "black": (24, 22, 26),
}


@dataclass(frozen=True)
class Background:
    """What stands behind the people.

    Attributes:
        kind: ``blur``, ``replace`` or ``green``.
        blur: sigma in pixels of a picture 1080 pixels tall.
        path: of the picture or film that replaces it.
    """

    kind: str
    blur: float = 20.0
    path: Path | None = None


@dataclass(frozen=True)
class Overlay:
    """Something drawn on faces.

    Attributes:
        kind: ``glasses``, ``hat`` or ``mask``.
        name: which.
    """

    kind: str
    name: str


@dataclass(frozen=True)
class Makeup:
    """Colour on lips, cheeks and lids.

    Attributes:
        lips, blush, shadow: names of colours; empty for none.
        liner: whether the lids are lined.
        strength: 0 to 1.
    """

    lips: str
    blush: str
    shadow: str
    liner: bool
    strength: float


@dataclass(frozen=True)
class Reshape:
    """Larger eyes or a slimmer face.

    Attributes:
        kind: ``eyes`` or ``face``.
        amount: 0 to 0.5; below 0 the other way.
    """

    kind: str
    amount: float


@dataclass(frozen=True)
class Anonymise:
    """Covered faces.

    Attributes:
        cover: ``blur``, ``pixelate`` or ``drawn``.
        exempt: names of those who stay visible.
        only: names of those who alone are covered.
    """

    cover: str
    exempt: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """A place that is covered whatever is there.

    Attributes:
        xywh: left, top, width, height; shares of the picture where all are at most 1, else
            pixels of the upright picture.
        cover: as in :class:`Anonymise`.
        start_s, end_s: seconds of the film; infinite for its end.
    """

    xywh: tuple[float, float, float, float]
    cover: str
    start_s: float = 0.0
    end_s: float = math.inf


Spec = Background | Overlay | Makeup | Reshape | Anonymise | Box | Look
KINDS = (
    *("background", "mask", "makeup", "glasses", "hat", "eyes", "face", "look", "grade"),
    *("anonymise", "box"),
)
#: What is looked for in the films that a spec is applied to.
ON_FACES = (Overlay, Makeup, Reshape)


def parse_spec(text: str) -> Spec:
    """What one ``--apply`` means.

    Raises:
        RequestError: a word is not known; the nearest is named.
    """
    kind, _, rest = text.strip().partition(":")
    if kind == "anonymize":
        kind = "anonymise"
    if kind not in KINDS:
        raise _unknown(f"--apply {text[:60]!r}: no filter", kind, KINDS)
    if kind in ("look", "grade"):
        return parse_look(rest)
    if kind == "box":
        return _box(text, rest)
    words = [w.strip() for w in rest.split(",") if w.strip()]
    if kind in ("glasses", "hat", "mask"):
        names = {"glasses": GLASSES, "hat": HATS, "mask": MASKS}[kind]
        if len(words) != 1 or words[0] not in names:
            raise _unknown(f"--apply {text[:60]!r}: no {kind}", rest, names)
        return Overlay(kind, words[0])
    if kind == "background":
        return _background(text, rest.strip())
    if kind == "makeup":
        return _makeup(text, words)
    if kind == "anonymise":
        return _anonymise(text, words)
    word = {"eyes": "bigger", "face": "slim"}[kind]
    name, _, value = rest.partition("=")
    if name.strip() != word:
        raise _unknown(f"--apply {text[:60]!r}: no change of {kind}", name, (word,))
    return Reshape(kind, _number(text, value or "0.2", -0.5, 0.5))


def parse_specs(texts: tuple[str, ...]) -> tuple[Spec, ...]:
    """All of them.

    Raises:
        RequestError: one cannot be understood, or none was given.
    """
    if not texts:
        raise RequestError(
            "No filter was given.", "Name one: --apply background:blur=20, --apply glasses:round"
        )
    return tuple(parse_spec(text) for text in texts)


def inputs_of_spec(spec: Spec) -> tuple[Path, ...]:
    """The files that a spec is read from."""
    from pipelines.stylize.looks import inputs_of

    if isinstance(spec, Background):
        return (spec.path,) if spec.path is not None else ()
    if isinstance(spec, Overlay | Makeup | Reshape | Anonymise | Box):
        return ()
    return inputs_of(spec)


def _unknown(what: str, word: str, names: tuple[str, ...]) -> RequestError:
    near = difflib.get_close_matches(word.strip(), names, 1, 0.5)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return RequestError(
        f"{what} called {word.strip()[:40]!r}", f"{hint}There are {', '.join(names)}."
    )


def _number(text: str, value: str, low: float, high: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise RequestError(
            f"--apply {text[:60]!r}: {value[:20]!r} is not from {low:g} to {high:g}.",
            "Write a number with a point, e.g. 0.2.",
        )
    return number


def _background(text: str, rest: str) -> Background:
    name, _, value = rest.partition("=")
    if name == "blur":
        return Background("blur", _number(text, value or "20", 1, 200))
    if name == "replace":
        if not value:
            raise RequestError(
                f"--apply {text!r} names no picture or film.",
                "--apply background:replace=beach.jpg",
            )
        return Background("replace", path=Path(value))
    if name == "green" and not value:
        return Background("green")
    raise _unknown(f"--apply {text[:60]!r}: no background", name, ("blur", "replace", "green"))


_PRESETS = {
    "natural": Makeup("nude", "rose", "", False, 0.5),
    "evening": Makeup("red", "rose", "brown", True, 0.7),
    "bold": Makeup("plum", "coral", "blue", True, 0.9),
}


def _makeup(text: str, words: list[str]) -> Makeup:
    made = Makeup("", "", "", False, 0.7)
    if words and "=" not in words[0] and words[0] != "liner":
        if words[0] not in _PRESETS:
            raise _unknown(f"--apply {text[:60]!r}: no make-up", words[0], MAKEUP)
        made = _PRESETS[words.pop(0)]
    values = {
        "lips": made.lips,
        "blush": made.blush,
        "shadow": made.shadow,
        "strength": f"{made.strength}",
    }
    liner = made.liner
    for word in words:
        name, _, value = word.partition("=")
        if name == "liner":
            liner = True
        elif name not in values:
            raise _unknown(f"--apply {text[:60]!r}: no make-up", name, (*values, "liner"))
        elif name != "strength" and value not in COLOURS:
            raise _unknown(f"--apply {text[:60]!r}: no colour", value, tuple(COLOURS))
        else:
            values[name] = value
    strength = _number(text, values["strength"], 0, 1)
    if not (values["lips"] or values["blush"] or values["shadow"] or liner):
        return _PRESETS["natural"]
    return Makeup(values["lips"], values["blush"], values["shadow"], liner, strength)


def _anonymise(text: str, words: list[str]) -> Anonymise:
    cover = "blur"
    if words and "=" not in words[0]:
        cover = words.pop(0)
        if cover not in COVERS:
            raise _unknown(f"--apply {text[:60]!r}: no cover", cover, COVERS)
    names: dict[str, list[str]] = {"except": [], "only": []}
    current = ""
    for word in words:
        name, mark, value = word.partition("=")
        if mark:
            if name not in names:
                raise _unknown(f"--apply {text[:60]!r}: no choice", name, tuple(names))
            current = name
        person = value.strip() if mark else word
        if not current or not person:
            raise RequestError(
                f"--apply {text[:60]!r} names nobody.", "--apply anonymise:blur,except=Ann,Bo"
            )
        names[current].append(person)
    if names["except"] and names["only"]:
        raise RequestError(
            f"--apply {text[:60]!r} says both except and only.",
            "Say who stays visible, or who is covered.",
        )
    return Anonymise(cover, tuple(names["except"]), tuple(names["only"]))


def _box(text: str, rest: str) -> Box:
    places, _, cover = rest.rpartition(":")
    if not places:
        places, cover = rest, "blur"
    if cover not in COVERS[:2]:
        raise _unknown(f"--apply {text[:60]!r}: no cover of a box", cover, COVERS[:2])
    words = [w.strip() for w in places.split(",")]
    span = {"from": 0.0, "to": math.inf}
    for word in words[4:]:
        name, _, value = word.partition("=")
        if name not in span:
            raise _unknown(f"--apply {text[:60]!r}: no time", name, tuple(span))
        span[name] = _number(text, value, 0, 1e7)
    if len(words) < 4:
        raise RequestError(
            f"--apply {text[:60]!r} gives no place.", "--apply box:0.1,0.2,0.3,0.3,from=2,to=5:blur"
        )
    x, y, w, h = (_number(text, word, 0, 1e5) for word in words[:4])
    if w <= 0 or h <= 0 or span["to"] <= span["from"]:
        raise RequestError(f"--apply {text[:60]!r} covers nothing.", "Give a width and a height.")
    return Box((x, y, w, h), cover, span["from"], span["to"])
