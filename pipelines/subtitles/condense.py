"""Shorter wordings for what is spoken faster than it can be read.

Only what carries no sense is left out - hesitations, words said twice, phrases that mark a turn
of speech - and forms are contracted; no word is put in that was not said in another form. The
result is a proposal for a person, best first in harmlessness.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

#: Steps of (pattern, replacement), the least harmful first. Patterns see the whole text.
_ENGLISH: tuple[tuple[str, str], ...] = (
    (r"\b(?i:u+m+|u+h+|e+r+m*|a+h+|h+m+|mm+)\b[,…]?\s*", ""),
    (r"\b((?:\w+['’]?\w*\s+){0,2}\w+['’]?\w*)(?:[,…]?\s+\1\b)+", r"\1"),
    (
        r"\b([Dd]o|[Dd]oes|[Dd]id|[Ii]s|[Aa]re|[Ww]as|[Ww]ere|[Hh]as|[Hh]ave|[Hh]ad|[Cc]ould"
        r"|[Ww]ould|[Ss]hould) not\b",
        r"\1n't",
    ),
    (r"\b[Cc]annot\b", "can't"),
    (r"\b([Ww])ill not\b", r"\1on't"),
    (r"\b(I|[Yy]ou|[Ww]e|[Tt]hey) (?:have)\b(?= \w+ed\b| been\b| never\b)", r"\1've"),
    (r"\bI am\b", "I'm"),
    (r"\b([Yy]ou|[Ww]e|[Tt]hey) are\b", r"\1're"),
    (r"\b([Ii]t|[Hh]e|[Ss]he|[Tt]hat|[Tt]here|[Ww]hat) is\b", r"\1's"),
    (r"\b(I|[Yy]ou|[Hh]e|[Ss]he|[Ww]e|[Tt]hey|[Ii]t) will\b", r"\1'll"),
    (r"(?:^|(?<=[.,!?…] ))(?:[Yy]ou know|I mean|[Yy]ou see|[Ww]ell|[Oo]kay|OK),\s+", ""),
    (r",? you know(?=[,.?!…])", ""),
    (r",? I mean,", ""),
    (r"\b(?:[Aa]ctually|[Bb]asically|[Ll]iterally|[Oo]bviously|[Hh]onestly),?\s+", ""),
    (r"\b(?:kind|sort) of (?=[a-z])", ""),
    (r"\b(?:really|very|quite|just|simply) (?=[a-z])", ""),
    (r"(?:^|(?<=[.!?…] ))(?:[Aa]nd|[Ss]o|[Bb]ut|[Nn]ow),?\s+(?=[\w])", ""),
    (r"\bin order to\b", "to"),
)
_KOREAN: tuple[tuple[str, str], ...] = (
    (r"(?<!\S)(?:음+|어+|으음|에+|아+|저기|그\.\.\.|그…)[,…]?\s+", ""),
    (r"(?<!\S)(\S+(?:\s+\S+)?)(?:[,…]?\s+\1)+(?!\S)", r"\1"),
    (r"것이(?=\s)", "게"),
    (r"것은(?=\s)", "건"),
    (r"것을(?=\s)", "걸"),
    (r"(?<!\S)나는(?=\s)", "난"),
    (r"(?<!\S)너는(?=\s)", "넌"),
    (r"(?<!\S)저는(?=\s)", "전"),
    (r"(?<!\S)나를(?=\s)", "날"),
    (r"(?<!\S)너를(?=\s)", "널"),
    (r"(?<!\S)무엇을(?=\s)", "뭘"),
    (r"(?<!\S)무엇이(?=\s)", "뭐가"),
    (r"(?<!\S)(이|그|저)것은(?=\s)", r"\1건"),
    (r"(?<!\S)(?:뭐랄까|뭐|막|이제|그니까|그러니까|있잖아|있잖아요|말하자면)[,…]?\s+", ""),
    (
        r"(?<!\S)(?:사실은|사실|솔직히|기본적으로|진짜로|진짜|정말로|정말|굉장히|아주|너무|매우|약간|좀)\s+",
        "",
    ),
    (r"(?:^|(?<=[.!?…] ))(?:그리고|그래서|그런데|근데|그럼|자),?\s+", ""),
)
_STEPS = {"en": _ENGLISH, "ko": _KOREAN}


@dataclass(frozen=True)
class Condensation:
    """A shorter wording.

    Attributes:
        text: in one line.
        fits: whether it is short enough.
    """

    text: str
    fits: bool


def condense(
    text: str, language: str, room: float, width: Callable[[str], float]
) -> Condensation | None:
    """A wording that is no longer than ``room``, or the shortest that leaves the sense alone.

    Args:
        text: in one line.
        language: ISO 639-1 code.
        room: longest width wanted.
        width: how long a text is.

    Returns:
        None where nothing can be left out: another language, or nothing superfluous.
    """
    shorter = text
    for pattern, replacement in _STEPS.get(language, ()):
        if width(shorter) <= room:
            break
        # Cutting at the start of a sentence leaves a small letter where a capital stood.
        cut = re.sub(pattern, replacement, shorter)
        while (again := re.sub(pattern, replacement, cut)) != cut:
            cut = again  # what is left may be said twice again
        cut = cut.strip()
        if re.search(r"\w", cut):
            shorter = _capitalised_like(text, cut)
    shorter = " ".join(shorter.split())
    if width(shorter) >= width(text):
        return None
    return Condensation(shorter, width(shorter) <= room)


def _capitalised_like(text: str, shorter: str) -> str:
    shorter = (
        re.sub(r"([.!?…] )([a-z])", lambda m: f"{m[1]}{m[2].upper()}", shorter)
        if not re.search(r"[.!?…] [a-z]", text)
        else shorter
    )
    return shorter[:1].upper() + shorter[1:] if text[:1].isupper() else shorter
