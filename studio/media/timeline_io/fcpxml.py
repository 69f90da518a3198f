"""FCPXML 1.9, which Final Cut Pro from 10.4.9 and DaVinci Resolve open.

Written here and not by ``otio-fcpx-xml-adapter`` 1.0.0. Tried: writing raises ``ValueError`` at
23.976 and 29.97, whose rates it does not find; reading takes ``int(rate)`` frames a second, so
that frame 100 of a 29.97 source becomes 96, and truncates floats, so that at 25 frame 29 becomes
28; it has no transitions, no cards, and no ``media-rep``, where versions from 1.9 keep the file.

Every time is exact and a multiple of the frame duration of the clock it is on, else Final Cut
warns of edits off a frame boundary: ``offset`` and ``duration`` are on the timeline's clock,
``start`` on the media's own, which begins at its embedded time code. A clip of another rate
plays in real time (``conform-rate scaleEnabled="0"``). Sound that leads or lags its picture is
a split edit (``audioStart``, ``audioDuration``). Left-over shots are clips of the event with the
keyword "B-roll". Checked against the element order and attributes of Apple's DTD; not opened in
Final Cut itself.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

from studio.media.timeline_io.conform import (
    Heard,
    Joint,
    Placed,
    file_uri,
    heard,
    joints,
    music_frames,
    music_source,
    notes_of,
    place,
    place_clip,
    reasons_text,
    record_start,
    start_code,
    whole_frames,
    writable,
)
from studio.media.writer import write_beside
from studio.types.timecode import FrameRate
from studio.types.timeline import Card, Clip, CropKey, Music, Source, Timeline

Element = ElementTree.Element
_Sub = ElementTree.SubElement

#: Identifiers of what Final Cut brings along.
_EFFECTS = {
    "dissolve": ("Cross Dissolve", "FxPlug:4731E73A-8DAC-4113-9A30-AE85B1761265"),
    "dip": ("Fade To Color", "FxPlug:F779C565-486D-4633-8035-0374B4DB8F5C"),
    "title": (
        "Basic Title",
        ".../Titles.localized/Bumper:Opener.localized/Basic Title.localized/Basic Title.moti",
    ),
}
#: The rates that ``conform-rate`` can name.
_CONFORM = {
    Fraction(24000, 1001): "23.98",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30000, 1001): "29.97",
    Fraction(30): "30",
    Fraction(48000, 1001): "47.95",
    Fraction(48): "48",
    Fraction(50): "50",
    Fraction(60000, 1001): "59.94",
    Fraction(60): "60",
}


def write_fcpxml(timeline: Timeline, path: Path) -> tuple[str, ...]:
    """Write ``.fcpxml``.

    Returns:
        What differs from the plan.

    Raises:
        EncodeFailed: it cannot be written.
        RequestError: a clip is longer than its media.
    """
    text = to_fcpxml(timeline)
    with write_beside(path) as beside:
        beside.write_text(text, encoding="utf-8")
    notes = notes_of(timeline, place(timeline))
    talks = any(clip.sound.kind == "dialogue" for clip in timeline.clips)
    if timeline.music is not None and talks:
        notes.append("the music is laid under the cut at one level: its ducking is not written")
    return tuple(notes)


def to_fcpxml(timeline: Timeline) -> str:
    """The cut as FCPXML.

    Raises:
        RequestError: a clip is longer than its media.
    """
    return _Writer(timeline).document()


class _Writer:
    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.rate = timeline.rate
        self.start = record_start(timeline.rate)
        self.resources = Element("resources")
        self.ids: dict[object, str] = {}
        self.sounds: dict[str, Heard] = {
            sound.placed.clip.id: sound for track in heard(timeline) for sound in track
        }

    def document(self) -> str:
        timeline = self.timeline
        root = Element("fcpxml", version="1.9")
        root.append(self.resources)
        sequence_format = self._format(timeline.rate, timeline.size_wh)
        event = _Sub(_Sub(root, "library"), "event", name=writable(timeline.name))
        for clip in timeline.broll:
            event.append(self._broll(clip))
        if timeline.broll:
            _Sub(event, "keyword-collection", name="B-roll")
        project = _Sub(event, "project", name=writable(timeline.name))
        sequence = _Sub(
            project,
            "sequence",
            format=sequence_format,
            duration=_seconds(timeline.duration),
            tcStart=_seconds(self.start.seconds),
            tcFormat="DF" if self.start.drop else "NDF",
            audioLayout="stereo",
            audioRate="48k",
        )
        if timeline.notes:
            _Sub(sequence, "note").text = writable("\n".join(timeline.notes))
        self._spine(_Sub(sequence, "spine"))
        ElementTree.indent(root, "  ")
        text = ElementTree.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'

    def _id(self, key: object, tag: str, **attributes: str) -> str:
        if key not in self.ids:
            self.ids[key] = f"r{len(self.ids) + 1}"
            _Sub(self.resources, tag, {"id": self.ids[key], **attributes})
        return self.ids[key]

    def _format(self, rate: FrameRate, size_wh: tuple[int, int]) -> str:
        return self._id(
            (rate, size_wh),
            "format",
            frameDuration=_seconds(rate.seconds(1)),
            width=str(size_wh[0]),
            height=str(size_wh[1]),
        )

    def _effect(self, kind: str) -> str:
        name, uid = _EFFECTS[kind]
        return self._id(kind, "effect", name=name, uid=uid)

    def _asset(self, source: Source) -> str:
        size = self._format(source.rate, source.display_wh)
        known = source in self.ids
        attributes = {"hasAudio": "1", "audioSources": "1"} if source.has_audio else {}
        asset = self._id(
            source,
            "asset",
            name=writable(Path(source.path).name),
            start=_seconds(start_code(source).seconds),
            duration=_seconds(source.rate.seconds(whole_frames(source))),
            hasVideo="1",
            format=size,
            videoSources="1",
            **attributes,
        )
        if not known:
            _Sub(self.resources[-1], "media-rep", kind="original-media", src=file_uri(source.path))
        return asset

    def _spine(self, spine: Element) -> None:
        timeline, rate = self.timeline, self.rate
        placed = {p.clip.id: p for p in place(timeline)}
        for (at, item), joint in zip(timeline.placed(), joints(timeline), strict=False):
            if joint.kind != "cut":
                spine.append(self._transition(joint, at))
            if isinstance(item, Card):
                element = self._title(item, at)
            else:
                element = self._clip(placed[item.id])
                element.set("offset", _seconds(self.start.seconds + rate.seconds(at)))
            spine.append(element)
            if at == 0 and timeline.music is not None and music_frames(timeline):
                self._music(element)

    def _transition(self, joint: Joint, at: int) -> Element:
        transition = Element(
            "transition",
            name=_EFFECTS[joint.kind][0],
            offset=_seconds(self.start.seconds + self.rate.seconds(at - joint.before)),
            duration=_seconds(self.rate.seconds(joint.frames)),
        )
        _Sub(
            transition,
            "filter-video",
            ref=self._effect(joint.kind),
            name=_EFFECTS[joint.kind][0],
        )
        return transition

    def _title(self, card: Card, at: int) -> Element:
        offset = _seconds(self.start.seconds + self.rate.seconds(at))
        title = Element(
            "title",
            ref=self._effect("title"),
            name=f"{card.kind} card",
            offset=offset,
            start=offset,
            duration=_seconds(self.rate.seconds(card.frames)),
        )
        style = f"ts{len(self.ids)}-{at}"
        _Sub(_Sub(title, "text"), "text-style", ref=style).text = writable(card.text)
        _Sub(
            _Sub(title, "text-style-def", id=style),
            "text-style",
            font="Helvetica",
            fontSize="96",
            fontColor="1 1 1 1",
            alignment="center",
        )
        return title

    def _clip(self, placed: Placed) -> Element:
        clip, source = placed.clip, placed.source
        origin = start_code(source).seconds
        element = Element(
            "asset-clip",
            ref=self._asset(source),
            name=writable(Path(source.path).name),
            start=_seconds(origin + placed.start),
            duration=_seconds(self.rate.seconds(clip.frames)),
            format=self._format(source.rate, source.display_wh),
            tcFormat="DF" if start_code(source).drop else "NDF",
        )
        sound = self.sounds.get(clip.id)
        if sound is None:
            element.set("srcEnable", "video")
        else:
            element.set("audioRole", "dialogue" if clip.sound.kind == "dialogue" else "effects")
            if sound.frames != clip.frames:
                first = source.rate.frame_at(sound.start)
                last = source.rate.frame_at(sound.start + self.rate.seconds(sound.frames))
                element.set("audioStart", _seconds(origin + source.rate.seconds(first)))
                element.set("audioDuration", _seconds(source.rate.seconds(last - first)))
        _Sub(element, "note").text = writable(reasons_text(clip))
        self._conform_rate(element, source)
        if clip.crop:
            self._reframe(element, placed)
        if sound is not None and clip.sound.gain_db:
            _Sub(element, "adjust-volume", amount=f"{clip.sound.gain_db:g}dB")
        return element

    def _reframe(self, element: Element, placed: Placed) -> None:
        """A crop as scale and position over Final Cut's own fitting of the picture.

        Position is in hundredths of the frame's height, up is positive; scale is in shares of
        the fitted picture. Keys stand at times of the clip's own clock.
        """
        source, keys = placed.source, placed.clip.crop
        moves = [self._move(key, source) for key in keys]
        transform = _Sub(element, "adjust-transform", position=moves[0][0], scale=moves[0][1])
        origin = start_code(source).seconds + placed.start
        for number, name in enumerate(("position", "scale")):
            if len({move[number] for move in moves}) == 1:
                continue
            animation = _Sub(_Sub(transform, "param", name=name), "keyframeAnimation")
            for key, move in zip(keys, moves, strict=True):
                time = _seconds(origin + self.rate.seconds(key.frame))
                _Sub(animation, "keyframe", time=time, value=move[number], curve="linear")

    def _move(self, key: CropKey, source: Source) -> tuple[str, str]:
        (width, height), (wide, high) = source.display_wh, self.timeline.size_wh
        fitted = min(wide / width, high / height)
        enlarged = wide / (key.width * width)
        x = (0.5 - key.center_x) * width * enlarged / high * 100
        y = (key.center_y - 0.5) * height * enlarged / high * 100
        return f"{x:.4f} {y:.4f}", f"{enlarged / fitted:.5f} {enlarged / fitted:.5f}"

    def _music(self, host: Element) -> None:
        music, source = self.timeline.music, music_source(self.timeline)
        assert music is not None
        rate, origin = (self.rate, Fraction(0))
        if source is not None:
            asset, rate, origin = self._asset(source), source.rate, start_code(source).seconds
        else:
            asset = self._music_asset(music)
        clip = Element(
            "asset-clip",
            ref=asset,
            lane="-1",
            offset=host.get("start", "0s"),
            name=writable(Path(music.path).name),
            start=_seconds(origin + rate.seconds(rate.frame_at(music.start))),
            duration=_seconds(self.rate.seconds(music_frames(self.timeline))),
            audioRole="music",
        )
        if source is not None:
            clip.set("srcEnable", "audio")
            self._conform_rate(clip, source)
        if music.gain_db:
            _Sub(clip, "adjust-volume", amount=f"{music.gain_db:g}dB")
        host.append(clip)

    def _music_asset(self, music: Music) -> str:
        whole = {} if music.duration is None else {"duration": _seconds(music.duration)}
        asset = self._id(
            "music",
            "asset",
            name=writable(Path(music.path).name),
            start="0s",
            hasAudio="1",
            audioSources="1",
            **whole,
        )
        _Sub(self.resources[-1], "media-rep", kind="original-media", src=file_uri(music.path))
        return asset

    def _conform_rate(self, element: Element, source: Source) -> None:
        if source.rate != self.rate:
            conform = _Sub(element, "conform-rate", scaleEnabled="0")
            if source.rate.fps in _CONFORM:
                conform.set("srcFrameRate", _CONFORM[source.rate.fps])

    def _broll(self, clip: Clip) -> Element:
        placed = place_clip(self.timeline, clip, 0)
        source = placed.source
        frames = min(source.rate.frame_at(self.rate.seconds(clip.frames)), whole_frames(source))
        start = _seconds(start_code(source).seconds + placed.start)
        duration = _seconds(source.rate.seconds(max(frames, 1)))
        element = Element(
            "asset-clip",
            ref=self._asset(source),
            name=f"B-roll {writable(clip.id)}",
            start=start,
            duration=duration,
            format=self._format(source.rate, source.display_wh),
            tcFormat="DF" if start_code(source).drop else "NDF",
        )
        _Sub(element, "note").text = writable(reasons_text(clip))
        _Sub(element, "keyword", start=start, duration=duration, value="B-roll")
        return element


def _seconds(time: Fraction) -> str:
    return f"{time}s"
