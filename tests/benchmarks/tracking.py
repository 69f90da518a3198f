"""People followed by their bodies over made scenes with known ways: IDF1, MOTA, switches.

Six scenes of 15 s: real people cut out of a photograph, and the same in other colours, three and
four at once, walk to and fro over a real picture, cross, go behind a pillar, leave and come back.
"""

from __future__ import annotations

import os

import numpy as np

SECONDS = 15.0


def followed(made, pool):
    """The tracks of a made scene."""
    from pipelines.analysis.bodies import BodyAnalyser
    from pipelines.analysis.body_tracking import track_bodies
    from pipelines.analysis.options import Options
    from studio.media.probe import probe
    from tests.footage import bunny
    from tests.people import walking

    analyser = BodyAnalyser(pool, probe(bunny()), made.times, Options())
    with analyser:
        for batch in walking.batches(made):
            analyser.take(batch)
        bodies = analyser.finish()
    return bodies, track_bodies(bodies, (made.shot,), made.times).tracks(bodies)


def main() -> None:
    """Print the figures."""
    from studio.jobs.job import Job
    from studio.settings import Settings
    from tests.people import walking

    pool = Job(Settings(device="cpu")).pool
    people = walking.variants(walking.cut_outs(pool))
    print(f"{len(people)} cut-outs", flush=True)
    told = []
    for seed in range(6):
        some = np.random.default_rng(seed).permutation(len(people))[: 3 + seed % 2]
        made = walking.scene([people[n] for n in some], SECONDS, seed)
        before = sum(os.times()[:2])
        _, tracks = followed(made, pool)
        spent = sum(os.times()[:2]) - before
        told.append((*walking.scores(made, tracks), spent / SECONDS))
        idf1, mota, switches, cost = told[-1]
        print(f"scene {seed}: {len(some)} people, {len(tracks)} tracks, IDF1 {idf1:.3f}, "
              f"MOTA {mota:.3f}, {switches} switches, {cost:.2f} s of processor time a second",
              flush=True)  # fmt: skip
    idf1, mota, switches, _ = np.mean(told, axis=0)
    print(f"mean IDF1 {idf1:.3f} (least {min(t[0] for t in told):.3f}), MOTA {mota:.3f}, "
          f"{switches:.1f} switches a scene")  # fmt: skip


if __name__ == "__main__":
    main()
