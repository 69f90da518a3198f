"""What is drawn, covered and laid behind; what is refused; what a whole film gets."""

from __future__ import annotations

import json

import av
import cv2
import numpy as np
import pytest

from pipelines import filter as filters
from pipelines.filter import background, cover, makeup, masks, preparing, specs, worn
from pipelines.filter.head import head_of
from pipelines.filter.one_euro import OneEuro
from pipelines.filter.people import Face, Faces
from pipelines.mattes import MatteState, person_matte
from studio.adapters import blazeface, face_mesh, matte, mtcnn
from studio.errors import MediaError, RequestError
from studio.jobs.job import Job
from studio.media.film_mark import read_mark
from studio.media.still import write_still
from studio.settings import Settings
from studio.types import landmarks
from tests.filter.crossing import cross
from tests.footage import bikes, ffmpeg, shared_media
from tests.picture_pool import picture_pool, read_still

__all__ = ["picture_pool"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.getbasetemp() / "picture-models"


@pytest.fixture
def job(cache, picture_pool):
    return Job(Settings(cache_dir=cache, threads=2), picture_pool)


@pytest.fixture(scope="module")
def speaker(tmp_path_factory):
    """A third of a second of the speaker, 256x256, with sound."""
    path = tmp_path_factory.mktemp("speaker") / "speaker.mp4"
    ffmpeg(
        *("-ss", 1, "-t", 0.5, "-i", shared_media("speaker_en.mp4"), "-vf", "scale=256:256"),
        *("-c:v", "libx264", "-crf", 14, "-c:a", "aac", path),
    )
    return path


@pytest.fixture(scope="module")
def portrait():
    return read_still(shared_media("face_obama_1.jpg"), 800)


@pytest.fixture
def face(picture_pool, portrait):
    with (
        picture_pool.lease(blazeface.SPEC_NEAR) as near,
        picture_pool.lease(mtcnn.SPEC) as sharp,
        picture_pool.lease(face_mesh.SPEC) as mesh,
    ):
        (found,) = Faces(near, sharp, mesh, 25.0)(portrait, 0)
    return found


def frames(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


def changed(before, after):
    return np.abs(before.astype(int) - after).max(axis=2) > 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("glases:round", "Did you mean 'glasses'"),
        ("glasses:rond", "Did you mean 'round'"),
        ("hat:fedora", "There are party"),
        ("mask", "no mask"),
        ("makeup:lips=purpel", "no colour"),
        ("makeup:lipps=red", "Did you mean 'lips'"),
        ("background:blurr=3", "Did you mean 'blur'"),
        ("background:blur=no", "not from 1 to 200"),
        ("background:replace", "names no picture"),
        ("eyes:bigger=9", "not from -0.5 to 0.5"),
        ("face:slimer=0.1", "Did you mean 'slim'"),
        ("anonymise:blurr", "Did you mean 'blur'"),
        ("anonymise:blur,exept=Ann", "Did you mean 'except'"),
        ("anonymise:blur,except=Ann,only=Bo", "both except and only"),
        ("anonymise:blur,except=", "names nobody"),
        ("box:1,2,3:blur", "gives no place"),
        ("box:0.1,0.1,0,0.2:blur", "covers nothing"),
        ("box:0.1,0.1,0.2,0.2:drawn", "no cover of a box"),
        ("look:stary", "Did you mean 'starry'"),
    ],
)
def test_words_that_mean_nothing_are_named(text, said):
    with pytest.raises(RequestError) as error:
        specs.parse_spec(text)
    assert said in str(error.value)


def test_words_are_read():
    assert specs.parse_spec("anonymise:pixelate,except=Ann,Bo Li") == specs.Anonymise(
        "pixelate", ("Ann", "Bo Li")
    )
    assert specs.parse_spec("anonymize:only=Ann").only == ("Ann",)
    assert specs.parse_spec("box:10,20,30,40,from=1,to=2.5:pixelate") == specs.Box(
        (10, 20, 30, 40), "pixelate", 1.0, 2.5
    )
    assert specs.parse_spec("makeup:evening,lips=plum").lips == "plum"
    assert specs.parse_spec("eyes:bigger").amount == 0.2
    with pytest.raises(RequestError, match="No filter"):
        specs.parse_specs(())


