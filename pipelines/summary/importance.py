"""How important each sample of a film is: by a trained scorer, or by the studio's own editor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.trailer.scores import Sheet, score
from pipelines.trailer.tape import TICK_HZ, Tape, load_tapes
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.types.analysis import FootageAnalysis
from studio.types.timeline import Reason, Role

#: What a clip of a summary may be: it opens nothing and closes nothing.
_ROLES = (Role.SETUP, Role.BUILD, Role.CLIMAX)
#: What a reason is called, by the editor's measure.
_WORDS = {
    "faces": "a face is near",
    "expression": "a strong expression",
    "subjects": "things to look at",
    "motion": "movement",
    "speech": "somebody speaks",
    "sound": "loud",
    "sharpness": "sharp",
    "exposure": "well lit",
    "colour": "colourful",
    "novelty": "unlike the rest",
    "steadiness": "a steady camera",
}
_MOST_REASONS = 3


@dataclass(frozen=True)
class Scored:
    """Importance of the samples of a film.

    Attributes:
        frames: int64 ``(n,)``, rising: the samples.
        scores: float64 ``(n,)``, 0 to 1.
        attention: float64 ``(n,)``, how much others look at each; empty without a scorer.
        by: who scored, name and version.
        tape: the film as the editor sees it.
        sheet: the editor's measures of it; None where a scorer scored.
        notes: what a user should know.
    """

    frames: NDArray[np.int64]
    scores: NDArray[np.float64]
    attention: NDArray[np.float64]
    by: str
    tape: Tape
    sheet: Sheet | None
    notes: tuple[str, ...]

    def reasons(self, start_frame: int, end_frame: int) -> tuple[Reason, ...]:
        """Why a stretch is worth showing."""
        inside = (self.frames >= start_frame) & (self.frames < end_frame)
        own = self.scores[inside] if inside.any() else np.zeros(1)
        rank = float((self.scores <= own.mean()).mean())
        text = f"more important than {rank:.0%} of the film"
        found = [Reason("importance", round(float(own.mean()), 3), 1.0, text)]
        if self.sheet is not None:
            start_s, end_s = self.tape.seconds(start_frame), self.tape.seconds(end_frame)
            measures = [
                (self.sheet.mean(name, start_s, end_s), name)
                for name in _WORDS
                if name in self.sheet.scores
            ]
            for value, name in sorted(measures, reverse=True)[:_MOST_REASONS]:
                found.append(Reason(name, round(value, 3), 0.3, _WORDS[name]))
        return tuple(found)


def importance(footage: FootageAnalysis, scorer: Path | None, job: Job) -> Scored:
    """Score a film.

    Args:
        footage: with shots and embeddings; the editor wants the other parts too.
        scorer: file of a trained one, or None.
        job: lends the model.

    Raises:
        RequestError: the file is no scorer, or learnt from other features.
    """
    embeddings = footage.embeddings
    if embeddings is None or len(embeddings.frames) < 2:
        raise RequestError(
            f"{footage.media.path.name} is too short to be summarised.", "Give a longer film."
        )
    (tape,), _, notes = load_tapes([footage], 0.0)
    if scorer is None:
        (sheet,) = score((tape,))
        ticks = np.mean([np.diff(sheet.sums[role]) for role in _ROLES], axis=0)
        ticks = np.where(tape.usable, ticks, 0.0)
        at = np.minimum(
            (tape.clock.edges_s[embeddings.frames] * TICK_HZ).astype(int), len(ticks) - 1
        )
        scores = np.array([ticks[max(n - 2, 0) : n + 3].mean() for n in at])
        return Scored(
            embeddings.frames, scores, np.zeros(0), "the studio's editor", tape, sheet, notes
        )
    from studio.adapters.summary_net import spec_of

    spec = spec_of(scorer)
    with job.pool.lease(spec) as model:
        found = model.score(embeddings.vectors)
    return Scored(
        embeddings.frames,
        found.scores.astype(np.float64),
        found.attention.astype(np.float64),
        spec.key,
        tape,
        None,
        (*notes, *found.notes),
    )
