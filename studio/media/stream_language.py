"""Language tags of streams: files say ``kor``, ``ger`` or ``deu``, people say ``ko`` and ``de``."""

from __future__ import annotations

# ISO 639-1 to ISO 639-2 (Library of Congress); all other codes of two letters that files are
# tagged with begin the longer one: en, eng; ko, kor.
_LONGER = {
    "bg": ("bul",), "cs": ("ces", "cze"), "da": ("dan",), "de": ("deu", "ger"),
    "el": ("ell", "gre"), "es": ("spa",), "et": ("est",), "fr": ("fra", "fre"), "ga": ("gle",),
    "hr": ("hrv",), "id": ("ind",), "is": ("isl", "ice"), "ja": ("jpn",), "ka": ("kat", "geo"),
    "kk": ("kaz",), "lt": ("lit",), "lv": ("lav",), "mk": ("mkd", "mac"), "ms": ("msa", "may"),
    "my": ("mya", "bur"), "nl": ("nld", "dut"), "no": ("nor", "nob"), "fa": ("fas", "per"),
    "pl": ("pol",), "pt": ("por",), "ro": ("ron", "rum"), "sk": ("slk", "slo"),
    "sq": ("sqi", "alb"), "sr": ("srp",), "sv": ("swe",), "hy": ("hye", "arm"),
    "cy": ("cym", "wel"), "zh": ("zho", "chi"), "eu": ("eus", "baq"), "bn": ("ben",),
}  # fmt: skip


def is_language(tag: str, wanted: str) -> bool:
    """Whether a stream's tag names a language: ``eng``, ``en-GB`` and ``en`` all are ``en``."""
    plain, asked = (text.lower().split("-")[0].split("_")[0] for text in (tag, wanted))
    if not plain or not asked:
        return False
    return _short(plain) == _short(asked)


def _short(code: str) -> str:
    if len(code) == 3:
        for short, longer in _LONGER.items():
            if code in longer:
                return short
        return code[:2]
    return code
