"""What is measured of a face, and what a character makes of it."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from pipelines.avatar import persons, pipeline, smoothing
from pipelines.avatar.characters import CAST
from pipelines.avatar.follow import CONTROLS, Watched, follow, trusted
from pipelines.avatar.measures import AT, MEASURES, angles, head_turn, measure
from pipelines.avatar.painting import BustPass, Scene, own_backdrop
from pipelines.avatar.watch import watch
from studio.adapters import blazeface, face_mesh
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.probe import frame_times, probe
from studio.media.still import read_still
from studio.settings import Settings
from studio.types.people import FaceTrack, People, Person
from studio.types.shot import Shot, TransitionKind
from tests.footage import ffmpeg, music_video, package_file, shared_media

COLUMN = {name: number for number, name in enumerate(CONTROLS)}


def shots_of(*ends):
    starts = (0, *ends[:-1])
    kinds = [TransitionKind.START] + [TransitionKind.CUT] * (len(ends) - 1)
    return tuple(
        Shot(a, b, Fraction(a, 25), Fraction(b, 25), kind, a, b)
        for a, b, kind in zip(starts, ends, kinds, strict=True)
    )


def correlation(one, two):
    both = np.isfinite(one) & np.isfinite(two)
    return float(np.corrcoef(one[both], two[both])[0, 1])


@pytest.fixture(scope="module")
def job(studio_cache):
    return Job(Settings(cache_dir=studio_cache, threads=2))


def watched(path, job):
    info = probe(path, job.settings)
    times = frame_times(info, job.settings)
    return watch(info, times, shots_of(len(times)), job)


@pytest.fixture(scope="module")
def mesh(job):
    """The mesh and irises of the man on the right of a photograph, who looks ahead."""
    rgb = read_still(package_file("ultralytics", "assets/zidane.jpg"))
    with job.pool.lease(blazeface.SPEC_FAR) as far, job.pool.lease(face_mesh.SPEC) as finder:
        squares = face_mesh.squares_of_faces(far.detect(rgb))
        found = finder.find(rgb, squares[np.argsort(-squares[:, 0])[:1]], again=True, irises=True)
    return found.points_px[0], found.irises_px[0]


def turned(points, yaw, pitch, roll, scale, move):
    """A mesh as it would be if the head were turned further."""
    y, p, r = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll]), None
    (cy, cp, cr), (sy, sp, sr) = y, p
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    middle = points.mean(axis=0)
    del r
    return (points - middle) @ (about_y @ about_x @ about_z).T * scale + middle + move


def test_a_turn_is_measured_and_changes_nothing_else(mesh):
    points, irises = mesh
    rotation, scale, origin = head_turn(points)
    straight = (points - origin) @ rotation / scale  # this face looking ahead
    before = measure(straight * 100, irises)
    assert np.abs(before[[AT["yaw"], AT["pitch"], AT["roll"]]]).max() < 1e-4
    for yaw, pitch, roll in ((0.5, 0, 0), (0, 0.3, 0), (0, 0, -0.4), (-0.4, 0.25, 0.3)):
        after = measure(turned(straight * 100, yaw, pitch, roll, 1.7, (50, 20, 0)), irises)
        found = [after[AT[n]] for n in ("yaw", "pitch", "roll")]
        assert found == pytest.approx([yaw, pitch, roll], abs=2e-3)
        assert after[AT["scale_px"]] == pytest.approx(170, rel=1e-3)
        own = slice(AT["brow_right"], None)
        assert after[own] == pytest.approx(before[own], abs=2e-3)
    assert angles(np.eye(3)) == pytest.approx((0, 0, 0))


def test_a_mirrored_film_is_followed_mirrored(job, tmp_path):
    """Two seconds of the singer, and the same as in a mirror."""
    plain, mirror = tmp_path / "plain.mp4", tmp_path / "mirror.mp4"
    cut = ("-ss", "24.6", "-t", "2.4", "-i", music_video())
    ffmpeg(*cut, "-vf", "scale=320:180", "-an", "-crf", 12, plain)
    ffmpeg(*cut, "-vf", "scale=320:180,hflip", "-an", "-crf", 12, mirror)
    one, two = watched(plain, job), watched(mirror, job)
    made = [follow(trusted(w, 25), shots_of(60), 25) for w in (one, two)]
    assert all((m.seen > 0.9).mean() > 0.9 for m in made)
    for name in ("yaw", "roll", "x"):
        plain_one, mirrored = (m.values[:, COLUMN[name]] for m in made)
        assert correlation(plain_one, mirrored) < -0.9, name
    assert correlation(*(m.values[:, COLUMN["jaw"]] for m in made)) > 0.6
    width = 320
    assert np.median(np.abs(made[0].head_px[:, 0] - (width - made[1].head_px[:, 0]))) < 4


def test_a_speaker_is_followed_to_the_frame(job):
    """Eight seconds of a woman who speaks, and blinks around frames 24, 33 and 171."""
    seen = watched(shared_media("speaker_en.mp4"), job)
    assert np.isfinite(seen.measures).all()
    made = follow(trusted(seen, 25), shots_of(200), 25)
    assert made.lost == ()
    assert (made.seen == 1).all()
    gap = seen.measures[:, AT["mouth_gap"]].astype(float)
    jaw = made.values[:, COLUMN["jaw"]].astype(float)
    assert correlation(gap, jaw) > 0.97
    late = {lag: correlation(gap[6:-6], np.roll(jaw, -lag)[6:-6]) for lag in range(-4, 5)}
    assert max(late, key=late.get) == 0
    shut = gap < np.percentile(gap, 3)
    assert (jaw[shut] < 0.03).all()
    eyes = made.values[:, [COLUMN["eye_left"], COLUMN["eye_right"]]].mean(axis=1)
    for blink in (24, 33, 171):
        assert eyes[blink - 2 : blink + 3].min() < 0.35, blink
    for awake in (5, 48, 75, 90, 125, 183):
        assert eyes[awake] > 0.7, awake
    # Calm: the head's speed is not more than that of the raw measures, and much less in jerk.
    yaw = seen.measures[:, AT["yaw"]].astype(float)
    jerk = [np.abs(np.diff(v, 3)).mean() for v in (yaw, made.values[:, COLUMN["yaw"]])]
    assert jerk[1] < 0.5 * jerk[0]


def simulated(count=300):
    """A face that nods, speaks and blinks by formula."""
    t = np.arange(count) / 25
    measures = np.tile(np.array([0.0] * len(MEASURES), np.float32), (count, 1))
    usual = {
        "x_px": 300 + 20 * np.sin(t),
        "y_px": 200,
        "scale_px": 80,
        "yaw": 0.3 * np.sin(2 * t),
        "eye_right": 0.3,
        "eye_left": 0.3,
        "brow_right": 0.3,
        "brow_left": 0.3,
        "brow_gap": 0.3,
        "mouth_gap": 0.1 + 0.1 * np.sin(9 * t),
        "mouth_width": 0.6,
        "corners": -0.03,
        "upper_lip": 0.24,
        "lower_lip": 0.5,
        "lips": 0.22,
    }
    for name, values in usual.items():
        measures[:, AT[name]] = values
    hands = np.full((count, 2, 21, 2), np.nan, np.float32)
    return Watched(measures, hands, np.ones(count, np.float32), np.zeros(count, np.int64))


def test_without_a_face_it_eases_to_rest_and_says_so():
    seen = simulated()
    seen.measures[100:160] = np.nan
    seen.measures[200:204] = np.nan  # shorter than a moment: bridged
    made = follow(trusted(seen, 25), shots_of(300), 25)
    rest = np.array([1.0 if n in ("scale", "eye_left", "eye_right") else 0.0 for n in CONTROLS])
    assert made.values[120:155] == pytest.approx(np.tile(rest, (35, 1)), abs=1e-6)
    assert np.abs(made.values[50] - rest).max() > 0.1
    assert (made.seen[196:210] == 1).all()
    assert len(made.lost) == 1
    start, end = made.lost[0]
    assert 100 < start < 112
    assert end == 160
    steps = np.abs(np.diff(made.values[:, COLUMN["jaw"]]))
    assert steps.max() < 0.25
    assert made.expression(130).mouth.jaw == 0
    assert made.expression(50).hand_left is None


def test_nothing_is_carried_over_a_cut():
    one, two = simulated(), simulated()
    two.measures[:150, AT["yaw"]] = -0.5
    two.measures[:150, AT["mouth_gap"]] = 0.3
    seconds = [follow(w, shots_of(150, 300), 25).values[150:] for w in (one, two)]
    assert (seconds[0] == seconds[1]).all()
    seconds = [follow(w, shots_of(300), 25).values[150:] for w in (one, two)]
    assert (seconds[0] != seconds[1]).any()
    gone = simulated()
    gone.measures[150:] = np.nan
    rest = follow(gone, shots_of(150, 300), 25)
    assert (rest.seen[150:] == 0).all()
    assert np.isnan(rest.head_px[150:]).all()


def test_doubtful_faces_are_not_followed():
    seen = simulated()
    seen.measures[60:64] = np.nan
    seen.measures[68:] = np.nan  # what is left after the gap lasts four frames
    kept = np.isfinite(trusted(seen, 25).measures[:, 0])
    assert kept[:60].all()
    assert not kept[60:].any()
    doubtful = replace(seen, presence=np.full(300, 0.8, np.float32))
    assert not np.isfinite(trusted(doubtful, 25).measures).any()


def test_hands_are_smoothed_held_and_let_go():
    seen = simulated()
    random = np.random.default_rng(1)
    palm = np.linspace(0, 60, 42).reshape(21, 2) + np.array([200, 330])
    for frame in range(50, 150):
        if frame not in (90, 91):
            seen.hands_px[frame, 0] = palm + random.normal(0, 1.5, 2)
    seen.hands_px[220, 1] = palm  # for one frame only
    made = follow(seen, shots_of(300), 25)
    assert (made.hands_seen[60:145, 0] > 0.99).all()
    assert (made.hands_seen[170:, 0] == 0).all()
    assert (made.hands_seen[:, 1] == 0).all()
    raw = seen.hands_px[60:88, 0, 9]
    shown = made.hands[60:88, 0, 9]
    pace = [np.linalg.norm(np.diff(p, axis=0), axis=1).mean() for p in (raw / (1.9 * 80), shown)]
    assert pace[1] < 0.5 * pace[0]
    hand = made.expression(100).hand_left
    assert hand is not None
    assert hand.points.shape == (21, 2)


def test_smoothing_does_not_lag():
    t = np.arange(200) / 25
    wave = np.sin(2 * np.pi * 0.8 * t)[:, None]
    noisy = wave + np.random.default_rng(3).normal(0, 0.05, wave.shape)
    calm = smoothing.one_euro(noisy, 25, np.array([1.5]), np.array([1.0]))
    found = [correlation(wave[10:-10, 0], np.roll(calm[:, 0], -k)[10:-10]) for k in range(-3, 4)]
    assert int(np.argmax(found)) == 3
    assert np.abs(np.diff(calm, 2, axis=0)).mean() < 0.6 * np.abs(np.diff(noisy, 2, axis=0)).mean()
    assert smoothing.runs(np.array([1, 1, 0, 1, 0, 0], bool)) == [(0, 2), (3, 4)]
    share = smoothing.eased(np.array([1] * 5 + [0] * 20 + [1] * 20, bool), 5, 10)
    assert share[0] == 1
    assert share[20] == 0
    assert share[-1] == 1
    assert np.abs(np.diff(share)).max() < 0.35


def test_one_of_two_people_is_followed(job, tmp_path):
    """A still of two men, as a film: each is followed where he is wanted, none where nobody is."""
    path = tmp_path / "two.mp4"
    still = shared_media("face_obama_biden.jpg")
    ffmpeg("-loop", 1, "-i", still, "-frames:v", 8, "-vf", "scale=562:330", "-crf", 12, path)
    info = probe(path, job.settings)
    times = frame_times(info, job.settings)

    def seen(who, left, right):
        box = np.array([left, 0, right, 200], np.float32)
        return watch(
            info, times, shots_of(8), job, who=who, wanted=lambda n: box if n < 6 else None
        )

    places = [seen(*w).measures[:, AT["x_px"]] for w in (("a", 0, 280), ("b", 281, 562))]
    assert (places[0] < 260).all()
    assert (places[1] > 300).all()
    nobody = watch(info, times, shots_of(8), job, who="c", wanted=lambda _: None)
    assert np.isnan(nobody.measures).all()


@pytest.mark.slow
@pytest.mark.parametrize("who", CAST[:5], ids=lambda who: who.name)
def test_the_mesh_sees_on_the_drawing_what_it_was_told(job, who):
    """Closed loop: the face mesh, looking at the drawn people, finds the controls again."""
    path = shared_media("speaker_en.mp4")
    film = pipeline._film(path, job)
    made = follow(trusted(watched(path, job), 25), film.shots, 25)
    behind = own_backdrop(who, (640, 640))
    paint = BustPass(Scene(who, made, (640, 640), behind))
    rows = []
    with job.pool.lease(blazeface.SPEC_NEAR) as near, job.pool.lease(face_mesh.SPEC) as finder:
        for number in range(0, 200, 2):
            rgb = paint(behind, number)
            squares = face_mesh.squares_of_faces(near.detect(rgb))[:1]
            found = finder.find(rgb, squares, again=True, irises=True)
            assert found.presence[0] > 0.5, number
            rows.append(measure(found.points_px[0], found.irises_px[0]))
    seen = np.array(rows)
    least = {"yaw": ("yaw", 0.95), "roll": ("roll", 0.95), "eye_left": ("eye_left", 0.75)}
    least |= {"mouth_gap": ("jaw", 0.8 if who.beard else 0.9), "gaze_x": ("gaze_x", 0.75)}
    for name, (control, bound) in least.items():
        told = made.values[::2, COLUMN[control]]
        assert correlation(seen[:, AT[name]], told) > bound, name


def people():
    def track(shot, frames, x):
        frames = np.array(frames, np.int64)
        boxes = np.tile(np.array([x, 0.2, x + 0.1, 0.4], np.float32), (len(frames), 1))
        empty = np.zeros(0, np.float32)
        return FaceTrack(
            shot, frames, boxes, np.zeros((len(frames), 5, 2), np.float32), empty,
            np.zeros(0, np.int64), empty, np.zeros((0, 128), np.float32),
        )  # fmt: skip

    tracks = (track(0, range(0, 60, 12), 0.1), track(1, range(100, 400, 12), 0.5))
    known = Person("Ada", "Ada", (0,), 0, (0, 0, 1, 1))
    stranger = Person("Person 1", None, (1,), 100, (0, 0, 1, 1))
    return People(tracks, (known, stranger), (), "model@1")


def test_who_is_wanted():
    found = people()
    assert persons.choose("1", found).label == "Person 1"  # longest on screen
    assert persons.choose("2", found).name == "Ada"
    assert persons.choose("ada", found).name == "Ada"
    assert persons.choose("person 1", found).label == "Person 1"
    for wrong in ("3", "Bob"):
        with pytest.raises(RequestError) as error:
            persons.choose(wrong, found)
        assert "Ada" in error.value.hint
    beside = replace(found.tracks[0], xyxy=found.tracks[0].xyxy + np.float32(0.3))
    assert persons._key([beside]) != persons._key([found.tracks[0]])
    box = persons.boxes([found.tracks[0]], (1000, 500))
    left, top, right, bottom = box(30)
    assert (left, top) < (100, 100)
    assert right > 200
    assert bottom > 200
    assert box(58) is not None  # looked for every 12 frames
    assert box(90) is None
