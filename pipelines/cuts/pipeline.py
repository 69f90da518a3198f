"""The cuts of a film: found by a model, set right by a person, kept for every later run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipelines import analysis
from pipelines.analysis.cut_corrections import (
    Boundary,
    CutCorrections,
    CutDecision,
    boundaries,
    boundary_of,
    corrected_shots,
    correction_notes,
    cuts_file,
    edge,
    known_corrections,
)
from pipelines.cuts.deciding import Table
from pipelines.cuts.options import Options
from pipelines.cuts.places import frame_of, place_text
from pipelines.cuts.result import Cut, Result
from pipelines.cuts.writing import write
from studio.archive.decisions import change_decisions
from studio.errors import RequestError, UnsupportedMedia
from studio.jobs.job import Job
from studio.types.media import FrameTimes, MediaInfo
from studio.types.shot import Shot, TransitionKind

_GRADUAL = (TransitionKind.DISSOLVE.value, TransitionKind.FADE.value)


def run(source: Path | Sequence[Path], options: Options, job: Job) -> Result:
    """Say where the cuts of a film are, after keeping what a person said of them.

    Args:
        source: the film.
        options: what is said.
        job: settings, models, store, progress.

    Raises:
        MediaError: the film cannot be used.
        RequestError: it has no picture, or what is said cannot be; then nothing is kept.
        Cancelled: the user stopped it.
    """
    started = time.perf_counter()
    _check(options)
    given = [source] if isinstance(source, Path) else list(source)
    if len(given) != 1:
        raise RequestError(f"{len(given)} films were given.", "Give one: studio cuts FILM")
    wanted = analysis.Options(
        only=("shots",), cache=options.cache, corrected=False, seed=options.seed
    )
    found = analysis.run(given[0], wanted, job).analysis
    info, times, raw = found.media, found.frame_times, found.shots
    if times is None or raw is None:
        raise UnsupportedMedia(f"{given[0].name} has no picture.", "Give a film.")
    path = cuts_file(job.settings.data_dir, info.content_hash)
    before = known_corrections(job.settings.data_dir, info.content_hash)
    after = before
    if options.undo or options.remove or options.move or options.add:

        def change(now: CutCorrections) -> CutCorrections:
            if options.asked_as and now.last == options.asked_as:
                return now
            after = _undone(now) if options.undo else _told(now, raw, info, times, options)
            return replace(after, last=options.asked_as)

        after = (
            change(before) if options.dry_run else change_decisions(CutCorrections, path, change)
        )
    laid = corrected_shots(raw, after, times)
    notes = list(found.notes)
    if after.decisions:
        notes += correction_notes(after, laid)
    files: dict[str, Path] = {}
    cuts = _cuts(raw, laid.shots, after, times)
    if options.out is not None and not options.dry_run:
        files, more = write(info, times, laid.shots, cuts, found.models or {}, options.out)
        notes += more
    job.report("cuts", 1.0, f"{len(laid.shots) - 1} cuts")
    return Result(
        media=info,
        times=times,
        model=(found.models or {}).get("shots", ""),
        shots=laid.shots,
        cuts=cuts,
        corrections=after,
        changed=_changes(before, after, info, times),
        file=path,
        files=files,
        notes=tuple(dict.fromkeys(notes)),
        wall_s=time.perf_counter() - started,
    )


def _check(options: Options) -> None:
    if options.kind not in _GRADUAL:
        raise RequestError(
            f"No gradual transition is called {options.kind!r}.", "Use dissolve or fade."
        )
    if options.undo and (options.remove or options.move or options.add):
        raise RequestError(
            "--undo takes the last decision back, and nothing else.",
            "Give it alone; then say what is right.",
        )


def _undone(now: CutCorrections) -> CutCorrections:
    if not now.decisions:
        raise RequestError("Nothing was decided about these cuts.", "See them: studio cuts FOOTAGE")
    return replace(now, decisions=now.decisions[:-1])


def _told(
    now: CutCorrections,
    raw: tuple[Shot, ...],
    info: MediaInfo,
    times: FrameTimes,
    options: Options,
) -> CutCorrections:
    """All that is said, each over what the ones before left."""

    def at(text: str) -> int:
        return frame_of(text, info, times)

    def keep(decision: CutDecision) -> None:
        nonlocal now
        now = now.with_decision(decision)

    def table() -> Table:
        return Table(corrected_shots(raw, now, times).shots, info, times)

    for text in options.remove:
        keep(table().remove(at(text)))
    for old, new in options.move:
        keep(table().move(at(old), at(new)))
    for text in options.add:
        start, mark, end = text.partition("-")
        if mark:
            kind = TransitionKind(options.kind)
            keep(table().add_gradual(at(start), at(end), kind))
        else:
            keep(table().add(at(text)))
    return now


def _cuts(
    raw: Sequence[Shot], shots: Sequence[Shot], said: CutCorrections, times: FrameTimes
) -> tuple[Cut, ...]:
    """The cuts as they stand and those that were removed."""
    mine: dict[int, Boundary | None] = {}  # where a person put one, and what it was at first
    for each in said.decisions:
        here, gone = boundary_of(each, times), _gone(each, times)
        if here is not None:
            mine[here.at] = (mine.get(gone.at) or gone) if gone is not None else None
    standing = {b.at: b for b in boundaries(shots)}
    found = {b.at: b for b in boundaries(raw)}
    rows = []
    moved_from = set()
    for at, boundary in standing.items():
        was = mine.get(at)
        if was is not None:
            moved_from.add(was.at)
        rows.append(Cut(boundary, "person" if at in mine else "model", was))
    rows += [
        Cut(boundary, "removed")
        for at, boundary in found.items()
        if at not in standing and at not in moved_from
    ]
    return tuple(sorted(rows, key=lambda cut: cut.boundary.at))


def _gone(decision: CutDecision, times: FrameTimes) -> Boundary | None:
    if decision.gone is None:
        return None
    start, end = edge(times, decision.gone.start), edge(times, decision.gone.end)
    return Boundary((start + end) // 2, start, end, decision.kind)


def _changes(
    before: CutCorrections, after: CutCorrections, info: MediaInfo, times: FrameTimes
) -> tuple[str, ...]:
    """What came to be said, or was taken back, in words."""
    kept = len(before.decisions)
    if len(after.decisions) < kept:
        return tuple(
            f"taken back: {_words(each, info, times)}"
            for each in before.decisions[len(after.decisions) :]
        )
    return tuple(_words(each, info, times) for each in after.decisions[kept:])


def _words(decision: CutDecision, info: MediaInfo, times: FrameTimes) -> str:
    here, gone = boundary_of(decision, times), _gone(decision, times)
    said = [place_text(each.at, info, times) for each in (gone, here) if each is not None]
    return f"{decision.act} {' to '.join(said)}"
