"""Why a clip was chosen, in words a producer reads."""

from __future__ import annotations

from collections import Counter

import numpy as np

from pipelines.trailer.measures import expression_strength, face_heights
from pipelines.trailer.scores import Sheet, place_score, weights_for
from pipelines.trailer.tape import Tape
from studio.types.detections import Detections
from studio.types.timeline import Reason, Role

_FEELINGS = {
    "happy": "smiling", "happiness": "smiling", "surprise": "surprised", "sad": "sad",
    "sadness": "sad", "angry": "angry", "anger": "angry", "fear": "afraid",
    "disgust": "disgusted", "contempt": "scornful",
}  # fmt: skip
_PLURALS = {"person": "people", "knife": "knives", "mouse": "mice", "sheep": "sheep"}
_NUMBERS = ("no", "one", "two", "three", "four", "five")
_LONGEST_QUOTE = 70
_SURE = 0.4


def reasons_for(
    tape: Tape, sheet: Sheet, role: Role, start_s: float, end_s: float, *, lips_out_of_step: bool
) -> tuple[Reason, ...]:
    """Every score of a span of footage in a role, the one that counted most first."""
    weights = weights_for(role, lips_out_of_step=lips_out_of_step)
    first = int(np.searchsorted(tape.clock.edges_s, start_s + 1e-6, side="right")) - 1
    last = int(np.searchsorted(tape.clock.edges_s, end_s - 1e-6, side="right"))
    texts = {
        **_face_words(tape.analysis.faces, first, last),
        "subjects": _subject_words(tape.analysis.objects, first, last),
        "speech": _speech_words(tape, start_s, end_s),
        "sound": _sound_words(tape, start_s, end_s),
        "position": _place_words(tape, start_s, end_s),
    }
    found = []
    for name, weight in weights.items():
        if name == "position":
            story = sheet.story[min(int((start_s + end_s) * 5), len(sheet.story) - 1)]
            score = float(place_score(role, np.array([story]))[0])
        else:
            score = sheet.mean(name, start_s, end_s)
        text = texts.get(name) or _compared_words(name, score, sheet, start_s, end_s)
        found.append(Reason(name, round(score, 3), round(weight, 3), text))
    return tuple(sorted(found, key=lambda reason: -reason.score * reason.weight))


def _face_words(faces: Detections | None, first: int, last: int) -> dict[str, str]:
    if faces is None:
        return {"faces": "faces were not looked for", "expression": "faces were not looked for"}
    rows = faces.between(first, last)
    if rows.stop <= rows.start:
        return {"faces": "no face", "expression": "no face"}
    count = max(Counter(faces.frames[rows].tolist()).values())
    tallest = float(face_heights(faces)[rows].max())
    size = "in close-up" if tallest > 0.35 else "at half length" if tallest > 0.15 else "far off"
    many = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    text = f"{many} face{'s' * (count > 1)}, {size}"
    strength = expression_strength(faces)[rows]
    best = int(np.argmax(strength))
    feeling = "no strong expression"
    if len(strength) and strength[best] >= _SURE and faces.attributes.shape[1]:
        name = faces.attribute_names[int(_without_neutral(faces)[rows][best].argmax())].lower()
        feeling = f"{_FEELINGS.get(name, name)} ({strength[best]:.0%} sure)"
    return {"faces": text, "expression": feeling}


def _without_neutral(faces: Detections) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    neutral = np.array([name.lower() == "neutral" for name in faces.attribute_names])
    return np.where(neutral, np.float32(-1), faces.attributes)


def _subject_words(objects: Detections | None, first: int, last: int) -> str:
    if objects is None:
        return "objects were not looked for"
    rows = objects.between(first, last)
    most: Counter[str] = Counter()
    for frame in set(objects.frames[rows].tolist()):
        own = objects.between(frame, frame + 1)
        sure = objects.label_ids[own][objects.scores[own] >= _SURE]
        for name, count in Counter(objects.labels[i] for i in sure).items():
            most[name] = max(most[name], count)
    if not most:
        return "nothing recognised"
    parts = [
        f"{count} {_PLURALS.get(name, name + 's')}" if count > 1 else f"1 {name}"
        for name, count in sorted(most.items(), key=lambda item: (-item[1], item[0]))[:4]
    ]
    return ", ".join(parts)


def _speech_words(tape: Tape, start_s: float, end_s: float) -> str:
    heard = tape.lines_between(start_s, end_s)
    if heard:
        text = max(heard, key=lambda x: min(x.end_s, end_s) - max(x.start_s, start_s)).text
        return f"“{text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE].rstrip() + '…'}”"
    ranges = tape.analysis.speech.ranges if tape.analysis.speech else ()
    if any(float(r.start) < end_s and float(r.end) > start_s for r in ranges):
        return "a voice"
    return "nobody speaks"


def _sound_words(tape: Tape, start_s: float, end_s: float) -> str:
    sound = tape.analysis.sound
    if sound is None or not len(sound.times_s):
        return "no sound"
    first, last = np.searchsorted(sound.times_s, [start_s, end_s])
    loud = float(sound.loudness_lufs[first : max(first + 1, last)].max(initial=-70.0))
    accents = int(((sound.onsets_s >= start_s) & (sound.onsets_s < end_s)).sum())
    against = loud - sound.integrated_lufs
    word = (
        "silent" if loud < -55 else "loud" if against > 3 else "quiet" if against < -6 else "even"
    )
    return f"{word} ({loud:.0f} LUFS), {accents} accent{'s' * (accents != 1)}"


def _place_words(tape: Tape, start_s: float, end_s: float) -> str:
    middle = (start_s + end_s) / 2
    share = middle / max(1e-6, float(tape.source.duration))
    minutes, seconds = divmod(int(middle), 60)
    return f"{minutes}:{seconds:02} in its footage, {share:.0%} of the way"


def _compared_words(name: str, score: float, sheet: Sheet, start_s: float, end_s: float) -> str:
    low, middle, high = {
        "motion": ("still", "moves gently", "moves fast"),
        "steadiness": ("restless camera", "fairly steady", "steady camera"),
        "sharpness": ("softer than most", "as sharp as most", "sharper than most"),
        "exposure": ("too dark, too bright or flat", "well enough exposed", "well exposed"),
        "colour": ("pale", "as colourful as most", "more colourful than most"),
        "novelty": ("typical of the footage", "not unusual", "unlike the rest of the footage"),
    }[name]
    word = low if score < 0.33 else middle if score < 0.67 else high
    if name == "motion":
        speed = float(np.expm1(sheet.mean_raw("motion", start_s, end_s)) / 8)
        return f"{word} ({speed:.2f} picture heights a second)"
    return word
