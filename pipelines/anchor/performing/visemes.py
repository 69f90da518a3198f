"""What a mouth aims at in each sound, and how strongly.

Targets and dominance are of the kind of Cohen and Massaro (1993), "Modeling coarticulation in
synthetic visual speech": every sound has a target for each part of the mouth, and a dominance
that says how far it gives way to its neighbours there. The numbers are set by eye, by the
visible classes of English phonemes (Fisher, 1968) and the articulation of Korean vowels.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from studio.types.spoken import SpokenPhoneme

#: Order of the columns everywhere in this package.
CHANNELS = ("jaw", "spread", "tongue")


@dataclass(frozen=True)
class Viseme:
    """What a sound looks like.

    Attributes:
        target: of each of :data:`CHANNELS`, in the units of a ``Performance``.
        strength: dominance of each, 0 none to 1 full.
        closed: whether the lips have to meet.
        lip_on_teeth: whether the lower lip has to touch the upper teeth.
    """

    target: tuple[float, float, float]
    strength: tuple[float, float, float]
    closed: bool = False
    lip_on_teeth: bool = False


def _vowel(jaw: float, spread: float, tongue: float = 0.1, strength: float = 1.0) -> Viseme:
    firm = 1.0 if spread < -0.3 else 0.8  # rounding spreads over its neighbours
    return Viseme((jaw, spread, tongue), (strength, firm * strength, 0.4))


def _tongued(
    jaw: float, tongue: float, spread: float = 0.1, firm: float = 0.6, round_firm: float = 0.15
) -> Viseme:
    return Viseme((jaw, spread, tongue), (firm, round_firm, 0.9))


_LIPS = Viseme((0.0, 0.0, 0.1), (1.0, 0.12, 0.2), closed=True)
_LIP_TEETH = Viseme((0.12, 0.15, 0.1), (0.95, 0.25, 0.2), lip_on_teeth=True)
_STOP = _tongued(0.24, 0.75)
_HISS = _tongued(0.16, 0.62, 0.32, 0.85, 0.4)
_HUSH = _tongued(0.2, 0.5, -0.5, 0.8, 0.85)
_BACK = _tongued(0.3, 0.2, 0.1, 0.3, 0.1)
#: Breath: takes the shape of what follows.
_NONE = Viseme((0.35, 0.0, 0.1), (0.08, 0.03, 0.05))

_VISEMES: dict[str, Viseme] = {
    **dict.fromkeys("aɑɐ", _vowel(0.9, 0.08)),
    "ɒ": _vowel(0.85, -0.25),
    "æ": _vowel(0.82, 0.4),
    "ʌ": _vowel(0.62, 0.0),
    **dict.fromkeys("əɤɘɵ", _vowel(0.4, 0.0, strength=0.6)),
    **dict.fromkeys("ɚɝɜ", _vowel(0.42, -0.3, 0.4, 0.9)),
    **dict.fromkeys("ɛe", _vowel(0.55, 0.45, 0.3)),
    **dict.fromkeys("ɪᵻɨ", _vowel(0.38, 0.42, 0.4, 0.85)),
    "i": _vowel(0.3, 0.72, 0.45),
    "ɯ": _vowel(0.28, 0.35, 0.2),
    "ɔ": _vowel(0.68, -0.5),
    "o": _vowel(0.52, -0.68),
    "ʊ": _vowel(0.36, -0.6, 0.1, 0.9),
    "u": _vowel(0.27, -0.9),
    **dict.fromkeys(("y", "ʏ"), _vowel(0.26, -0.85, 0.4)),
    **dict.fromkeys(("ø", "œ"), _vowel(0.48, -0.6, 0.3)),
    "j": _tongued(0.25, 0.45, 0.6, 0.6, 0.6),
    **dict.fromkeys("wɥ", Viseme((0.16, -1.0, 0.1), (0.9, 1.0, 0.2))),
    **dict.fromkeys("ɹɻ˞", _tongued(0.28, 0.4, -0.42, 0.6, 0.6)),
    **dict.fromkeys("lɫɭʎ", _tongued(0.36, 0.85, 0.1, 0.5)),
    **dict.fromkeys("tdnɾrɲɳʔ", _STOP),
    **dict.fromkeys("sz", _HISS),
    **dict.fromkeys(("ʃ", "ʒ", "ɕ", "ʑ", "tʃ", "dʒ", "tɕ", "dʑ", "ʂ", "ʐ"), _HUSH),
    **dict.fromkeys("θð", _tongued(0.2, 1.0, 0.15, 0.8, 0.2)),
    **dict.fromkeys("kɡgŋxɣqɰcçχʁɴ", _BACK),
    **dict.fromkeys("fv", _LIP_TEETH),
    **dict.fromkeys("pbmɓ", _LIPS),
    **dict.fromkeys("βɸ", replace(_LIPS, target=(0.1, -0.1, 0.1), closed=False)),
    **dict.fromkeys("hɦʕħ", _NONE),
}
#: Marks that change nothing that is seen: stress, length, tenseness, aspiration, ties.
_MARKS = set("ˈˌːˑ-ʰʲˠˤʷ͡'ʼ^_:;!|0123456789")
#: Where a diphthong or a vowel with r is divided, as shares of its time.
_SHARES = {1: (1.0,), 2: (0.58, 0.42), 3: (0.45, 0.25, 0.3)}


@cache
def shapes_of(ipa: str) -> tuple[tuple[str, Viseme], ...]:
    """The visible parts of a phoneme, in order; empty for rests and for what nobody knows.

    Args:
        ipa: with or without stress and length, as eSpeak writes it: ``ˈaɪ``, ``tʃ``, ``ph``.
    """
    plain = "".join(c for c in unicodedata.normalize("NFD", ipa) if c not in _MARKS)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    found: list[tuple[str, Viseme]] = []
    at = 0
    while at < len(plain):
        for long in (2, 1):
            sign = plain[at : at + long]
            if len(sign) == long and sign in _VISEMES:
                if not (sign == "h" and found):  # aspiration of the stop before it
                    found.append((sign, _VISEMES[sign]))
                at += long
                break
        else:
            at += 1
    return tuple(found[:3])


def is_vowel(ipa: str) -> bool:
    """Whether the phoneme carries a syllable."""
    return any(sign in "aɑɐɒæʌəɤɘɵɚɝɜɛeɪᵻɨiɯɔoʊuyʏøœ" for sign, _ in shapes_of(ipa))


def unknown_sounds(phonemes: Sequence[SpokenPhoneme]) -> tuple[str, ...]:
    """Phonemes that no viseme is known for, in order of first use: a mouth passes over them."""
    missing = (p.ipa for p in phonemes if p.ipa.strip("_:; ") and not shapes_of(p.ipa))
    return tuple(dict.fromkeys(missing))


@dataclass(frozen=True)
class Sound:
    """One visible sound in time.

    Attributes:
        start_s, end_s: on the clock of its line.
        viseme: what it looks like.
        stressed: whether its syllable is.
    """

    start_s: float
    end_s: float
    viseme: Viseme
    stressed: bool


def sounds_of(phonemes: Sequence[SpokenPhoneme], zero: Fraction) -> list[Sound]:
    """Phonemes as visible sounds; rests are where none is.

    Args:
        phonemes: in order of time.
        zero: when the line's clock begins, seconds. Taken off exactly, so that a line that is
            moved as a whole gives the same numbers.
    """
    made: list[Sound] = []
    for phoneme in phonemes:
        shapes = shapes_of(phoneme.ipa)
        if not shapes or phoneme.end <= phoneme.start:
            continue
        at, long = float(phoneme.start - zero), float(phoneme.end - phoneme.start)
        stressed = "ˈ" in phoneme.ipa
        for (_, viseme), share in zip(shapes, _SHARES[len(shapes)], strict=True):
            made.append(Sound(at, at + share * long, viseme, stressed))
            at += share * long
    return made
