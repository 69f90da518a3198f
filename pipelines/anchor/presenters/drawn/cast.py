"""The presenters: each a description over the shared parts. None is of anybody who lives."""

from __future__ import annotations

from pipelines.anchor.presenters.drawn.look import Clothes, Face, Hair, Look, Skin

CAST: tuple[Look, ...] = (
    Look(
        name="seoyeon",
        about="a Korean woman with a black bob, in a navy blazer and an ivory blouse",
        skin=Skin("#a3644e", "#dca080", "#f3cfb2", "#fce5d2", "#fff7ee", "#ec8a7c", "#c4555f"),
        hair=Hair("bob", "#120d10", "#2b2126", "#6d5a5c"),
        clothes=Clothes("blazer", "#22335a", "#fbf6ee", "#d8b36a", 0.92, 0.285),
        face=Face(
            cheeks=0.985, jaw=0.94, chin=0.84, eyes=1.04, eye_tilt=0.026, fold=0.55, nose=0.92,
            bridge=0.75, mouth=0.95, lips=1.0, thick=0.8, arch=0.024, made_up=0.8,
        ),
        iris="#4a2d1e",
        brow="#2c2020",
    ),
    Look(
        name="minjun",
        about="a Korean man with black parted hair, in a charcoal suit and a blue tie",
        skin=Skin("#935942", "#cf936f", "#eac09c", "#f8dcc0", "#fff2e2", "#df7f6b", "#b9695f"),
        hair=Hair("parted", "#0f0c0e", "#241d20", "#5f5356"),
        clothes=Clothes("suit", "#343a46", "#f7f9fc", "#1f4f8f", 1.08, 0.355),
        face=Face(
            jaw=1.07, chin=1.15, long=1.02, eyes=0.97, eye_tilt=0.03, fold=0.65, nose=1.06,
            bridge=0.85, mouth=1.02, lips=0.88, thick=1.2, arch=0.020, age=0.22, beard=0.22,
        ),
        iris="#42291c",
        brow="#1d1517",
    ),
    Look(
        name="claire",
        about="a woman with chestnut waves, in a burgundy blazer and a cream top",
        skin=Skin("#a8634e", "#e0a287", "#f6d3bc", "#fee9da", "#fffaf4", "#ee8577", "#bf525c"),
        hair=Hair("waves", "#3a1d10", "#7a4526", "#d09a62"),
        clothes=Clothes("shell", "#74213a", "#f5ead9", "#d9b45c", 0.94, 0.29),
        face=Face(
            jaw=0.97, chin=0.90, eyes=1.08, eye_tilt=0.016, fold=0.05, nose=0.94, bridge=1.15,
            mouth=1.04, lips=1.06, thick=0.82, arch=0.040, age=0.12, made_up=0.85,
        ),
        iris="#4c6b53",
        brow="#5a3622",
        earrings="#efe6da",
    ),
    Look(
        name="daniel",
        about="a man with grey hair and glasses, in a navy suit and a burgundy tie",
        skin=Skin("#96543f", "#d39678", "#efc6a9", "#fbe0cb", "#fff6ec", "#e37c69", "#b8655e"),
        hair=Hair("brushed", "#3b3c42", "#7d8088", "#d6d9de"),
        clothes=Clothes("suit", "#1d2b4d", "#f4f7fb", "#7d1f32", 1.12, 0.37),
        face=Face(
            jaw=1.10, chin=1.22, long=1.045, eyes=0.96, eye_tilt=0.016, fold=0.25, nose=1.10,
            bridge=1.3, mouth=1.05, lips=0.82, thick=1.15, arch=0.022, age=0.62, beard=0.20,
        ),
        iris="#5b7285",
        brow="#5b5856",
        glasses="#23232b",
    ),
    Look(
        name="imani",
        about="a woman with dark hair tied back, in an emerald blazer and a black top",
        skin=Skin("#4a281c", "#7d4a31", "#a06a47", "#c08a60", "#e6b98e", "#a8503c", "#94474a"),
        hair=Hair("tied", "#0d0908", "#231815", "#6a4f43"),
        clothes=Clothes("shell", "#12604f", "#1d1f26", "#dcb257", 0.95, 0.285),
        face=Face(
            jaw=0.98, chin=0.90, eyes=1.08, eye_tilt=0.022, fold=0.05, nose=1.14, bridge=0.85,
            mouth=1.06, lips=1.32, thick=0.9, arch=0.036, age=0.05, made_up=0.85,
        ),
        iris="#46291a",
        brow="#17100e",
        earrings="#dcb257",
    ),
)  # fmt: skip
