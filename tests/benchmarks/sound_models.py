"""Speech, sound and plain picture measures against bare passes and the tools people use.

    python -m tests.benchmarks.sound_models

Rounds are interleaved and the shortest of each is taken, in processor seconds too, for other
programs may be running. Cold figures are whole processes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipelines.analysis.options import Options
from pipelines.analysis.picture import PictureMeasures
from pipelines.analysis.sound import analyse_sound
from pipelines.analysis.sound_events import find_sound_events
from pipelines.analysis.speakers import find_speakers
from pipelines.analysis.speech import analyse_speech
from pipelines.subtitles.align import align
from studio.adapters import silero, whisper
from studio.media.audio_io import read_audio, stream_audio
from studio.media.probe import frame_times, probe
from studio.media.reader import Subscription, read_frames
from studio.models.pool import ModelPool
from studio.settings import Settings
from studio.types.frames import FrameBatch
from studio.types.media import MediaInfo
from tests.analysis.spoken import TWO_CITIES, two_cities
from tests.footage import music_video

Trial = Callable[[], object]

_COLD = {
    "ours, sound": (
        "from pathlib import Path; from studio.media.probe import probe;"
        "from pipelines.analysis.sound import analyse_sound;"
        "from pipelines.analysis.options import Options;"
        "analyse_sound(probe(Path({clip!r})), Options())"
    ),
    "librosa beat_track alone": (
        "import librosa, numpy as np; from pathlib import Path;"
        "from studio.media.audio_io import read_audio;"
        "clip = read_audio(Path({clip!r}), rate_hz=22050, mono=True);"
        "librosa.beat.beat_track(y=clip.samples[0], sr=22050)"
    ),
}


def compare(
    title: str, trials: dict[str, Trial], rounds: int, sound_s: float | None = None
) -> None:
    """Print the shortest wall and processor seconds of each trial, and over the first; with the
    length of the sound also the real-time factor."""
    best = dict.fromkeys(trials, (np.inf, np.inf))
    for _ in range(rounds):
        for name, trial in trials.items():
            wall, processor = time.perf_counter(), time.process_time()
            trial()
            took = time.perf_counter() - wall, time.process_time() - processor
            best[name] = min(best[name][0], took[0]), min(best[name][1], took[1])
    print(title)
    base = next(iter(best.values()))
    for name, (wall, processor) in best.items():
        ratio = f"x{wall / base[0]:.2f}, processor x{processor / base[1]:.2f}"
        factor = f", real-time factor {wall / sound_s:.3f}" if sound_s else ""
        print(f"  {name}: {wall:.2f} s, processor {processor:.2f} s ({ratio}){factor}", flush=True)


def voices(info: MediaInfo, pool: ModelPool) -> dict[str, Trial]:
    """Voice activity alone, on sound in memory."""
    from silero_vad import load_silero_vad

    samples = read_audio(info, rate_hz=silero.RATE_HZ, mono=True).samples[0]
    package = load_silero_vad(onnx=True)

    def ours() -> None:
        with pool.lease(silero.SPEC) as model:
            model.stream().feed(samples)

    def theirs() -> None:
        import torch

        package.reset_states()
        for at in range(0, len(samples) - silero.WINDOW + 1, silero.WINDOW):
            package(torch.from_numpy(samples[at : at + silero.WINDOW]), silero.RATE_HZ)

    return {"silero, ours": ours, "silero_vad package, window by window": theirs}


def words(info: MediaInfo, cache_dir: Path) -> dict[str, Trial]:
    """Speech to words, loading included; all with five beams and word times."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    settings = Settings(cache_dir=cache_dir, device="cpu")
    with ModelPool(settings).lease(whisper.SPEC) as model:  # joins its parts, once on a machine
        model.close()
    folder = cache_dir / "models" / whisper.SPEC.key

    def ours() -> None:
        analyse_speech(info, ModelPool(settings), Options())

    def heard() -> np.ndarray:
        return read_audio(info, rate_hz=whisper.RATE_HZ, mono=True).samples[0]

    def load() -> WhisperModel:
        return WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=settings.cores,
            local_files_only=True,
        )

    def plain() -> None:
        list(load().transcribe(heard(), vad_filter=True, word_timestamps=True, beam_size=5)[0])

    def batched() -> None:
        batched = BatchedInferencePipeline(load())
        list(batched.transcribe(heard(), word_timestamps=True, beam_size=5)[0])

    return {
        "faster-whisper alone, its own vad_filter": plain,
        "faster-whisper alone, batched": batched,
        "ours: voice, words, refined times": ours,
    }


def others(info: MediaInfo, pool: ModelPool) -> dict[str, Trial]:
    """Who speaks, what sounds, and a text set to the sound; words are known, models loaded."""
    heard, _ = analyse_speech(info, pool, Options(language="en"))
    options = Options(language="en")
    return {
        "words again": lambda: analyse_speech(info, pool, options),
        "who speaks": lambda: find_speakers(info, heard, pool, options),
        "what sounds beside words": lambda: find_sound_events(info, options),
        "a text set to the sound": lambda: align(TWO_CITIES, info, pool, options, speech=heard),
    }


def sounds(info: MediaInfo) -> dict[str, Trial]:
    """Loudness, onsets, beats and bars; against a bare decode and librosa's beats alone."""
    import librosa

    def librosa_beats() -> None:
        clip = read_audio(info, rate_hz=22_050, mono=True)
        librosa.beat.beat_track(y=clip.samples[0], sr=22_050)

    def bare() -> None:
        for _ in stream_audio(info, rate_hz=44_100):
            pass

    return {
        "bare decode of the sound": bare,
        "ours: loudness, onsets, beats, bars": lambda: analyse_sound(info, Options()),
        "librosa, imported before: beats": librosa_beats,
    }


def pictures(info: MediaInfo) -> dict[str, Trial]:
    """The picture measures beyond decoding."""
    times = frame_times(info)
    batches: list[FrameBatch] = []
    request = PictureMeasures(None, info, times, Options()).request  # type: ignore[arg-type]
    read_frames(info, [Subscription(request, batches.append)], times=times)

    def decode() -> None:
        read_frames(info, [Subscription(request, lambda batch: None)], times=times)

    def ours() -> None:
        analyser = PictureMeasures(None, info, times, Options())  # type: ignore[arg-type]
        with analyser:
            for batch in batches:
                analyser.take(batch)
            analyser.finish()

    return {"decode to its size": decode, "measures, beyond decoding": ours}


def cold(clip: Path) -> None:
    """Whole processes, imports included."""
    for name, code in _COLD.items():
        walls = []
        for _ in range(2):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code.format(clip=str(clip))], check=True)
            walls.append(time.perf_counter() - started)
        print(f"  {name}, cold process: {min(walls):.2f} s", flush=True)


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_known_args()[0].rounds
    video, speech = probe(music_video()), probe(two_cities())
    with tempfile.TemporaryDirectory() as folder:
        cache_dir = Path(folder)
        pool = ModelPool(Settings(cache_dir=cache_dir, device="cpu"))
        compare("voice activity, 212 s of a music video", voices(video, pool), rounds)
        compare("words, 212 s of a music video", words(video, cache_dir), rounds)
        length_s = float(speech.duration)
        compare("words, 44 s of read English", words(speech, cache_dir), rounds, length_s)
        compare("beside words, 44 s of read English", others(speech, pool), rounds, length_s)
        compare("sound, 212 s of a music video", sounds(video), rounds)
        cold(music_video())
        compare("pictures, 212 s at 160x90", pictures(video), rounds)


if __name__ == "__main__":
    main()
