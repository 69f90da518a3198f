"""What is searched for, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError

#: Folder of the index in the folder of what a person made.
FOLDER = "search"
#: Every question gets at most so many answers.
MOST = 500


@dataclass(frozen=True)
class Options:
    """Options of ``studio search``.

    Attributes:
        text: in words, English or Korean; empty for a question of conditions alone.
        person: a name of the gallery, seen at the same time; empty for anybody.
        speech: words said at the same time.
        thing: a kind of thing seen at the same time, one of the detector's.
        like: a picture, or ``FILE@SECONDS``: the shot of a film.
        collection: only its files; a collection of the index, or a project of the library by
            name or id; empty for all.
        owner: whose projects are meant; "" on a machine without accounts.
        most: answers wanted.
        out: folder for results, thumbnails and timelines; None writes nothing.
        clips: whether each answer also becomes a film of its own in ``out``.
        index: folder of the index; None for the usual one.
        seed: nothing is drawn by chance; here so that every pipeline takes it.
        dry_run: only say how the question is understood.
    """

    text: str = ""
    person: str = ""
    speech: str = ""
    thing: str = ""
    like: str = ""
    collection: str = ""
    owner: str = ""
    most: int = 10
    out: Path | None = None
    clips: bool = False
    index: Path | None = None
    seed: int = 0
    dry_run: bool = False


def checked(options: Options) -> Options:
    """The options, once each can work.

    Raises:
        RequestError: naming the one that cannot.
    """
    asked = (options.text, options.person, options.speech, options.thing, options.like)
    if not any(each.strip() for each in asked):
        raise RequestError(
            "Nothing was asked for.",
            'Say what to find: studio search "piano", or --person, --speech, --object, --like.',
        )
    if not 1 <= options.most <= MOST:
        raise RequestError(f"--most {options.most} is not possible.", f"Give 1 to {MOST}.")
    if any(len(each) > 1000 for each in asked):
        raise RequestError("The question is longer than 1000 characters.", "Ask in few words.")
    if options.clips and options.out is None:
        raise RequestError("--clips needs a folder.", "Give one: --out DIR")
    return options


@dataclass(frozen=True)
class IndexOptions:
    """Options of ``studio index add``.

    Attributes:
        collection: to put the files into as well, where it is no project of the library, whose
            footage is found by it in any case; empty for none.
        frames_model: that looks at frames: ``efficientnet-lite0`` or ``hub:siglip2-base``; that
            of the index where empty, which keeps to the one it was begun with.
        library: whether files are put on the library's list too (and into the project that
            ``collection`` names), and without files all footage of that list is meant.
        owner: whose library; "" on a machine without accounts.
        language: of the speech, ISO 639-1, or ``auto``.
        index: folder of the index; None for the usual one.
        cache: whether stored analyses are used.
        people: whether people are told by the gallery, too.
        texts: whether text in the picture is read where it was not yet; what was read is always
            searched.
    """

    collection: str = ""
    language: str = "auto"
    index: Path | None = None
    cache: bool = True
    people: bool = True
    texts: bool = False
    frames_model: str = ""
    library: bool = False
    owner: str = ""


def shot_asked(like: str) -> tuple[Path, float] | None:
    """``FILE@12.5`` as file and seconds; None where it is a plain path.

    Raises:
        RequestError: what follows the last ``@`` is no time, and no file has that name.
    """
    name, mark, at = like.rpartition("@")
    if not mark or Path(like).exists():
        return None
    try:
        seconds = float(at)
        if not math.isfinite(seconds) or seconds < 0:
            raise ValueError(at)
    except ValueError as exc:
        raise RequestError(
            f"{like!r} is no picture and no place in a film.", "Write FILE, or FILE@12.5"
        ) from exc
    return Path(name), seconds
