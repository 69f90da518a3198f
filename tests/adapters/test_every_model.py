"""Every model of the catalogue: leased from the pool, asked something, closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.signal import resample_poly

from studio import catalog
from studio.adapters import expression, unsafe_content, yolo
from studio.models.pool import ModelPool
from studio.models.spec import AnySpec
from tests.analysis.spoken import read_wav, two_cities
from tests.fetched import Fetched, fetched, tiny
from tests.picture_pool import picture_pool, still

__all__ = ["fetched", "picture_pool", "tiny"]

#: Sizes of Whisper that are loaded by the same code from files of the same names.
LIKE = {
    "whisper-medium": "whisper-small",
    "whisper-large-v3": "whisper-small",
    "whisper-large-v3-turbo": "whisper-small",
}


def speech(seconds: float) -> np.ndarray:
    samples, rate_hz = read_wav(two_cities())
    return resample_poly(samples, 16_000, rate_hz).astype(np.float32)[: int(seconds * 16_000)]


def cut_is_found(model: Any) -> None:
    frames = np.zeros((60, 27, 48, 3), np.uint8)
    frames[30:] = 200
    assert np.abs(int(model.predict(frames)[0].argmax()) - 30) <= 1


def bus_is_found(model: Any) -> None:
    found = model.detect(still("bus")[None])
    assert 5 in found.label_ids and 0 in found.label_ids  # a bus, and people


def faces_are_found(model: Any) -> None:
    assert len(model.detect(still("zidane")[None]).xyxy) >= 2


def parts_of_bodies_are_told_and_none_is_bare(model: Any) -> None:
    found = model.detect(still("bus")[None])
    named = {unsafe_content.LABELS[n] for n in found.label_ids}
    assert "feet covered" in named and not named & set(unsafe_content.FLAGGED)


def expression_is_told(model: Any) -> None:
    found = model.classify(np.full((2, 64, 64, 1), 128, np.uint8))
    assert found.shape == (2, len(expression.EXPRESSIONS))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-4)


def bus_is_told(model: Any) -> None:
    picture = still("bus")[:224, :224]
    vectors, classes = model.look(picture[None])
    assert classes.shape == (1, 1000) and abs(np.linalg.norm(vectors[0]) - 1) < 1e-3


def letters_are_read(model: Any) -> None:
    picture = np.full((96, 256, 3), 255, np.uint8)
    cv2.putText(picture, "EXIT 27", (24, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (0, 0, 0), 3)
    assert [text.replace(" ", "") for text in model.read(picture).texts] == ["EXIT27"]


def voice_is_heard(model: Any) -> None:
    assert model.stream().feed(speech(4)).max() > 0.9
    assert model.stream().feed(np.zeros(16_000, np.float32)).max() < 0.3


def words_are_heard(model: Any) -> None:
    (heard,) = model.transcribe([speech(6)], "en")
    assert "best of times" in " ".join(word.text for word in heard.words).lower()


def voices_are_told(model: Any) -> None:
    first, second = model.voices([speech(2), speech(4)[-32_000:]])
    assert first @ second > 0.6, "one person reads"


def text_is_translated(model: Any) -> None:
    assert model.translate(["thank you"], "en", "ko") == ["고맙습니다"]


def colour_is_told(model: Any) -> None:
    picture = np.full((1, 40, 40, 3), (200, 30, 30), np.uint8)
    near = model.look(picture) @ model.read(["a red picture", "a blue picture"]).T
    assert near[0, 0] > near[0, 1]


def picture_is_drawn(model: Any) -> None:
    drawn = model.text_to_image("a dog", steps=1)
    assert drawn.shape[0] == 1 and drawn.std() > 1
    assert model.image_to_image(drawn, "a cat", steps=2).shape == drawn.shape


def _painted_in(model: Any, first: np.ndarray, second: np.ndarray) -> None:
    picture = np.ascontiguousarray(still("bus")[:192, :128])
    drawn = [model.paint(picture, s, model.measure(picture, s)).copy() for s in (first, second)]
    assert drawn[0].shape == picture.shape
    assert np.abs(drawn[0].astype(int) - drawn[1]).mean() > 5, "two styles look different"


def learnt_styles_are_painted(model: Any) -> None:
    _painted_in(model, *np.eye(26, dtype=np.float32)[[0, 9]])


def any_style_is_painted(model: Any) -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[::8] = (255, 200, 0)
    flat = np.full((256, 256, 3), (20, 40, 160), np.uint8)
    _painted_in(model, model.style_of(stripes).copy(), model.style_of(flat).copy())


def far_faces_are_found(model: Any) -> None:
    assert len(model.detect(still("bus", 1080))) >= 2


def a_near_face_is_found(model: Any) -> None:
    assert len(model.detect(still("zidane", 1280)[:360, 640:1280])) == 1


def a_mesh_is_found(model: Any) -> None:
    found = model.find(still("zidane", 1280), np.array([[985, 150, 300, 0]], np.float32))
    assert found.presence[0] > 0.9 and found.points_px.shape == (1, 468, 3)


def one_face_is_like_itself(model: Any) -> None:
    picture = still("zidane", 1280)
    boxes = np.array([[910, 98, 1049, 282], [555, 260, 668, 429]], np.float32)
    found = model.embed(picture, boxes, None)
    moved = model.embed(picture, boxes + 2, None)
    apart = np.linalg.norm(found[:, None] - moved[None], axis=2)
    assert np.diag(apart).max() < 0.4 and apart[0, 1] > 0.6, "two people"


def people_far_off_are_cut_out(model: Any) -> None:
    found = model.find(still("bus"))
    assert len(found.xyxy) >= 3 and found.masks.shape[0] == len(found.xyxy)
    assert 0.1 < found.masks.max(axis=0).mean() < 0.4


def a_body_is_found(model: Any) -> None:
    found = model.find(still("zidane", 1280))
    assert found.presence.max() > 0.9 and found.points_px.shape[1:] == (33, 3)


def a_hand_is_found(model: Any) -> None:
    found = model.find(still("zidane", 1280))
    assert found.presence.max() > 0.9 and found.points_px.shape[1:] == (21, 3)


def people_are_cut_out(model: Any) -> None:
    share = model.coarse(still("zidane", 1280))
    assert share[100, 50] > 0.9 and share[20, 20] < 0.1


def faces_are_drawn(model: Any) -> None:
    drawn = model.draw(
        np.zeros((2, model.latent), np.float32) + np.array([[0.0], [1.0]], np.float32)
    )
    assert drawn.shape == (2, 64, 64, 3) and drawn[0].std() > 10
    assert not np.array_equal(drawn[0], drawn[1])


def faces_are_told(model: Any) -> None:
    picture = np.full((1, 64, 64, 3), (200, 120, 60), np.uint8)
    again = model.draw(model.tell(picture)[0])
    assert again[0, ..., 0].mean() > again[0, ..., 2].mean() + 40, "an orange picture stays orange"


def a_word_is_said(model: Any) -> None:
    said = model.speak("yes", language="en")
    assert 0.1 < said.words[0].end - said.words[0].start < 1 and said.clip.samples.std() > 0.01


def gradients_reach_the_picture(model: Any) -> None:
    import torch

    picture = torch.rand(1, 3, 40, 64, requires_grad=True)
    maps = model.maps(picture)
    assert [tuple(m.shape[2:]) for m in maps][:3] == [(20, 32), (20, 32), (10, 16)]
    sum(m.square().mean() for m in maps).backward()
    assert picture.grad is not None and picture.grad.abs().max() > 0


def phrases_are_near(model: Any) -> None:
    piano, grand, dog = model.read(["piano", "a grand piano on a stage", "dog"])
    assert piano @ grand > 0.5 > piano @ dog


def classes_lie_apart(model: Any) -> None:
    lion, bus = model.direction([291]), model.direction([779, 874])
    assert model.names[291] == "lion" and lion @ bus < 0.3
    assert model.classes(model._weight[[291]] / 20)[0].argmax() == 291


def places_make_the_whole(model: Any) -> None:
    maps = model.look(np.stack([still("bus", 1280)[:448, :448]]))
    assert maps.shape == (1, 14, 14, 1280) and maps.min() >= 0 and maps.std() > 0


def regions_are_told(model: Any) -> None:
    found = model.find(still("bus", 1280), 0.3)
    names = [yolo.LABELS[n] for n in found.label_ids]
    assert "bus" in names and found.masks[names.index("bus")].max() > 0.9
    there = model.places(still("bus", 1280), yolo.LABELS.index("bus"))
    assert there.max() > 0.7 and np.median(there) < 0.2


def a_sign_is_hidden_and_found(model: Any) -> None:
    sound = speech(6)
    loud = resample_poly(sound, 3, 1).astype(np.float32)[None]
    marked = resample_poly(model.hide(loud)[0], 2, 3).astype(np.float32)
    assert model.find(marked) > 0.9 and model.find(resample_poly(sound, 2, 1)) < 0.3


def a_text_is_said_with_its_times(model: Any) -> None:
    said = model.speak("A word, said.", language="en")
    assert len(said.words) == 3 and 0 < said.words[-1].end <= said.clip.duration


ASK: dict[str, Callable[[Any], None]] = {
    "picture-places": places_make_the_whole,
    "picture-regions": regions_are_told,
    "dcgan-faces": faces_are_drawn,
    "vae-faces": faces_are_told,
    "transnetv2": cut_is_found,
    "yolo11n-seg": bus_is_found,
    "mtcnn": faces_are_found,
    "mini-xception-fer": expression_is_told,
    "efficientnet-lite0": bus_is_told,
    "picture-words": classes_lie_apart,
    "sentence-minilm": phrases_are_near,
    "picture-features": gradients_reach_the_picture,
    "pp-ocr": letters_are_read,
    "silero-vad": voice_is_heard,
    "whisper-base": words_are_heard,
    "whisper-tiny-en": words_are_heard,
    "whisper-small": words_are_heard,
    "speaker-ge2e": voices_are_told,
    "style26": learnt_styles_are_painted,
    "style-of-picture": any_style_is_painted,
    "blazeface-near": a_near_face_is_found,
    "blazeface-far": far_faces_are_found,
    "blazepose-full": a_body_is_found,
    "nudenet-320n": parts_of_bodies_are_told_and_none_is_bare,
    "hands": a_hand_is_found,
    "person-matte": people_are_cut_out,
    "people-masks": people_far_off_are_cut_out,
    "face-mesh": a_mesh_is_found,
    "face-embedding": one_face_is_like_itself,
    "piper-joe": a_word_is_said,
    "espeak-ng": a_word_is_said,
    "supertonic": a_text_is_said_with_its_times,
    "kokoro": a_text_is_said_with_its_times,
    "sound-mark": a_sign_is_hidden_and_found,
    "m2m100-418m": text_is_translated,
    "siglip2-base": colour_is_told,
    "sd-turbo": picture_is_drawn,
    "stable-diffusion-1.5": picture_is_drawn,
}


def test_every_model_is_asked():
    assert {LIKE.get(spec.name, spec.name) for spec in catalog.all_specs()} == ASK.keys()
    specs = {spec.name: spec for spec in catalog.all_specs()}
    for name, other in LIKE.items():
        assert specs[name].loader == specs[other].loader


@pytest.mark.parametrize("spec", catalog.all_specs(), ids=lambda spec: spec.name)
def test_what_a_hub_keeps_is_pinned(spec: AnySpec):
    if spec.hub is None:
        assert all(len(weight.sha256) == 64 for weight in spec.weights)
        return
    assert len(spec.hub.revision) == 40 and int(spec.hub.revision, 16)
    for file in spec.hub.files:
        assert file.path.endswith((".safetensors", ".json", ".txt")) or len(file.sha256) == 64
    assert spec.licence and spec.source == f"https://huggingface.co/{spec.hub.repo}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "spec", [s for s in catalog.all_specs() if s.name in ASK], ids=lambda spec: spec.name
)
def test_leased_asked_and_closed(spec: AnySpec, picture_pool: ModelPool, fetched: Fetched):
    pool = picture_pool
    if spec.hub is not None:
        pool, spec = fetched.pool, fetched.specs[spec.name]
    with pool.lease(spec) as model:
        ASK[spec.name](model)
    pool.release_idle()
    assert pool.held_bytes == 0
    assert any(text.startswith(f"evicted {spec.key}") for text in pool.decisions)
