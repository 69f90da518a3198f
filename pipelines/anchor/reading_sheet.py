"""The sheet of readings: written and read side by side, to be edited by hand.

``reading.tsv`` has one row a line: its id, the written text, how it is read, and how the rules
would read it. A row whose reading differs from the rules' was edited by a person: it wins, and
stays through every later run for as long as the written text is the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.anchor.reading import Lexicon, Reading, read_text
from pipelines.subtitles.house_file import read_bytes
from studio.errors import RequestError
from studio.media.writer import write_beside
from studio.types.script import Script

COLUMNS = ("id", "written", "read", "by the rules")
MOST_BYTES = 8 << 20


@dataclass(frozen=True)
class Readings:
    """How every line is read.

    Attributes:
        lines: by the id of the line.
        made: how the rules read it.
        edited: ids of the lines whose reading a person changed.
        notes: edits that fell away.
    """

    lines: Mapping[str, Reading]
    made: Mapping[str, str]
    edited: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _flat(text: str) -> str:
    return " ".join(text.split())


def plan_readings(
    script: Script, lexicon: Lexicon, edits: Mapping[str, tuple[str, str]]
) -> Readings:
    """How every line is read. Pure.

    Args:
        script: the lines.
        lexicon: of the house.
        edits: id of a line to its written text and the reading a person wants.
    """
    lines: dict[str, Reading] = {}
    made: dict[str, str] = {}
    edited: list[str] = []
    for line in script.lines():
        reading = read_text(line.text, script.language, lexicon)
        made[line.id] = _flat(reading.read)
        written, wanted = edits.get(line.id, ("", ""))
        if wanted and written == _flat(line.text):
            reading = reading.edited(wanted)
            edited.append(line.id)
        lines[line.id] = reading
    notes = [
        f"The reading of {written[:40]!r} was edited, but the line has changed or is gone: "
        "the edit fell away."
        for name, (written, _) in edits.items()
        if name not in edited
    ]
    return Readings(lines, made, tuple(edited), tuple(notes))


def read_edits(path: Path) -> dict[str, tuple[str, str]]:
    """What a person changed in a sheet; nothing where there is none yet.

    Raises:
        RequestError: naming the row that is no row of such a sheet.
    """
    if not path.exists():
        return {}
    raw = read_bytes(path, "sheet of readings", MOST_BYTES)
    try:
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter="\t"))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise RequestError(
            f"{path.name} cannot be read: {exc}", "Save it as UTF-8, tabs between."
        ) from exc
    edits = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(COLUMNS):
            raise RequestError(
                f"{path.name}:{number}: a row has {len(row)} columns, not {len(COLUMNS)}.",
                f"The columns are {', '.join(COLUMNS)}, with tabs between.",
            )
        name, written, read, made = (_flat(cell) for cell in row)
        if read != made:
            if not any(c.isalnum() for c in read):
                raise RequestError(
                    f"{path.name}:{number}: the reading is empty.", "Write how it is read."
                )
            edits[name] = (written, read)
    return edits


def write_sheet(script: Script, readings: Readings, path: Path) -> None:
    """Write the sheet; a person's edits are in it again."""
    out = io.StringIO()
    sheet = csv.writer(out, delimiter="\t", lineterminator="\n")
    sheet.writerow(COLUMNS)
    for line in script.lines():
        sheet.writerow(
            [line.id, _flat(line.text), _flat(readings.lines[line.id].read), readings.made[line.id]]
        )
    with write_beside(path) as beside:
        beside.write_text(out.getvalue(), encoding="utf-8", newline="\n")
