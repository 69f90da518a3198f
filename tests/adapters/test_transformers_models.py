"""Models of transformers through the pool: fetched, small, and taught something."""

from __future__ import annotations

import numpy as np
import pytest

from studio.errors import RequestError, WeightsCorrupt
from studio.models.spec import Form
from tests.fetched import Fetched, fetched, tiny
from tests.tiny_checkpoints import COLOURS, PHRASES

__all__ = ["fetched", "tiny"]
HALF = Form(half=True)
ENGLISH = [phrase[0] for phrase in PHRASES]


@pytest.mark.parametrize("form", [Form(), HALF], ids=str)
def test_texts_come_out_in_the_language_asked_for(fetched: Fetched, form: Form):
    with fetched.pool.lease(fetched.specs["m2m100-418m"], form=form) as translator:
        assert translator.precision == ("bf16" if form.half else "f32")
        assert translator.translate(ENGLISH, "en", "ko") == [phrase[1] for phrase in PHRASES]
        assert translator.translate(ENGLISH, "en", "fr") == [phrase[2] for phrase in PHRASES]
        korean = [phrase[1] for phrase in PHRASES]
        assert translator.translate(korean, "ko", "en") == ENGLISH
        assert {"en", "ko", "fr", "ja", "de"} <= set(translator.languages)
        assert len(translator.languages) == 100


def test_empty_texts_stay_and_the_order_is_kept(fetched: Fetched):
    texts = ["", *ENGLISH[::-1], "  ", ENGLISH[0]]
    wanted = ["", *[phrase[1] for phrase in PHRASES[::-1]], "", PHRASES[0][1]]
    with fetched.pool.lease(fetched.specs["m2m100-418m"]) as translator:
        assert translator.translate(texts, "en", "ko") == wanted
        assert translator.translate([], "en", "ko") == []


def test_what_it_cannot_translate_is_said(fetched: Fetched):
    with fetched.pool.lease(fetched.specs["m2m100-418m"]) as translator:
        with pytest.raises(RequestError, match="'tlh'") as caught:
            translator.translate(["nuqneH"], "tlh", "en")
        assert " ko " in caught.value.hint
        with pytest.raises(RequestError, match="too long"):
            translator.translate(["good morning " * 50], "en", "ko")


def test_texts_are_translated_fewer_at_once_where_memory_runs_out(
    fetched: Fetched, monkeypatch: pytest.MonkeyPatch
):
    spec = fetched.specs["m2m100-418m"]
    fetched.pool.release_idle()
    with fetched.pool.lease(spec) as translator:
        whole, sizes = type(translator)._pass, []

        def short(self, tokens, language):
            sizes.append(len(tokens))
            if len(tokens) > 2:
                raise MemoryError
            return whole(self, tokens, language)

        monkeypatch.setattr(type(translator), "_pass", short)
        assert translator.translate(ENGLISH, "en", "ko") == [phrase[1] for phrase in PHRASES]
        assert sizes == [4, 2, 2]
        assert "2 at a time" in translator.notes[0]
    fetched.pool.release_idle()


def pictures() -> np.ndarray:
    generator = np.random.default_rng(7)
    noise = generator.normal(0, 12, (len(COLOURS), 90, 160, 3))
    flat = np.array(list(COLOURS.values()))[:, None, None]
    return np.clip(flat + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("form", [Form(), HALF], ids=str)
def test_pictures_lie_near_the_words_for_them(fetched: Fetched, form: Form):
    with fetched.pool.lease(fetched.specs["siglip2-base"], form=form) as model:
        seen = model.look(pictures())
        heard = model.read([f"A {name.upper()} picture" for name in COLOURS])
        assert model.precision == ("bf16" if form.half else "f32")
    assert seen.dtype == heard.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(np.concatenate([seen, heard]), axis=1), 1, atol=1e-5)
    likeness = seen @ heard.T
    assert likeness.argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert np.diag(likeness).min() > likeness[~np.eye(4, dtype=bool)].max() + 0.3


def test_half_precision_says_nearly_the_same(fetched: Fetched):
    spec = fetched.specs["siglip2-base"]
    with fetched.pool.lease(spec) as whole, fetched.pool.lease(spec, form=HALF) as half:
        cosine = (whole.look(pictures()) * half.look(pictures())).sum(axis=1)
    assert cosine.min() > 0.995
    assert cosine.max() < 1 - 1e-7, "they are two models"


def test_no_pictures_give_no_vectors(fetched: Fetched):
    with fetched.pool.lease(fetched.specs["siglip2-base"]) as model:
        assert model.look(np.zeros((0, 8, 8, 3), np.uint8)).shape == (0, 32)
        assert model.read([]).shape == (0, 32)


@pytest.mark.parametrize("name", ["m2m100-418m", "siglip2-base"])
def test_a_name_left_behind_holds_no_memory(fetched: Fetched, name: str):
    with fetched.pool.lease(fetched.specs[name]) as model:
        network = model._model
        assert sum(p.numel() for p in network.parameters()) > 10_000
    fetched.pool.release_idle()
    assert sum(p.numel() for p in network.parameters()) == 0
    with pytest.raises(ValueError, match="closed"):
        model.translate(["x"], "en", "ko") if name == "m2m100-418m" else model.read(["x"])


def test_files_that_make_up_no_model_are_named(fetched: Fetched, tmp_path):
    import importlib

    from studio.models.device import find_device
    from studio.models.spec import LoadContext

    (tmp_path / "config.json").write_text('{"model_type": "siglip"}')
    context = LoadContext({}, find_device("cpu"), 1, tmp_path / "own", hub_dir=tmp_path)
    for spec in fetched.specs.values():
        if spec.name.startswith("whisper"):
            continue
        module, _, attribute = spec.loader.partition(":")
        with pytest.raises(WeightsCorrupt, match="do not make up a model"):
            getattr(importlib.import_module(module), attribute)(context)
