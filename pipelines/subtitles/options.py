"""What kind of subtitles are wanted."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from studio.errors import RequestError

#: Endings a track can be written with.
FORMATS = ("srt", "vtt", "ass", "ttml", "json")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Options:
    """Options of ``studio subtitles``.

    Attributes:
        out: folder for the results.
        language: ISO 639-1 code of the speech, or ``auto``.
        profile: a profile's name or a TOML file; empty takes the one for the language.
        formats: of :data:`FORMATS`.
        speakers: ``auto``, how many there are, or ``off``.
        faces: whether the voices are compared with the mouths that are seen, to propose names
            for them: ``on``, ``off``, or ``auto`` where the gallery knows somebody.
        gallery: folder of known people, or None for the usual one.
        names: speaker labels and the names they get, ``("S1", "Ada")``; kept for later runs.
        translate: language to translate to as well; empty for none.
        glossary: file of terms and their translations, or None.
        burn_in: draw the cues into the picture, the translated ones where there are any.
        style: TOML file that says how drawn cues look, or None.
        align: file of the right text, plain or subtitles, that is set to the sound, or None.
        audio_stream: number of the sound stream in the file, or its language; empty for the
            file's own choice.
        soft: also copy the film with the cues as a track that can be switched on.
        speech_model: name of the model that hears, from the catalogue; empty for the usual.
        seed: same footage, options and seed give the same subtitles.
        dry_run: plan only; nothing is written.
        from_plan: render this plan; nothing is heard again.
    """

    out: Path
    language: str = "auto"
    profile: str = ""
    formats: tuple[str, ...] = ("srt", "vtt")
    speakers: str = "auto"
    faces: str = "auto"
    gallery: Path | None = None
    names: tuple[tuple[str, str], ...] = ()
    translate: str = ""
    glossary: Path | None = None
    burn_in: bool = False
    style: Path | None = None
    align: Path | None = None
    audio_stream: str = ""
    soft: bool = False
    speech_model: str = ""
    seed: int = 0
    dry_run: bool = False
    from_plan: Path | None = None


def checked(options: Options) -> Options:
    """The options, once each is known to be possible.

    Raises:
        RequestError: one is not; the message names it.
    """
    for name in options.formats:
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, 1)
            raise RequestError(
                f"--format {name} is not possible." + (f" Did you mean {near[0]}?" if near else ""),
                f"There are {', '.join(FORMATS)}; several with commas between them.",
            )
    if not options.formats:
        raise RequestError("--format names nothing.", f"There are {', '.join(FORMATS)}.")
    for name, code in (("language", options.language), ("translate", options.translate)):
        if code not in ("", "auto") and not _LANGUAGE.fullmatch(code):
            raise RequestError(
                f"--{name} {code} is no language code.", "Give an ISO 639-1 code such as ko or en."
            )
    if options.translate == "auto":
        raise RequestError("--translate needs a language.", "Give a code such as ko or en.")
    if options.speakers not in ("auto", "off") and not (
        options.speakers.isascii()
        and options.speakers.isdigit()
        and 1 <= int(options.speakers) <= 20
    ):
        raise RequestError(
            f"--speakers {options.speakers} is not possible.", "Give auto, off, or 1 to 20."
        )
    _check_faces(options)
    if options.glossary is not None and not options.translate:
        raise RequestError(
            "A glossary is for a translation, and none is asked for.", "Add --translate TO."
        )
    if options.style is not None and not options.burn_in and "ass" not in options.formats:
        raise RequestError(
            "--style says how drawn cues look, and none are drawn.",
            "Add --burn-in, or --format ass.",
        )
    for label, name in options.names:
        if not label.strip() or not name.strip() or "\n" in name:
            raise RequestError(
                f"--name {label}={name} names nobody.", "Write the label and the name: S1=Ada."
            )
    if options.from_plan is not None and options.align is not None:
        raise RequestError(
            "--from-plan renders what the plan says; --align would hear again.", "Give one of them."
        )
    return options


def _check_faces(options: Options) -> None:
    if options.faces not in ("auto", "on", "off"):
        raise RequestError(f"--faces {options.faces} is not possible.", "Give auto, on or off.")
    if options.faces == "on" and options.speakers == "off":
        raise RequestError(
            "--faces on proposes names for voices, and --speakers off tells none apart.",
            "Leave out one of them.",
        )
