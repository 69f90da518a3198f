"""Where an English line may break, told from the words at both sides.

The words that decide are closed classes - articles, prepositions, auxiliaries - and capital
letters tell names; no tagger is needed for a line break. The order of preference is that of
published subtitling guides: after punctuation, before conjunctions, before prepositions, and
never inside a unit of sense.
"""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as running text."""
    return frozenset(text.split())


#: Cost of a break that a reader stumbles over: any legal layout is cheaper.
BAD = 1000.0

ARTICLES = frozenset({"a", "an", "the"})
#: Possessives that are nothing else; ``her`` and ``his`` can end a clause.
POSSESSIVES = frozenset({"my", "your", "our", "their", "its"})
DETERMINERS = words(
    "this that these those each every some any no all both either neither another such what "
    "which whose his her"
)
CONJUNCTIONS = words(
    "and but or nor so yet because although though while whereas if unless until since when "
    "whenever where wherever that which who whom whose than whether before after as once"
)
PREPOSITIONS = words(
    "about above across after against along among around as at before behind below beneath "
    "beside between beyond by despite down during except for from in inside into like near of "
    "off on onto out outside over past since through throughout till to toward towards under "
    "until up upon via with within without"
)
SUBJECTS = frozenset({"i", "he", "she", "we", "they"})
PRONOUNS = SUBJECTS | words(
    "you it me him her us them this that there here who what everyone everybody someone "
    "nobody something nothing everything anything"
)
_NEGATED = "can could will would should must might do does did is are was were has have had need"
MODALS = words(
    "can could will would shall should may might must cannot can't won't do does did let's"
) | frozenset(f"{word}n't" for word in _NEGATED.split())
BE_AND_HAVE = words(
    "am is are was were be been being have has had i'm you're we're they're he's she's it's "
    "i've you've we've they've i'd you'd he'd she'd we'd they'd i'll you'll he'll she'll "
    "it'll we'll they'll that's there's who's what's"
)
#: Units that a number is measured in; what it counts, days or people, is not one.
MEASURES = words(
    "percent per cent degrees degree dollars dollar euros euro pounds pound cents won yen "
    "kilometers kilometres kilometer kilometre km meters metres meter metre m miles mile feet "
    "foot ft inches inch yards kilograms kilos kg grams g tons tonnes liters litres gallons am "
    "pm a.m. p.m. o'clock mph km/h hz khz mhz ghz kb mb gb tb watts volts hundred thousand "
    "million billion trillion"
)
UNITS = MEASURES | words(
    "seconds second minutes minute hours hour days day weeks week months month years year times"
)
TITLES = words(
    "mr. mrs. ms. dr. prof. sr. st. gen. col. capt. lt. sgt. rev. hon. gov. sen. rep. mr mrs "
    "ms dr prof president professor doctor captain senator"
)
_ABBREVIATIONS = words("jr. vs. etc. e.g. i.e. no. inc. ltd. co. corp. dept.") | {
    title for title in TITLES if title.endswith(".")
}
_INITIALS = re.compile(r"([A-Za-z]\.)+")

OPENING = "\"'“‘(["
CLOSING = "\"'”’)]"
_TERMINAL = (".", "!", "?", "…", "。", "！", "？")
_STRONG = (";", ":", "—", "–", "--", "；", "：")
_COMMA = (",", "，", "、")


def is_abbreviation(word: str) -> bool:
    """``Mr.``, ``U.S.``, ``J.``: a full stop that ends no sentence."""
    bare = word.strip(OPENING + CLOSING)
    return bare.lower() in _ABBREVIATIONS or bool(_INITIALS.fullmatch(bare))


def ends_sentence(word: str) -> bool:
    """Whether a word carries the mark that ends a sentence."""
    return word.rstrip(CLOSING).endswith(_TERMINAL) and not is_abbreviation(word)


def punctuation_cost(before: str) -> float | None:
    """Cost of a break after a word for the mark it carries; None where it carries none."""
    bare = before.rstrip(CLOSING)
    if ends_sentence(before):
        return 0.0
    if bare.endswith(_STRONG):
        return 2.0
    if bare.endswith(_COMMA):
        return 4.0
    return None


def plain(word: str) -> str:
    """A word in small letters, without the marks around it, its apostrophe straight."""
    return word.replace("’", "'").strip(OPENING + CLOSING + ",;:!?…").lower()


def is_capitalised(word: str) -> bool:
    """Whether a word is written like a name."""
    bare = word.lstrip(OPENING)
    return bare[:1].isupper() and plain(word) != "i" and not plain(word).startswith("i'")


def break_cost(before: str, after: str, first: bool) -> float:
    """How much a break between two neighbouring words disturbs; 0 at the end of a sentence.

    Args:
        before, after: the words at both sides, with their punctuation.
        first: whether ``before`` opens a sentence, and so is capitalised in any case.
    """
    marked = punctuation_cost(before)
    if marked is not None:
        return marked
    left, right = plain(before), plain(after)
    if _belong_together(before, after, first):
        return BAD
    if left in PREPOSITIONS or left in CONJUNCTIONS or left in DETERMINERS:
        return 40.0
    if right in CONJUNCTIONS:
        return 7.0
    if left in BE_AND_HAVE or left in ("not", "never", "very", "too", "you", "it"):
        return 28.0
    if right in PREPOSITIONS:
        return 14.0
    if right in SUBJECTS:
        return 15.0
    if right in ARTICLES or right in POSSESSIVES or right in DETERMINERS:
        return 19.0
    return 28.0 if right in BE_AND_HAVE or right in MODALS else 24.0


def _belong_together(before: str, after: str, first: bool) -> bool:
    left, right = plain(before), plain(after)
    if left in ARTICLES or left in POSSESSIVES:
        return True
    if left in TITLES and is_capitalised(after):
        return True
    if is_capitalised(before) and is_capitalised(after) and not (first and _is_closed(left)):
        return True
    if left[-1:].isdigit() and right in UNITS:
        return True
    if left in SUBJECTS or left in MODALS:
        return right not in CONJUNCTIONS and (right not in PREPOSITIONS or right == "like")
    if left in BE_AND_HAVE:
        return right in ("not", "been", "going", "being") or right.endswith(("ing", "ed", "en"))
    return False


def _is_closed(word: str) -> bool:
    return any(
        word in known for known in (CONJUNCTIONS, PREPOSITIONS, DETERMINERS, PRONOUNS, MODALS)
    )
