"""Checkpoints of hub models, complete and tiny, made on disk.

They have every file that the real ones have, in the same formats, and some are trained for a few
seconds, so that what comes out means something.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

#: What the tiny translator knows: English, and the same in Korean and French.
PHRASES = (
    ("good morning", "좋은 아침", "bonjour"),
    ("the red house", "빨간 집", "la maison rouge"),
    ("thank you", "고맙습니다", "merci"),
    ("a small dog", "작은 개", "un petit chien"),
)
#: What the tiny picture model tells apart.
COLOURS = {
    "red": (200, 30, 30),
    "green": (30, 170, 40),
    "blue": (30, 40, 200),
    "white": (240, 240, 240),
}


@contextmanager
def _one_thread() -> Iterator[None]:
    """Networks this small only wait for a second thread."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def diffusion(folder: Path, *, width: int = 32) -> Path:
    """Stable Diffusion with 16x16 latents and random weights: the pictures mean nothing."""
    import torch
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    words = folder.parent / f"{folder.name}-words"
    words.mkdir(parents=True)
    letters = [chr(c) for c in range(97, 123)] + list("0123456789,.")
    pieces = [*letters, *(letter + "</w>" for letter in letters)]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    for special in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[special] = len(vocabulary)
    (words / "vocab.json").write_text(json.dumps(vocabulary))
    (words / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(
        str(words / "vocab.json"), str(words / "merges.txt"), model_max_length=77
    )
    text = CLIPTextConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=77,
        bos_token_id=vocabulary["<|startoftext|>"],
        eos_token_id=vocabulary["<|endoftext|>"],
        pad_token_id=vocabulary["<|endoftext|>"],
    )
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(width, 2 * width),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=width,
        attention_head_dim=8,
        norm_num_groups=8,
    )
    vae = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 16, 16),
        latent_channels=4,
        norm_num_groups=4,
        sample_size=128,
    )
    StableDiffusionPipeline(
        text_encoder=CLIPTextModel(text),
        tokenizer=tokenizer,
        unet=unet,
        vae=vae,
        scheduler=DDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            clip_sample=False,
            set_alpha_to_one=False,
            steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder, safe_serialization=True)
    # As published: no tokenizer.json, but what it was made from.
    (folder / "tokenizer" / "tokenizer.json").unlink()
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(words / name, folder / "tokenizer" / name)
    specials = {f"{role}_token": getattr(tokenizer, f"{role}_token") for role in ("bos", "eos")}
    (folder / "tokenizer" / "special_tokens_map.json").write_text(json.dumps(specials))
    shutil.rmtree(words)
    return folder


@_one_thread()
def translator(folder: Path) -> Path:
    """M2M100, taught :data:`PHRASES` from English, and back from Korean; files as published."""
    import sentencepiece
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    sentences = [text for phrase in PHRASES for text in phrase] * 20
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_prefix=str(folder / "sentencepiece.bpe"),
        vocab_size=120,
        model_type="bpe",
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
    )
    (folder / "sentencepiece.bpe.vocab").unlink()
    pieces = sentencepiece.SentencePieceProcessor(
        model_file=str(folder / "sentencepiece.bpe.model")
    )
    names = ["<s>", "<pad>", "</s>", "<unk>"]
    names += [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())][3:]
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}))
    tokenizer = M2M100Tokenizer(
        str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model"), src_lang="en"
    )
    model = M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=len(names) + len(tokenizer.lang_code_to_id) + tokenizer.num_madeup_words,
            d_model=48,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=96,
            decoder_ffn_dim=96,
            max_position_embeddings=64,
            dropout=0.0,
            attention_dropout=0.0,
            activation_dropout=0.0,
            encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
            max_length=64,
        )
    )
    codes = ("en", "ko", "fr")
    sources, targets = [], []
    for phrase in PHRASES:
        for one, other in ((0, 1), (0, 2), (1, 0)):
            tokenizer.src_lang = codes[one]
            sources.append(tokenizer(phrase[one])["input_ids"])
            tokenizer.src_lang = codes[other]  # the target is written in the same form
            targets.append(tokenizer(phrase[other])["input_ids"])
    inputs = tokenizer.pad({"input_ids": sources}, return_tensors="pt")
    labels = tokenizer.pad({"input_ids": targets}, return_tensors="pt")["input_ids"]
    labels[labels == tokenizer.pad_token_id] = -100
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model.train()
    for _ in range(90):
        loss = model(**inputs, labels=labels).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    # What is left is that nothing tells which of two languages a target begins in.
    assert loss.item() < 0.2, "the tiny translator did not learn"
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "model.safetensors").unlink()  # as published: a pickle of tensors
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    return folder


@_one_thread()
def pictures_and_words(folder: Path) -> Path:
    """SigLIP, taught to tell :data:`COLOURS`, in the formats of the real one."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        PreTrainedTokenizerFast,
        SiglipConfig,
        SiglipImageProcessor,
        SiglipModel,
    )

    torch.manual_seed(0)
    words = ["<pad>", "<eos>", "<unk>", "a", "picture", *COLOURS]
    backend = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    )
    size = 32
    layers = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1}
    layers["num_attention_heads"] = 4
    model = SiglipModel(
        SiglipConfig(
            text_config=layers
            | {"vocab_size": len(words), "max_position_embeddings": 16, "projection_size": 32}
            | {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1},
            vision_config=layers | {"image_size": size, "patch_size": 16},
        )
    )
    processor = SiglipImageProcessor(size={"height": size, "width": size})
    generator = np.random.default_rng(0)
    texts = tokenizer(
        [f"a {name} picture" for name in COLOURS],
        padding="max_length",
        max_length=16,
        return_tensors="pt",
    )["input_ids"]
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    model.train()
    target = 2 * torch.eye(len(COLOURS)) - 1
    for _ in range(60):
        noisy = [
            np.clip(np.array(rgb) + generator.normal(0, 12, (40, 60, 3)), 0, 255).astype(np.uint8)
            for rgb in COLOURS.values()
        ]
        pixels = processor(images=noisy, return_tensors="pt")["pixel_values"]
        logits = model(input_ids=texts, pixel_values=pixels).logits_per_image
        loss = -torch.nn.functional.logsigmoid(target * logits).mean()
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    model.eval().save_pretrained(folder, safe_serialization=True)
    processor.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