def test_one_euro_is_steady_at_rest_and_quick_in_movement():
    rng = np.random.default_rng(1)
    rest = rng.normal(0, 1, (200, 5, 2)).astype(np.float32)
    smooth, made = OneEuro(25.0), []
    for points in rest:
        made.append(smooth(points, 100.0))
    assert np.std(np.array(made)[50:]) < 0.55 * rest[50:].std()
    run = np.zeros((40, 5, 2), np.float32)
    run[..., 0] = 12.0 * np.arange(40)[:, None]  # three sizes a second
    smooth = OneEuro(25.0)
    lag = [run[i, 0, 0] - smooth(run[i], 100.0)[0, 0] for i in range(40)]
    assert max(lag[10:]) < 8.0, "less than a frame behind"


def test_worn_things_stand_on_the_head(portrait, face):
    head = head_of(face)
    eyes = [
        face.points_px[list(e), :2].mean(axis=0) for e in (landmarks.RIGHT_EYE, landmarks.LEFT_EYE)
    ]
    for name in specs.GLASSES:
        made = portrait.copy()
        worn.draw_glasses(made, face, name)
        y, x = np.nonzero(changed(portrait, made))
        assert abs(x.mean() - np.mean(eyes, axis=0)[0]) < 0.12 * head.width_px, name
        assert abs(y.mean() - np.mean(eyes, axis=0)[1]) < 0.15 * head.width_px, name
        assert 0.8 < np.ptp(x) / head.width_px < 1.7, name
    for name in specs.HATS:
        made = portrait.copy()
        worn.draw_hat(made, face, name)
        y, x = np.nonzero(changed(portrait, made))
        brow = face.points_px[list(landmarks.RIGHT_BROW), 1].min()
        assert np.percentile(y, 97) < brow + 0.1 * head.width_px, f"{name} leaves the eyes free"
        assert np.ptp(x) > 0.6 * head.width_px, name
        assert abs(np.median(x) - head.origin[0]) < 0.25 * head.width_px, name


def test_a_turned_head_turns_what_it_wears(portrait, face):
    angle = np.radians(25)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = face.points_px.copy()
    middle = turned[168, :2].copy()
    turned[:, :2] = (turned[:, :2] - middle) @ turn.T + middle
    grey = np.full_like(portrait, 90)
    both = []
    for points in (face.points_px, turned.astype(np.float32)):
        made = grey.copy()
        worn.draw_glasses(made, Face(0, points, face.size_px), "round")
        y, x = np.nonzero(changed(grey, made))
        (_, _), (w, h), found = cv2.minAreaRect(np.stack([x, y], 1).astype(np.float32))
        both.append(found if w > h else found - 90)
    assert (both[1] - both[0]) % 180 == pytest.approx(25, abs=3)


def test_masks_lie_on_the_face(portrait, face):
    oval = np.zeros(portrait.shape[:2], np.uint8)
    points = face.points_px[list(landmarks.FACE_OVAL), :2]
    cv2.fillPoly(oval, [points.astype(np.int32)], 1)
    near = cv2.dilate(oval, np.ones((61, 61)))
    for name in specs.MASKS:
        made = portrait.copy()
        masks.draw_mask(made, face, name)
        where = changed(portrait, made)
        assert 0.01 < (where & (oval > 0)).sum() / oval.sum() < 1, name
        ears = 0.45 if name == "cat" else 0.03
        assert (where & (near == 0)).sum() <= ears * where.sum(), name


