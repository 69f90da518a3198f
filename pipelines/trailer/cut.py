"""One solved cut: slots filled with windows of footage, made into a timeline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.trailer.conform import aspect_ratio, crop_shares, timeline_size
from pipelines.trailer.likeness import likeness
from pipelines.trailer.music_fit import Fit
from pipelines.trailer.options import Options
from pipelines.trailer.reasons import reasons_for
from pipelines.trailer.reframe import crop_path
from pipelines.trailer.scores import Sheet
from pipelines.trailer.shape import Layout
from pipelines.trailer.sound_plan import Placed, plan_sounds
from pipelines.trailer.tape import Tape, seconds_of
from pipelines.trailer.windows import Demand, Piece, Window, best_window, piece_of
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, Clip, CropKey, Reason, Role, Sound, Transition

_BROLL_MOST, _BROLL_LONGEST_S, _BROLL_LEAST_S = 40, 8.0, 1.0
#: Unused shots worth less than this share of the footage's shots are not good.
_BROLL_PERCENTILE = 20
#: A picture this near to the wanted shape is left alone.
_SAME_SHAPE = 0.015


@dataclass(frozen=True)
class CuttingRoom:
    """Everything that all versions of a cut share.

    Attributes:
        tapes, sheets: the footage and its scores.
        rate: of the timeline.
        options: what was asked for.
        scale: see :func:`pipelines.trailer.likeness.likeness_scale`.
        fit: the music, or None.
        mute: whether the music is the footage's own sound, so that no clip is heard.
    """

    tapes: tuple[Tape, ...]
    sheets: tuple[Sheet, ...]
    rate: FrameRate
    options: Options
    scale: tuple[float, float]
    fit: Fit | None
    mute: bool

    def window(self, piece: Piece, demand: Demand, *, inside_words: bool = False) -> Window | None:
        """The best window of a piece, see :func:`pipelines.trailer.windows.best_window`."""
        tape, sheet = self.tapes[piece.tape], self.sheets[piece.tape]
        return best_window(
            tape, sheet, piece, demand, own_sound=not self.mute, inside_words=inside_words
        )


@dataclass(frozen=True)
class Cut:
    """Pieces and windows, one a slot of the layout."""

    layout: Layout
    pieces: tuple[Piece, ...]
    windows: tuple[Window, ...]

    @property
    def frames(self) -> int:
        """Length in timeline frames, cards included."""
        return self._footage_end + self.layout.end_frames

    @property
    def _footage_end(self) -> int:
        layout = self.layout
        title_last = layout.title_at == len(layout.slots)
        return layout.slots[-1].end + layout.title_frames * title_last

    def boundaries(self) -> set[int]:
        """Timeline frames at which one item follows another."""
        edges = {slot.start for slot in self.layout.slots} | {s.end for s in self.layout.slots}
        return {edge for edge in (*edges, self._footage_end) if 0 < edge < self.frames}


def _crop(
    room: CuttingRoom, tape: Tape, start_frame: int, end_frame: int, frames: int
) -> tuple[CropKey, ...]:
    aspect = room.options.aspect
    if aspect == "source":
        return ()
    width, height = tape.source.display_wh
    ratio = aspect_ratio(aspect)
    if abs(width / height / ratio - 1) <= _SAME_SHAPE:
        return ()
    shares = crop_shares((width, height), ratio)
    return crop_path(tape, start_frame, end_frame, frames, float(room.rate.fps), shares)


def _clip(
    room: CuttingRoom, name: str, piece: Piece, window: Window, demand: Demand,
    transition: Transition, sound: Sound, more: tuple[Reason, ...],
) -> Clip:  # fmt: skip
    tape, sheet = room.tapes[piece.tape], room.sheets[piece.tape]
    start, end = seconds_of(tape, window.start_frame), seconds_of(tape, window.end_frame)
    span = tape.seconds(window.start_frame), tape.seconds(window.end_frame)
    return Clip(
        id=name,
        source=tape.source.id,
        start_frame=window.start_frame,
        end_frame=window.end_frame,
        start=start,
        end=end,
        frames=demand.frames,
        role=demand.role,
        reasons=reasons_for(tape, sheet, demand.role, *span, lips_out_of_step=room.mute) + more,
        transition=transition,
        crop=_crop(room, tape, window.start_frame, window.end_frame, demand.frames),
        sound=sound,
    )


def to_items(room: CuttingRoom, cut: Cut) -> tuple[Clip | Card, ...]:
    """The clips and cards of a cut, in order."""
    layout, options = cut.layout, room.options
    placed = [
        Placed(
            room.tapes[piece.tape],
            room.tapes[piece.tape].seconds(window.start_frame),
            room.tapes[piece.tape].seconds(window.end_frame),
            slot.start,
            slot.demand.frames,
        )
        for slot, piece, window in zip(layout.slots, cut.pieces, cut.windows, strict=True)
    ]
    sounds = plan_sounds(
        placed, cut.frames, float(room.rate.fps), music=room.fit is not None, mute=room.mute
    )
    alike = likeness(list(cut.pieces), room.scale)
    items: list[Clip | Card] = []
    title = Card("title", options.title, layout.title_frames, "title", layout.title_into)
    for number, slot in enumerate(layout.slots):
        if layout.title_at == number:
            items.append(title)
        items.append(
            _clip(
                room, f"clip-{number + 1:02}", cut.pieces[number], cut.windows[number],
                slot.demand, slot.transition, sounds[number], (_difference(number, alike),),
            )
        )  # fmt: skip
    if layout.title_at == len(layout.slots):
        items.append(title)
    if layout.end_frames:
        items.append(Card("end", options.end_card, layout.end_frames, "end", layout.end_into))
    return tuple(items)


def _difference(number: int, alike: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Reason:
    others = np.delete(alike[number], number)
    nearest = float(others.max()) if len(others) else 0.0
    word = "unlike" if nearest < 0.5 else "somewhat like" if nearest < 0.9 else "much like"
    return Reason(
        "difference", round(1 - min(1.0, nearest), 3), 0.1, f"{word} the other clips chosen"
    )


def to_broll(room: CuttingRoom, cut: Cut) -> tuple[Clip, ...]:
    """Good shots that the cut leaves unused, best first, each at its best eight seconds."""
    used = {(piece.tape, piece.shot) for piece in cut.pieces}
    least = round(_BROLL_LEAST_S * float(room.rate.fps))
    most = round(_BROLL_LONGEST_S * float(room.rate.fps))
    longest: dict[tuple[int, int], Piece] = {}
    for tape, sheet in zip(room.tapes, room.sheets, strict=True):
        for stretch in tape.stretches:
            key = (tape.number, stretch.shot)
            piece = piece_of(tape, sheet, stretch.shot, stretch.start_frame, stretch.end_frame)
            old = longest.get(key)
            if old is None or _span(piece) > _span(old):
                longest[key] = piece
    found: list[tuple[float, Piece, Window, Demand]] = []
    worths = []
    for piece in longest.values():
        frames = room.tapes[piece.tape].clock.longest(piece.start_frame, piece.end_frame)
        if frames < least:
            continue
        # Words may stand so close that only a shorter window ends in gaps between them.
        for length in sorted({min(frames, most), min(frames, 2 * least), least}, reverse=True):
            demand = Demand(Role.BROLL, length)
            window = room.window(piece, demand)
            if window is not None:
                break
        else:
            continue
        worths.append(window.worth)
        if (piece.tape, piece.shot) not in used:
            found.append((window.worth, piece, window, demand))
    if not found:
        return ()
    good = float(np.percentile(worths, _BROLL_PERCENTILE))
    found = sorted((f for f in found if f[0] >= good), key=lambda f: -f[0])[:_BROLL_MOST]
    return tuple(
        _clip(room, f"broll-{i + 1:02}", piece, window, demand, Transition(), Sound(), ())
        for i, (_, piece, window, demand) in enumerate(found)
    )


def _span(piece: Piece) -> int:
    return piece.end_frame - piece.start_frame


def output_size(room: CuttingRoom) -> tuple[int, int]:
    """Width and height of the timeline's picture."""
    return timeline_size([tape.analysis for tape in room.tapes], room.options.aspect)
