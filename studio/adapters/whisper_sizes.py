"""The larger sizes of Whisper, as a hub keeps them converted for CTranslate2."""

from __future__ import annotations

from studio.adapters.whisper import Whisper
from studio.models.spec import HubFile, HubRevision, ModelSpec

_TOKENS = (
    HubFile(
        "tokenizer.json",
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        2_203_239,
    ),
    HubFile(
        "vocabulary.txt",
        "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        459_861,
    ),
)
_TOKENS_V3 = (
    HubFile(
        "preprocessor_config.json",
        "7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711",
        340,
    ),
    HubFile(
        "vocabulary.json",
        "c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1",
        1_068_114,
    ),
)


def _fetched(
    size: str, resident_bytes: int, working_bytes: int, hub: HubRevision
) -> ModelSpec[Whisper]:
    """A size that a hub keeps; counted as in float16, of which int8 takes half."""
    return ModelSpec(
        name=f"whisper-{size}",
        version="1-int8-or-float16",
        role="speech to text, 99 languages",
        licence="MIT",
        source=f"https://huggingface.co/{hub.repo}",
        weights=(),
        resident_bytes=resident_bytes,
        working_bytes=working_bytes,
        working_unit="4 windows of 30 s",
        loader="studio.adapters.whisper:load_fetched",
        requires=("faster_whisper", "ctranslate2"),
        hub=hub,
    )


SPEC_SMALL = _fetched(
    "small",
    490 << 20,
    900 << 20,
    HubRevision(
        "Systran/faster-whisper-small",
        "536b0662742c02347bc0e980a01041f333bce120",
        (
            HubFile(
                "config.json",
                "b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828",
                2_370,
            ),
            HubFile(
                "model.bin",
                "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671",
                483_546_902,
            ),
            *_TOKENS,
        ),
    ),
)
SPEC_MEDIUM = _fetched(
    "medium",
    1530 << 20,
    1600 << 20,
    HubRevision(
        "Systran/faster-whisper-medium",
        "08e178d48790749d25932bbc082711ddcfdfbc4f",
        (
            HubFile(
                "config.json",
                "3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807",
                2_257,
            ),
            HubFile(
                "model.bin",
                "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae",
                1_527_906_378,
            ),
            *_TOKENS,
        ),
    ),
)
SPEC_LARGE = _fetched(
    "large-v3",
    3090 << 20,
    2200 << 20,
    HubRevision(
        "Systran/faster-whisper-large-v3",
        "edaa852ec7e145841d8ffdb056a99866b5f0a478",
        (
            HubFile(
                "config.json",
                "a9306624f5ec14270a014b647e5c316b6e03a662c369758d1b90697a7b0655b9",
                2_394,
            ),
            HubFile(
                "model.bin",
                "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1",
                3_087_284_237,
            ),
            HubFile(
                "tokenizer.json",
                "6d8cbd7cd0d8d5815e478dac67b85a26bbe77c1f5e0c6d76d1ce2abc0e5f21ca",
                2_480_617,
            ),
            *_TOKENS_V3,
        ),
    ),
)
#: Nearly as good as the largest, with four decoder layers in place of 32.
SPEC_TURBO = _fetched(
    "large-v3-turbo",
    1620 << 20,
    1600 << 20,
    HubRevision(
        "dropbox-dash/faster-whisper-large-v3-turbo",
        "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
        (
            HubFile(
                "config.json",
                "b0253ea6c0d3bea6b1e19e91a02acfd3b53f4467362efcb5a3e6b16c9b3a9b7e",
                2_263,
            ),
            HubFile(
                "model.bin",
                "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da",
                1_617_884_929,
            ),
            HubFile(
                "tokenizer.json",
                "297b13372ac43916285644fb9687add3cc62ee2a1adb60da3dc25cc94c1871fd",
                2_710_337,
            ),
            *_TOKENS_V3,
        ),
    ),
)