def test_make_up_colours_the_lips_and_keeps_their_grain(portrait, face):
    made = portrait.copy()
    makeup.apply_makeup(made, face, specs.parse_spec("makeup:lips=plum,strength=1"))
    lips = np.zeros(portrait.shape[:2], np.uint8)
    outer, inner = (
        face.points_px[list(k), :2] for k in (landmarks.LIPS_OUTER, landmarks.LIPS_INNER)
    )
    cv2.fillPoly(lips, [outer.astype(np.int32)], 1)
    cv2.fillPoly(lips, [inner.astype(np.int32)], 0)
    inside = cv2.erode(lips, np.ones((3, 3))) > 0
    outside = cv2.dilate(lips, np.ones((15, 15))) == 0
    assert np.array_equal(made[outside], portrait[outside])
    tint = made[inside].astype(float)
    assert tint[:, 1].mean() < 0.75 * portrait[inside][:, 1].mean(), "plum has little green"
    before, after = portrait[inside].mean(axis=1), tint.mean(axis=1)
    assert np.corrcoef(before, after)[0, 1] > 0.8


@pytest.mark.parametrize("kind", ["eyes", "face"])
def test_reshaping_moves_the_mesh_as_it_moves_the_picture(picture_pool, portrait, face, kind):
    how = specs.Reshape(kind, 0.3)
    made, moved = makeup.reshape_face(portrait, face, how)
    far = np.ones(portrait.shape[:2], bool)
    low, high = face.points_px[:, :2].min(axis=0), face.points_px[:, :2].max(axis=0)
    margin = 0.5 * (high - low)
    (left, top), (right, bottom) = (low - margin).astype(int), (high + margin).astype(int)
    far[max(top, 0) : bottom, max(left, 0) : right] = False
    assert np.array_equal(made[far], portrait[far])
    squares = face_mesh.squares_of_meshes(face.points_px[None])
    with picture_pool.lease(face_mesh.SPEC) as mesh:
        found = mesh.find(made, squares).points_px[0]
    ends = (landmarks.RIGHT_EYE_CORNERS if kind == "eyes" else (172, 397)), moved.points_px
    before = np.linalg.norm(np.subtract(*face.points_px[list(ends[0]), :2]))
    told = np.linalg.norm(np.subtract(*moved.points_px[list(ends[0]), :2]))
    seen = np.linalg.norm(np.subtract(*found[list(ends[0]), :2]))
    if kind == "eyes":
        assert told > 1.08 * before and seen > before
    else:
        assert told < 0.95 * before and seen < 0.98 * before


@pytest.mark.parametrize("how", specs.COVERS)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_nothing_of_a_covered_place_can_be_told(how, kind):
    rng = np.random.default_rng(3)
    flat = rng.integers(0, 256, (120, 160, 3)).astype(kind) * (1 if kind is np.uint8 else 257)
    other = flat.copy()
    # A pattern of the face's size, of the same mean in every part that is kept.
    board = (np.indices((120, 160)).sum(axis=0) % 2)[..., None] * 2 - 1
    other = np.clip(128 + 100 * board, 0, 255).repeat(3, axis=2).astype(kind)
    other *= 1 if kind is np.uint8 else 257
    box = np.array([40, 20, 120, 100], np.float32)
    made = other.copy()
    cover.cover_place(made, box, how, oval=True)
    inner = made[50:70, 65:95].astype(float) / (1 if kind is np.uint8 else 257)
    if how != "drawn":
        assert inner.std() < 3
    assert np.array_equal(made[:, :38], other[:, :38]) and np.array_equal(made[102:], other[102:])
    spared = other.copy()
    cover.cover_place(spared, box, how, oval=True, spared=[(60, 40, 100, 80)])
    assert np.array_equal(spared[55:65, 75:85], other[55:65, 75:85])


