"""From what is known of the footage to finished cuts; pure, and the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from fractions import Fraction

from pipelines.trailer.cut import Cut, CuttingRoom, output_size, to_broll, to_items
from pipelines.trailer.likeness import likeness_scale
from pipelines.trailer.music_fit import Bed, Fit, bed_from_footage, fit_music
from pipelines.trailer.options import Options, checked
from pipelines.trailer.pulse import Pulse
from pipelines.trailer.scores import Learnt, score
from pipelines.trailer.shape import Brief, Cards, card_frames, lay_out, least_clip_frames
from pipelines.trailer.short import fill_short
from pipelines.trailer.solve import Earlier, fill
from pipelines.trailer.tape import Tape, load_tapes
from studio.codec import to_json
from studio.errors import RequestError
from studio.types.analysis import FootageAnalysis, SoundFacts
from studio.types.media import MediaInfo
from studio.types.timecode import FrameRate
from studio.types.timeline import Timeline

#: How long shots may stand against the pace's own length, and how often one may come back, in
#: the order in which they are tried.
_WAYS = (
    (1.0, 1), (1.0, 2), (1.3, 2), (0.8, 2), (0.65, 2),
    (1.7, 3), (0.5, 3), (2.3, 3), (3.2, 4), (4.5, 4),
)  # fmt: skip
_STRONG_LINE = 0.5
_NEAR_ENOUGH_S = 0.5
#: Options that say where results go, not what they are.
_NOT_RECORDED = ("out", "dry_run", "from_plan")


def plan_cuts(
    footage: Sequence[FootageAnalysis],
    options: Options,
    music: tuple[MediaInfo, SoundFacts] | None = None,
    avoid: Mapping[str, Sequence[int]] | None = None,
    learnt: Mapping[str, Learnt] | None = None,
) -> tuple[Timeline, ...]:
    """The cuts that were asked for, each different.

    Args:
        footage: what is known of each file, in the order of the story.
        options: what is wanted.
        music: the music file's probe and measures, or None. Without it, and where the footage
            itself is music, one unbroken stretch of its own sound is laid under the cut.
        avoid: content hash to source frames that no clip may hold, such as
            :func:`pipelines.trailer.self_check.unplanned_cuts` found in a rehearsal.
        learnt: what a trained scorer says of the footage, see ``scores.score``.

    Returns:
        one timeline a version.

    Raises:
        RequestError: an option cannot work, or nothing in the footage is usable.
    """
    checked(options)
    tapes, rate, notes = load_tapes(footage, options.spoiler_window, avoid)
    least = least_clip_frames(options.pace, rate)
    usable = sum(
        longest for tape in tapes for longest in _stretch_lengths(tape) if longest >= least
    )
    if not usable:
        raise _nothing_usable(tapes, rate, least, options)
    wanted = rate.nearest(Fraction(options.length_s))
    cards = card_frames(wanted, rate, title=bool(options.title), end_card=bool(options.end_card))
    total = min(wanted, usable + cards.title + cards.end)
    if total < wanted:
        cards = card_frames(total, rate, title=bool(options.title), end_card=bool(options.end_card))
    if total - cards.title - cards.end < least:
        raise RequestError(
            f"{options.length_s:g} s leave no room for footage beside the cards.",
            "Ask for a longer trailer or leave a card out.",
        )
    room = _room(tapes, rate, options, music, total, cards, learnt)
    timelines, earlier = [], Earlier()
    for version in range(options.versions):
        cut, more = _cut(room, total, cards, version, earlier)
        if cut.frames < wanted - _NEAR_ENOUGH_S * float(rate.fps):
            more = (*more, _short_note(tapes, options.length_s, float(rate.seconds(cut.frames))))
        timelines.append(_timeline(room, cut, version, (*notes, *_music_notes(room, cut), *more)))
        earlier.add(cut)
    return tuple(timelines)


def _room(
    tapes: tuple[Tape, ...], rate: FrameRate, options: Options,
    music: tuple[MediaInfo, SoundFacts] | None, total: int, cards: Cards,
    learnt: Mapping[str, Learnt] | None,
) -> CuttingRoom:  # fmt: skip
    bed: Bed | None
    if music is not None:
        media, sound = music
        audio = media.audio
        bed = Bed(
            media, sound, False, float(audio.start + audio.duration if audio else media.duration)
        )
    else:
        bed = bed_from_footage(tapes, float(rate.seconds(total)))
    footage = total - cards.title - cards.end
    fit: Fit | None = fit_music(bed, total, footage, rate) if bed else None
    mute = bed is not None and bed.own
    return CuttingRoom(
        tapes=tapes,
        sheets=score(tapes, lips_out_of_step=mute, learnt=learnt),
        rate=rate,
        options=options,
        scale=likeness_scale(tapes),
        fit=fit,
        mute=mute,
    )


def _cut(
    room: CuttingRoom, total: int, cards: Cards, version: int, earlier: Earlier
) -> tuple[Cut, tuple[str, ...]]:
    """The first way that works: the usual shape, shots standing longer or shorter, shots coming
    back, whole shots in order; and only then cuts inside words, which are never heard."""
    pulse = room.fit.pulse if room.fit else Pulse.free(total, float(room.rate.fps))
    seed = room.options.seed * 1009 + version
    talk_s = 0.0 if room.mute else _talk_s(room)
    for inside_words in (False, True):
        for scale, most_a_shot in _WAYS:
            for dissolves in (True, False):
                brief = Brief(total, cards, room.options.pace, scale, talk_s, dissolves, seed)
                layout = lay_out(brief, pulse, room.rate)
                if layout is None:
                    continue
                cut = fill(room, layout, most_a_shot, earlier, seed, inside_words=inside_words)
                if cut is not None:
                    return cut, _word_notes(inside_words)
        short = fill_short(room, total, cards, pulse, inside_words=inside_words)
        if short is not None:
            more = (
                () if version == 0 else ("The footage has too few shots for versions that differ.",)
            )
            return short, (*_word_notes(inside_words), *more)
    raise RequestError(
        "No cut of this footage avoids words, black and frozen pictures.",
        "Ask for another length or pace, or give more footage.",
    )


def _music_notes(room: CuttingRoom, cut: Cut) -> tuple[str, ...]:
    if room.fit is None:
        return ()
    pulse = room.fit.pulse
    beside = len(cut.boundaries() - set(pulse.frames.tolist())) if pulse.musical else 0
    if not beside:
        return room.fit.notes
    return (*room.fit.notes, f"Too little footage for the beat: {beside} cuts fall beside it.")


def _word_notes(inside_words: bool) -> tuple[str, ...]:
    if not inside_words:
        return ()
    return ("Speech leaves no gaps to cut in: some pictures change inside a word, unheard.",)


def _talk_s(room: CuttingRoom) -> float:
    """How long a strong line takes, in the middle; 0 where there are hardly any."""
    lines = sorted(
        line.end_s - line.start_s
        for tape in room.tapes
        for line in tape.lines
        if line.strength >= _STRONG_LINE and line.end_s <= tape.limit_s
    )
    return lines[len(lines) // 2] if len(lines) >= 3 else 0.0


def _timeline(room: CuttingRoom, cut: Cut, version: int, notes: tuple[str, ...]) -> Timeline:
    options = room.options
    recorded = {
        f.name: to_json(getattr(options, f.name))
        for f in fields(options)
        if f.name not in _NOT_RECORDED
    }
    return Timeline(
        name="trailer" if version == 0 else f"trailer-{version + 1}",
        rate=room.rate,
        size_wh=output_size(room),
        sources=tuple(tape.source for tape in room.tapes),
        items=to_items(room, cut),
        music=room.fit.music if room.fit else None,
        loudness_lufs=options.loudness_lufs,
        broll=to_broll(room, cut),
        options={**recorded, "version": version + 1},
        models=_models(room),
        notes=notes,
    )


def _models(room: CuttingRoom) -> dict[str, str]:
    made: dict[str, list[str]] = {}
    for tape in room.tapes:
        for part, model in (tape.analysis.models or {}).items():
            if model not in made.setdefault(part, []):
                made[part].append(model)
    return {part: "; ".join(models) for part, models in sorted(made.items())}


def _stretch_lengths(tape: Tape) -> list[int]:
    return [tape.clock.longest(s.start_frame, s.end_frame) for s in tape.stretches]


def _short_note(tapes: tuple[Tape, ...], asked_s: float, got_s: float) -> str:
    whole_s = sum(float(tape.source.duration) for tape in tapes)
    return (
        f"{asked_s:g} s were asked for; the longest good cut of this footage ({whole_s:.1f} s) has "
        f"{got_s:.1f} s, its ending, its cuts and what is black or frozen left out."
    )


def _nothing_usable(
    tapes: tuple[Tape, ...], rate: FrameRate, least: int, options: Options
) -> RequestError:
    longest = max((n for tape in tapes for n in _stretch_lengths(tape)), default=0)
    names = ", ".join(tape.analysis.media.path.name for tape in tapes)
    hint = "Give footage with moving pictures that are not black."
    if longest:
        hint = "Try an energetic pace or a smaller spoiler window, or give more footage."
    got_s, needs_s = float(rate.seconds(longest)), float(rate.seconds(least))
    return RequestError(
        f"Nothing in {names} can be used: the longest good stretch lasts {got_s:.2f} s "
        f"and a clip needs {needs_s:.2f} s.",
        hint,
    )
