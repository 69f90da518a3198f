"""An analysis as a JSON object and as lines a person reads."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from pipelines.analysis.result import Result
from pipelines.analysis.safety import flags
from studio.codec import to_json
from studio.types.analysis import FootageAnalysis, PictureFacts, SoundFacts, Speech, ViewFacts
from studio.types.detections import Detections
from studio.types.media import FrameTimes, MediaInfo
from studio.types.motion import BodyTrack
from studio.types.shot import Shot
from studio.types.speakers import Speakers


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio analyze --json`` prints it."""
    data = analysis_json(result.analysis)
    data["stored"] = list(result.stored)
    data["computed"] = list(result.computed)
    data["wall_s"] = round(result.wall_s, 3)
    return data


def analysis_json(analysis: FootageAnalysis) -> dict[str, Any]:
    """Every part that is known, times as rational seconds, boxes as shares of the picture."""
    times = analysis.frame_times
    data: dict[str, Any] = {
        "media": media_json(analysis.media, times),
        "seen_share": analysis.seen_share,
    }
    if analysis.shots is not None:
        data["shots"] = [shot_json(shot) for shot in analysis.shots]
    for name, found in (("objects", analysis.objects), ("faces", analysis.faces)):
        if found is not None:
            data[name] = detections_json(found, times)
    if analysis.embeddings is not None:
        data["embeddings"] = {
            "model": analysis.embeddings.model,
            "frames": analysis.embeddings.frames.tolist(),
            "dimensions": int(analysis.embeddings.vectors.shape[1]),
        }
    for name, facts in (("picture", analysis.picture), ("sound", analysis.sound)):
        if facts is not None:
            data[name] = _facts_json(facts)
    if analysis.views is not None:
        data["views"] = views_json(analysis.views)
    if analysis.texts is not None:
        data["texts"] = to_json(analysis.texts)
    if analysis.speech is not None:
        data["speech"] = speech_json(analysis.speech)
    if analysis.speakers is not None:
        data["speakers"] = speakers_json(analysis.speakers)
    if analysis.sound_events is not None:
        data["sound_events"] = to_json(analysis.sound_events)
    data |= _motion_json(analysis)
    data["models"] = analysis.models
    data["seconds"] = {k: round(v, 3) for k, v in (analysis.seconds or {}).items()}
    data["notes"] = list(analysis.notes)
    return data


def media_json(info: MediaInfo, times: FrameTimes | None) -> dict[str, Any]:
    """The probed facts, with the counted number of frames."""
    data: dict[str, Any] = to_json(info)
    if info.video is not None:
        data["video"]["rate"] = str(info.video.rate.fps)
        data["video"]["display_wh"] = list(info.video.display_wh)
        data["video"]["frames"] = len(times) if times is not None else None
    return data


def shot_json(shot: Shot) -> dict[str, Any]:
    """One shot; frames from 0, ends exclusive."""
    return {
        "start_frame": shot.start_frame,
        "end_frame": shot.end_frame,
        "start": str(shot.start),
        "end": str(shot.end),
        "transition": shot.transition.value,
        "clean_start_frame": shot.clean_start_frame,
        "clean_end_frame": shot.clean_end_frame,
        "doubtful_frames": list(shot.doubtful_frames),
    }


def detections_json(found: Detections, times: FrameTimes | None) -> dict[str, Any]:
    """Sampled frames, and a row for each box."""
    rows = []
    for i, frame in enumerate(found.frames.tolist()):
        row: dict[str, Any] = {
            "frame": frame,
            "time": str(times.start(frame)) if times is not None else None,
            "label": found.labels[int(found.label_ids[i])],
            "score": round(float(found.scores[i]), 4),
            "xyxy": np.round(found.xyxy[i].astype(float), 4).tolist(),
        }
        if found.attribute_names:
            values = np.round(found.attributes[i].astype(float), 3).tolist()
            row["attributes"] = dict(zip(found.attribute_names, values, strict=True))
        rows.append(row)
    return {"sampled_frames": found.sampled_frames.tolist(), "found": rows}