def test_the_background_changes_and_the_person_stays(picture_pool, portrait):
    with picture_pool.lease(matte.SPEC) as net:
        share = person_matte(portrait, MatteState(net))
    old = background.behind(portrait, share, 12.0)
    assert old.shape == portrait.shape
    suit, wall = (slice(560, 620), slice(250, 380)), (slice(20, 120), slice(20, 90))
    for ground in (old, background.studio_green(portrait)):
        made = background.laid_before(portrait.copy(), share, ground, old)
        assert np.abs(made[suit].astype(int) - portrait[suit]).mean() < 2
        assert np.abs(made[wall].astype(int) - ground[wall]).mean() < 4
    deep = portrait.astype(np.uint16) * np.uint16(257)
    green = background.studio_green(deep)
    wide = background.laid_before(deep, share, green, background.behind(deep, share, 12.0))
    made = background.laid_before(portrait.copy(), share, background.studio_green(portrait), old)
    assert np.abs(wide / 257.0 - made).mean() < 1.5


def test_people_are_laid_before_a_background_as_the_formula_says():
    rng = np.random.default_rng(3)
    for hw, kind in (((64, 114), np.uint8), ((63, 115), np.uint8), ((45, 77), np.uint16)):
        most, soft = np.iinfo(kind).max, rng.random(hw, np.float32)
        rgb, ground, old = (rng.integers(0, most + 1, (*hw, 3)).astype(kind) for _ in range(3))
        for share in (soft, np.round(soft), 0 * soft, 0 * soft + 1):
            level = np.rint(share * 255)[..., None]
            part, whole = level / 255, (level >= 248, level <= 7)
            for given in (old, None):
                here = rgb.astype(float)
                if given is not None:
                    here += (here - given) * (1 - part) / np.maximum(part, 0.35)
                wanted = np.select(whole, (rgb, ground), here * part + ground * (1 - part))
                made = background.laid_before(rgb.copy(), share, ground, given)
                assert np.abs(made - np.clip(wanted, 0, most)).max() < 1


def test_the_matte_forgets_at_a_cut_and_is_steady_between(picture_pool, portrait):
    rng = np.random.default_rng(5)
    noisy = [
        np.clip(portrait + rng.normal(0, 14, portrait.shape), 0, 255).astype(np.uint8)
        for _ in range(8)
    ]
    with picture_pool.lease(matte.SPEC) as net:
        state = MatteState(net)
        held = [person_matte(p, state) for p in noisy]
        alone = [person_matte(p, MatteState(net)) for p in noisy]
        state.reset()
        assert np.array_equal(person_matte(noisy[0], state), alone[0])
    moves = [np.abs(np.diff(np.stack(m[3:]), axis=0)).mean() for m in (held, alone)]
    assert moves[0] < 0.9 * moves[1]


def test_people_who_cross_keep_what_is_theirs(picture_pool, tmp_path):
    scene = cross(tmp_path / "cross.mp4")
    owners: dict[int, set[int]] = {}
    with (
        picture_pool.lease(blazeface.SPEC_NEAR) as near,
        picture_pool.lease(mtcnn.SPEC) as sharp,
        picture_pool.lease(face_mesh.SPEC) as mesh,
    ):
        follow, counts = Faces(near, sharp, mesh, 25.0), []
        for number, picture in enumerate(frames(scene.path)):
            found = follow(picture, number)
            counts.append(len(found))
            truth = scene.faces[number]
            middles = (truth[:, :2] + truth[:, 2:]) / 2
            for one in found:
                away = np.linalg.norm(middles - one.points_px[:, :2].mean(axis=0), axis=1)
                if np.nanmin(away) < 0.3 * (truth[1, 2] - truth[1, 0]):
                    owners.setdefault(one.track, set()).add(int(np.nanargmin(away)))
    assert all(len(people) == 1 for people in owners.values()), owners
    assert len(owners) <= 3 and min(counts[14:40]) == 2 and min(counts[65:]) == 2


