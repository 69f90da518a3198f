"""The result of ``studio anchor`` for a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.anchor.pipeline import Result
    from pipelines.anchor.source_check import Unverified


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio anchor --json`` prints it."""
    return {
        "script": to_json(result.script),
        "digest": result.script.digest,
        "readings": [
            {
                "id": line.id,
                "written": line.text,
                "read": result.readings.lines[line.id].read,
                "rules": list(result.readings.lines[line.id].rules),
                "edited": line.id in result.readings.edited,
            }
            for line in result.script.lines()
        ],
        "check": to_json(result.check),
        "voice": result.voice,
        "duration_s": round(result.duration_s, 3),
        "loudness_lufs": result.loudness_lufs,
        "true_peak_dbtp": result.true_peak_dbtp,
        "parts": {"made": result.made, "kept": result.kept},
        "programme": to_json(result.programme),
        "film": {
            "drawn": result.drawn,
            "kept": result.drawn_before,
            "seconds": round(result.film_s, 3),
            "saved_s": round(result.saved_s, 1),
            "estimate_s": round(result.estimate_s, 1),
            "draft": result.draft,
            "signed_by": result.signed_by,
        },
        "files": to_json(result.files),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def unverified_row(figure: Unverified) -> str:
    """An unverified figure in words."""
    where = f"line {figure.source_line}" if figure.source_line else f"line {figure.line}"
    near = f" (a source has {figure.near})" if figure.near else ""
    return f"{where}: {figure.kind} “{figure.written}” stands in no source{near}"


def summarise(result: Result) -> str:
    """What was read and made, as lines."""
    script = result.script
    lines = [
        f"{script.headline or 'No headline'} ({script.language}): "
        f"{sum(1 for _ in script.lines())} lines, {'' if result.voice else 'about '}"
        f"{result.duration_s:.0f} s"
    ]
    for line in script.lines():
        reading = result.readings.lines[line.id]
        if reading.read != line.text:
            mark = " (edited)" if line.id in result.readings.edited else ""
            lines += [f"  {line.text}", f"    → {reading.read}{mark}"]
    if result.check is not None:
        lines.append(
            f"  {result.check.verified} figure(s) stand in {', '.join(result.check.sources)}"
        )
        lines += [f"  {unverified_row(figure)}" for figure in result.check.unverified]
    if result.voice and result.loudness_lufs is not None:
        lines.append(
            f"  {result.voice}: {result.loudness_lufs:.1f} LUFS, true peak "
            f"{result.true_peak_dbtp:.1f} dBTP; {result.made} stretch(es) said, "
            f"{result.kept} there already"
        )
    lines += [f"  {row}" for row in _film_rows(result)]
    lines.append(f"  the script's hash: {script.digest}")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {name:<8} {path}" for name, path in result.files.items()]
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)


def _film_rows(result: Result) -> list[str]:
    programme = result.programme
    if programme is None:
        return []
    from pipelines.anchor.segment import rundown

    wide, high = programme.size_wh
    rows = [
        f"{wide}x{high} at {float(programme.rate):g}, {programme.presenter} in {programme.stage}, "
        f"style {programme.style}"
    ]
    rows += [f"  {row}" for row in rundown(programme)]
    if result.estimate_s:
        rows.append(
            f"rendering would take about {result.estimate_s:.0f} s, "
            f"{result.estimate_s / max(result.duration_s, 1e-6):.1f} times its length"
        )
    if result.film_s:
        rows.append(
            f"{result.drawn} stretch(es) rendered, {result.drawn_before} there already: "
            f"{result.film_s:.1f} s for {result.duration_s:.1f} s of film"
            + (f"; drawing those took {result.saved_s:.1f} s" if result.saved_s else "")
        )
        state = f"a draft: {result.draft}" if result.draft else "approved"
        rows.append(f"{state}; signed by {result.signed_by or 'nobody'}")
    return rows