def _motion_json(analysis: FootageAnalysis) -> dict[str, Any]:
    times, data = analysis.frame_times, dict[str, Any]()
    if analysis.noises is not None:
        data["noises"] = to_json(analysis.noises)
    if times is not None and analysis.bodies is not None and analysis.body_tracks is not None:
        tracks = analysis.body_tracks.tracks(analysis.bodies)
        data["body_tracks"] = [track_json(track, times) for track in tracks]
    if times is not None and analysis.safety is not None:
        data["safety"] = to_json(flags(analysis.safety, times))
    return data


def track_json(track: BodyTrack, times: FrameTimes) -> dict[str, Any]:
    """One body's way: from its first sample to the end of its last frame, and a row a sample."""
    rows = [
        [frame, *np.round(box.astype(float), 4).tolist(), round(float(score), 3)]
        for frame, box, score in zip(track.frames.tolist(), track.xyxy, track.scores, strict=True)
    ]
    return {
        "number": track.number,
        "shot": track.shot,
        "start": str(times.start(int(track.frames[0]))),
        "end": str(times.start(int(track.frames[-1]) + 1)),
        "confidence": round(track.confidence, 3),
        "gaps": track.gaps,
        "frame_left_top_right_bottom_score": rows,
    }


def views_json(views: ViewFacts) -> dict[str, Any]:
    """A row a sampled frame; movement that could not be told is null."""
    rows = []
    for i, frame in enumerate(views.frames.tolist()):
        moves = {
            name: None if np.isnan(value) else round(float(value), 4)
            for name, value in (
                ("pan", views.pan[i]),
                ("tilt", views.tilt[i]),
                ("zoom", views.zoom[i]),
                ("roll_deg", views.roll_deg[i]),
            )
        }
        classes = [
            (views.class_names[number], round(float(score), 4))
            for number, score in zip(views.class_ids[i], views.class_scores[i], strict=True)
            if number >= 0
        ]
        colors = [
            ["#" + bytes(color).hex(), round(float(share), 3)]
            for color, share in zip(views.colors_rgb[i], views.color_shares[i], strict=True)
        ]
        row = {"frame": frame, **moves, "classes": classes, "colors": colors}
        rows.append({**row, "sky": round(float(views.sky[i]), 3)})
    return {"frames": rows}


def speech_json(speech: Speech) -> dict[str, Any]:
    """Spans of voice, and the words where they were asked for."""
    data: dict[str, Any] = {
        "ranges": [{"start": str(r.start), "end": str(r.end)} for r in speech.ranges]
    }
    if speech.transcript is not None:
        data["transcript"] = to_json(speech.transcript)
    return data


def speakers_json(speakers: Speakers) -> dict[str, Any]:
    """Turns and where two speak at once; the words name their speakers themselves."""
    return {
        "labels": list(speakers.labels),
        "turns": to_json(speakers.turns),
        "overlaps": to_json(speakers.overlaps),
    }


def _facts_json(facts: PictureFacts | SoundFacts) -> dict[str, Any]:
    """Measures by name, in columns, with four decimals."""
    data: dict[str, Any] = {}
    for field in dataclasses.fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            value = np.round(value.astype(np.float64), 4)
        data[field.name] = value.tolist() if isinstance(value, np.ndarray) else round(value, 4)
    return data


