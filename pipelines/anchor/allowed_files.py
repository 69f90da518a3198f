"""On a machine of several a script names files of its own folder, and of what its owner may read.

Where a job may read all that the machine's user may (a terminal of one's own), nothing is refused.
Links are followed, and nothing else is asked of the disk: nobody learns what exists.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines.anchor.options import Options
from studio.errors import RequestError
from studio.types.script import Script

#: Cues whose argument may be a file.
_NAMING = ("b-roll", "over-the-shoulder", "graphic")
_HINT = "Put it beside the script, upload it, or have its folder declared."

MayOpen = Callable[[Path], bool]


def refuse_forbidden_cues(script: Script, path: Path, may_open: MayOpen) -> None:
    """Stop a script whose cues name files which the job was not given.

    Args:
        script: what names them.
        path: of the script, beside which they lie.
        may_open: what the job may read.

    Raises:
        RequestError: naming line and column of the first.
    """
    folder = Path(script.media_folder) if script.media_folder else path.parent
    for line in script.lines():
        for cue in line.cues:
            if cue.kind not in _NAMING or may_open(folder / cue.argument):
                continue
            row = cue.source_line or line.source_line
            where = f"{path.name}:{row}:{cue.column}" if row else f"{path.name}, line {line.id}"
            raise RequestError(
                f"{where}: [{cue.kind}: {cue.argument}] names a file outside the folders that "
                "this work may read.",
                _HINT,
            )


def refuse_forbidden_options(options: Options, may_open: MayOpen) -> None:
    """Stop a presenter, an animator, a set or a style that is a file which the job was not given.

    Raises:
        RequestError: naming the option.
    """
    named = {
        "--presenter": options.presenter,
        "--animator": options.animator,
        "--set": options.set_name,
        "--style": options.style,
    }
    for flag, name in named.items():
        is_file = bool(Path(name).suffix) or Path(name).name != name
        if is_file and not may_open(Path(name)):
            raise RequestError(
                f"{flag} {name} lies outside the folders that this work may read.", _HINT
            )
