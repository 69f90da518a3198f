"""The real networks go on with fewer pictures, windows or frames where memory runs out."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.signal import resample_poly

from studio.adapters import efficientnet, transnetv2, whisper, yolo
from studio.adapters.openvino_runtime import OpenvinoNet
from studio.errors import InferenceFailed
from tests.footage import music_video, package_file
from tests.picture_pool import picture_pool, still

__all__ = ["picture_pool"]


def short_of_memory(monkeypatch, owner, name, too_many, count):
    """What is called ``name`` runs out of memory above a size; the sizes it then worked at."""
    real = getattr(owner, name)
    sizes = []

    def limited(*args, **kwargs):
        size = count(*args, **kwargs)
        if size > too_many:
            raise RuntimeError("std::bad_alloc")
        sizes.append(size)
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, limited)
    return sizes


@pytest.mark.parametrize("module", [yolo, efficientnet])
def test_pictures(picture_pool, monkeypatch, module):
    picture_pool.release_idle()
    side = efficientnet.INPUT_PX
    pictures = np.stack([still("bus")[:side, :side], still("zidane")[:side, :side]] * 4)
    look = (
        (lambda m: m.detect(pictures).xyxy) if module is yolo else (lambda m: m.look(pictures)[0])
    )
    with picture_pool.lease(module.SPEC) as model:
        whole = look(model)
        sizes = short_of_memory(
            monkeypatch, OpenvinoNet, "_run", 1, lambda net, pixels: net._fewer.size
        )
        np.testing.assert_allclose(look(model), whole, atol=2e-2)
        assert set(sizes) == {1}
        assert any("ran out of host memory" in note for note in model.notes)
    assert any("ran out of host memory" in text for text in picture_pool.decisions)
    picture_pool.release_idle()


def test_one_picture_that_does_not_fit_is_an_error_of_ours(picture_pool, monkeypatch):
    picture_pool.release_idle()
    with picture_pool.lease(efficientnet.SPEC) as model:
        short_of_memory(monkeypatch, OpenvinoNet, "_run", 0, lambda net, pixels: len(pixels))
        with pytest.raises(InferenceFailed, match="bad_alloc"):
            model.look(np.zeros((3, 224, 224, 3), np.uint8))
    picture_pool.release_idle()


def test_frames_of_a_run(picture_pool, monkeypatch):
    footage = cv2.VideoCapture(str(music_video()))
    pictures = [footage.read()[1] for _ in range(400)]
    frames = np.stack([cv2.resize(p, (48, 27), interpolation=cv2.INTER_AREA) for p in pictures])
    frames = np.ascontiguousarray(frames[..., ::-1])
    with picture_pool.lease(transnetv2.SPEC) as model:
        whole = model.predict(frames)[0]
        sizes = short_of_memory(monkeypatch, model, "_trunk", 170, len)
        less = model.predict(frames)[0]
    assert max(sizes) <= 170
    assert (whole > 0.5).sum() >= 3
    np.testing.assert_array_equal(less > 0.5, whole > 0.5)
    assert np.abs(less - whole).mean() < 2e-3
    picture_pool.release_idle()


@pytest.mark.slow
def test_windows_of_speech(picture_pool, monkeypatch):
    import soundfile

    path = package_file("moonshine-voice", "two_cities.wav")
    sound, recorded_hz = soundfile.read(path, dtype="float32")
    rate = whisper.RATE_HZ
    sound = resample_poly(sound, rate, recorded_hz).astype(np.float32)
    windows = [sound[i * rate * 5 : (i + 1) * rate * 5] for i in range(3)]
    asked = []

    def choose(found):
        asked.append(len(found))
        return ["en"] * len(found)

    with picture_pool.lease(whisper.SPEC) as model:
        whole = model.transcribe(windows, choose)
        sizes = short_of_memory(monkeypatch, model, "_encode", 2, len)
        less = model.transcribe(windows, choose)
        assert any("2 at a time" in note for note in model.notes)
    assert max(sizes) == 2
    assert asked == [3, 3], "a language is chosen once, from all of them"
    texts = [[word.text for word in heard.words] for heard in whole]
    assert [[word.text for word in heard.words] for heard in less] == texts
    assert len(texts[0]) > 5
    picture_pool.release_idle()