def summarise(result: Result) -> str:
    """A few lines for a terminal."""
    analysis, info = result.analysis, result.analysis.media
    lines = [f"{info.path.name}: {_media_line(info, analysis.frame_times)}"]
    if analysis.shots is not None:
        kinds = [shot.transition.value for shot in analysis.shots[1:]]
        counts = ", ".join(f"{kinds.count(k)} {k}s" for k in ("cut", "dissolve", "fade"))
        doubtful = sum(len(shot.doubtful_frames) for shot in analysis.shots)
        lines.append(f"shots     {len(analysis.shots)} ({counts}; {doubtful} more in doubt)")
    for name, found in (("objects", analysis.objects), ("faces", analysis.faces)):
        if found is not None:
            lines.append(f"{name:<9} {_detections_line(found)}")
    if analysis.embeddings is not None:
        lines.append(f"embedded  {len(analysis.embeddings.frames)} frames")
    if analysis.texts:
        read = "; ".join(
            f"{t.text} {float(t.start):.1f}–{float(t.end):.1f} s" for t in analysis.texts
        )
        lines.append(f"read      {read}"[:170])
    if analysis.speech is not None:
        spoken = float(sum(r.duration for r in analysis.speech.ranges))
        script = analysis.speech.transcript
        words = f", {len(script.words)} words ({script.language})" if script else ""
        lines.append(f"speech    {spoken:.1f} s in {len(analysis.speech.ranges)} spans{words}")
        if script:
            lines.append(f"          {' '.join(w.text for w in script.words)[:160]}")
    if analysis.speakers is not None and analysis.speakers.labels:
        lines.append(f"speakers  {_speakers_line(analysis.speakers)}")
    if analysis.sound_events:
        events = (
            f"{e.label} {float(e.start):.1f}–{float(e.end):.1f} s" for e in analysis.sound_events
        )
        lines.append(f"heard     {', '.join(events)}"[:170])
    lines += _motion_lines(analysis)
    if analysis.sound is not None:
        sound = analysis.sound
        tempo = f"{sound.tempo_bpm:.0f} bpm, {len(sound.beats_s)} beats"
        lines.append(f"sound     {sound.integrated_lufs:.1f} LUFS, {tempo}")
    if analysis.seen_share < 1:
        lines.append(f"seen      {analysis.seen_share:.1%} of the frames could be decoded")
    lines.append(
        f"stored: {', '.join(result.stored) or 'none'}; "
        f"computed: {', '.join(result.computed) or 'none'}; {result.wall_s:.1f} s"
    )
    lines += [f"note: {note}" for note in analysis.notes]
    return "\n".join(lines)


def _media_line(info: MediaInfo, times: FrameTimes | None) -> str:
    text = f"{float(info.duration):.2f} s"
    if info.video is not None:
        width, height = info.video.display_wh
        frames = len(times) if times is not None else 0
        text += f", {width}x{height} at {info.video.rate}, {frames} frames, {info.video.codec}"
    return text + (f", {info.audio.codec}" if info.audio is not None else ", no sound")


def _detections_line(found: Detections) -> str:
    ids, counts = np.unique(found.label_ids, return_counts=True)
    order = np.argsort(-counts)[:6]
    names = ", ".join(f"{found.labels[int(ids[i])]} {counts[i]}" for i in order)
    return f"{len(found)} on {len(found.sampled_frames)} frames" + (f": {names}" if names else "")


def _motion_lines(analysis: FootageAnalysis) -> list[str]:
    lines = []
    if analysis.noises:
        noises = (f"{e.label} {float(e.start):.1f} s" for e in analysis.noises)
        lines.append(f"noises    {', '.join(noises)}"[:170])
    if analysis.bodies is not None and analysis.body_tracks is not None:
        found = f"{len(analysis.bodies)} on {len(analysis.bodies.sampled_frames)} frames"
        lines.append(f"bodies    {found} in {len(analysis.body_tracks)} tracks")
    if analysis.safety is not None and analysis.frame_times is not None:
        told = [
            f"{f.label} {float(f.start):.1f}–{float(f.end):.1f} s ({f.score:.2f})"
            for f in flags(analysis.safety, analysis.frame_times)
        ]
        nothing = "nothing flagged; how much is missed was never measured"
        lines.append(f"safety    {', '.join(told)[:160] or nothing}")
    return lines


def _speakers_line(speakers: Speakers) -> str:
    spoken = (
        f"{label} {float(sum(t.end - t.start for t in speakers.turns if t.speaker == label)):.1f} s"
        for label in speakers.labels
    )
    return ", ".join(spoken)