def test_a_film_gets_glasses_and_keeps_its_sound(speaker, job, tmp_path):
    apply = (
        "background:green",
        "glasses:shades",
        "grade:warm",
        "box:0,0,0.2,0.2,from=0.2:pixelate",
    )
    result = filters.run(speaker, filters.Options(tmp_path, apply), job)
    before, after = frames(speaker), frames(result.files["film"])
    assert before.shape == after.shape and result.safe and result.audit is None
    # Dark glass over both eyes on every frame; green in the upper right corner.
    assert (after[:, 95:120, 110:180].min(axis=(1, 2, 3)) < 40).all()
    corner = after[:, 5:25, 225:250].mean(axis=(1, 2))
    assert (corner[:, 1] > 1.8 * corner[:, 0]).all()
    mark = read_mark(result.files["film"])
    assert mark.command == result.command and "face-mesh@1" in mark.models
    report = json.loads(result.files["report"].read_text())
    assert report["plan"]["filters"] == list(apply)
    again = filters.run(speaker, filters.Options(tmp_path, apply), job)
    assert any("was there already" in note for note in again.notes)
    dry = filters.run(speaker, filters.Options(tmp_path / "dry", apply, dry_run=True), job)
    assert dry.plan.estimate_s > 0 and not (tmp_path / "dry").exists()


def test_a_stretch_begins_in_step(job, tmp_path):
    """What a segment that begins at frame 30 shows is what the film would show there."""
    path = tmp_path / "speaker.mp4"
    size = ("-vf", "scale=256:256", "-frames:v", 32, "-c:v", "libx264", "-crf", 14, "-an")
    ffmpeg("-i", shared_media("speaker_en.mp4"), *size, path)
    inputs = preparing.read_inputs(specs.parse_specs(("background:green", "hat:crown")), job)
    footage, _ = preparing.read_footage(path, inputs, job)
    made = []
    with preparing.stack_of(inputs, footage, {}, 2, job) as stack:
        film = preparing.film_of(stack, inputs, footage)
        for start in (0, 30):
            function = film.rgb_pass(start, 32)
            first = max(0, start - film.lead_frames)
            shown = [function(f, n + first) for n, f in enumerate(frames(path)[first:])]
            made.append(shown[30 - first])
    apart = np.abs(made[0].astype(int) - made[1])
    assert film.lead_frames >= 12 and apart.mean() < 0.6 and (apart > 40).mean() < 0.01


def test_what_cannot_work_is_refused(speaker, job, tmp_path):
    street = tmp_path / "street.mp4"
    cut = ("-vf", "select=between(n\\,150\\,170),setpts=N/25/TB,scale=160:68", "-frames:v", 20)
    ffmpeg("-i", bikes(), *cut, "-c:v", "libx264", street)
    out = filters.Options(tmp_path / "out", ("hat:crown",))
    with pytest.raises(RequestError, match="No face was found"):
        filters.run(street, out, job)
    with pytest.raises(RequestError, match="No face was found"):
        filters.run(street, filters.Options(tmp_path / "out", ("anonymise:blur",)), job)
    missing = filters.Options(tmp_path / "out", (f"background:replace={tmp_path}/none.png",))
    with pytest.raises(MediaError):
        filters.run(speaker, missing, job)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(MediaError):
        filters.run(
            speaker, filters.Options(tmp_path / "out", (f"background:replace={broken}",)), job
        )
    alpha = tmp_path / "alpha.mov"
    ffmpeg("-i", speaker, "-c:v", "qtrle", "-pix_fmt", "argb", "-an", "-frames:v", 5, alpha)
    with pytest.raises(RequestError, match="transparent"):
        filters.run(alpha, out, job)
    nobody = filters.Options(
        tmp_path / "out", ("anonymise:blur,except=Ann",), gallery=tmp_path / "gallery"
    )
    with pytest.raises(RequestError, match="nobody called 'Ann'"):
        filters.run(speaker, nobody, job)
    assert not (tmp_path / "out").exists()


def test_a_picture_fills_the_frame(tmp_path):
    tall = np.zeros((300, 100, 3), np.uint8)
    tall[140:160] = 200
    path = tmp_path / "tall.png"
    write_still(path, tall)
    made = background.covering(tall, (160, 90), deep=False)
    assert made.shape == (90, 160, 3) and made[45].mean() > 150 and made[5].mean() < 10
    assert background.covering(tall, (160, 90), deep=True).dtype == np.uint16
