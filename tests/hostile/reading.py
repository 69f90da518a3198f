"""A process that reads one file after the other, as the engine and the commands do, and tells how
each ended. It is not locked in: what holds is what the readers themselves do.

Asked on standard input, a path a line; answers a line: ``done``, ``refused KIND`` or a trace.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from studio.errors import StudioError
from studio.settings import Settings

#: Of one file: what a person waits for without wondering.
MEMORY_BYTES = 6 << 30


def readers(path: Path, commands: bool) -> list[Callable[[], object]]:
    """Every way into the studio that such a file may find, by what it is named and what it is."""
    from pipelines.anchor.reading.lexicon import read_lexicon
    from pipelines.anchor.script import read_script
    from pipelines.subtitles.glossary import read_glossary
    from pipelines.subtitles.style import read_style
    from studio.media import subtitle_io
    from studio.media.film_mark import read_mark
    from studio.media.lut import read_cube
    from studio.media.sniff import kind_of_file
    from studio.media.still import read_still
    from studio.media.timeline_io.otio import read_otio
    from studio.media.timeline_io.plan import read_plan

    settings = Settings()

    def played() -> None:
        from studio.media.audio_io import stream_audio
        from studio.media.probe import frame_times, probe
        from studio.media.reader import decode_range

        info = probe(path, settings)
        if info.video is not None:
            for _ in decode_range(info, frame_times(info), 0, 8):
                pass
        if info.audio is not None:
            sound = stream_audio(info, rate_hz=16_000, mono=True, chunk_s=10)
            for _ in itertools.islice(sound, 30):
                pass

    def lint() -> None:
        if commands:
            _command("subtitles", "lint", str(path), "--json")

    def analyze() -> None:
        if commands:
            _command("analyze", str(path), "--dry-run", "--json")

    subtitles: list[Callable[[], object]] = [lambda: subtitle_io.read_file(path), lint]
    pictures: list[Callable[[], object]] = [
        lambda: read_still(path, settings),
        lambda: read_mark(path, settings),
    ]
    by_ending: dict[str, list[Callable[[], object]]] = {
        **dict.fromkeys(("srt", "vtt", "ass", "ttml"), subtitles),
        **dict.fromkeys(("png", "jpg", "webp", "gif", "svg"), pictures),
        "json": [lambda: read_plan(path), lambda: read_script(path), lambda: read_lexicon(path)],
        "otio": [lambda: read_otio(path)],
        "toml": [lambda: read_style(path), lambda: read_glossary(path), lambda: read_lexicon(path)],
        "csv": [lambda: read_glossary(path)],
        "cube": [lambda: read_cube(path)],
        "md": [lambda: read_script(path)],
    }
    ending = path.suffix.lower().removeprefix(".")
    return [
        lambda: kind_of_file(path),
        *by_ending.get(ending, [lambda: read_mark(path, settings)]),
        played,
        analyze,
    ]


def _command(*words: str) -> None:
    """A command, as at the terminal."""
    import typer

    from ui.cli import app

    with contextlib.redirect_stdout(io.StringIO()):
        try:
            typer.main.get_command(app).main(list(words), standalone_mode=False)
        except typer.Exit as exc:
            if exc.exit_code not in (0, 2):
                raise AssertionError(f"exit code {exc.exit_code}") from exc


def read(path: Path, commands: bool) -> str:
    """How it ended."""
    refused = []
    for reader in readers(path, commands):
        try:
            reader()
        except StudioError as exc:
            if not exc.message or "Traceback" in str(exc):
                return f"told badly: {exc!r}"
            refused.append(type(exc).__name__)
        except Exception:
            return "failed: " + traceback.format_exc()
    return f"refused {','.join(refused)}" if refused else "done"


def main() -> None:
    """Read what comes."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        said = read(Path(line.rstrip("\n")), "commands" in sys.argv)
        answers.write(said.replace("\n", "\\n") + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
