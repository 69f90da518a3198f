"""How the page looks: a neutral grey room in which pictures keep their colours.

The palette is data, so that a test can measure its contrast (WCAG 2.2, AA). The type is IBM Plex
from the files that come with Gradio, and the system's own Hangul; nothing is fetched.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio.themes import Base

#: Name to (light, dark). ``ground`` lies under ``panel``, ``panel`` under ``raised``; ``text``,
#: ``quiet``, ``accent`` and ``danger`` are read on all three; ``edge`` bounds controls.
PALETTE: dict[str, tuple[str, str]] = {
    "ground": ("#f3f4f5", "#131517"),
    "panel": ("#ffffff", "#1b1e21"),
    "raised": ("#ebedef", "#262a2e"),
    "line": ("#d9dde1", "#30353a"),
    "edge": ("#7b858f", "#79848e"),
    "text": ("#16191c", "#eceef0"),
    "quiet": ("#4d565f", "#aab3bb"),
    "accent": ("#0a6169", "#5fcad0"),
    "accent-strong": ("#084d54", "#86dade"),
    "on-accent": ("#ffffff", "#06262a"),
    "tint": ("#dfeff0", "#17363a"),
    "danger": ("#a8241a", "#ff9c8f"),
    "danger-tint": ("#fbe9e7", "#3a1d1a"),
    "warn": ("#7a4a00", "#f0b968"),
    "warn-tint": ("#fbf0dc", "#36290f"),
    "role-hook": ("#b4560f", "#f0a863"),
    "role-setup": ("#2f6bb3", "#86b6f2"),
    "role-build": ("#0a7078", "#5fcad0"),
    "role-climax": ("#b3245d", "#f58bb0"),
    "role-button": ("#6a4fb8", "#b9a4f2"),
    "role-b-roll": ("#59636d", "#98a2ab"),
    "role-card": ("#5d666f", "#8f99a2"),
}

_SANS = ("ui-sans-serif", "system-ui", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR",
         "Noto Sans CJK KR", "NanumBarunGothic", "NanumGothic", "sans-serif")  # fmt: skip


def stylesheet() -> str:
    """The palette as custom properties, and the rules that use them."""
    light = "".join(f"--st-{name}:{pair[0]};" for name, pair in PALETTE.items())
    dark = "".join(f"--st-{name}:{pair[1]};" for name, pair in PALETTE.items())
    static = resources.files("ui.web") / "static"
    rules = "\n".join((static / f"{name}.css").read_text("utf-8") for name in ("page", "study"))
    return f":root{{{light}color-scheme:light}}\n.dark{{{dark}color-scheme:dark}}\n{rules}"


def theme() -> Base:
    """Gradio's components in the page's palette."""
    from gradio.themes import Base
    from gradio.themes.utils.fonts import Font, LocalFont

    base = Base(
        text_size="md",
        spacing_size="md",
        radius_size="sm",
        # Gradio's semi-bold files hold few glyphs; browsers take the bold for 600 instead.
        font=(LocalFont("IBM Plex Sans", weights=(400, 700)), *map(Font, _SANS)),
        font_mono=(
            LocalFont("IBM Plex Mono", weights=(400,)),
            Font("ui-monospace"),
            Font("monospace"),
        ),
    )
    colours = {
        "body_background_fill": "ground",
        "body_text_color": "text",
        "body_text_color_subdued": "quiet",
        "background_fill_primary": "panel",
        "background_fill_secondary": "raised",
        "border_color_primary": "line",
        "border_color_accent": "accent",
        "color_accent_soft": "tint",
        "link_text_color": "accent",
        "link_text_color_hover": "accent-strong",
        "link_text_color_visited": "accent",
        "link_text_color_active": "accent-strong",
        "block_background_fill": "panel",
        "block_border_color": "line",
        "block_info_text_color": "quiet",
        "block_label_background_fill": "panel",
        "block_label_text_color": "quiet",
        "block_title_text_color": "text",
        "panel_background_fill": "panel",
        "input_background_fill": "panel",
        "input_background_fill_focus": "panel",
        "input_background_fill_hover": "panel",
        "input_border_color": "edge",
        "input_border_color_focus": "accent",
        "input_border_color_hover": "text",
        "input_placeholder_color": "quiet",
        "slider_color": "accent",
        "checkbox_background_color": "panel",
        "checkbox_background_color_selected": "accent",
        "checkbox_border_color": "edge",
        "checkbox_border_color_selected": "accent",
        "checkbox_border_color_focus": "accent",
        "checkbox_label_background_fill": "panel",
        "checkbox_label_background_fill_hover": "raised",
        "checkbox_label_background_fill_selected": "tint",
        "checkbox_label_border_color": "edge",
        "checkbox_label_border_color_selected": "accent",
        "checkbox_label_text_color": "text",
        "checkbox_label_text_color_selected": "text",
        "button_primary_background_fill": "accent",
        "button_primary_background_fill_hover": "accent-strong",
        "button_primary_border_color": "accent",
        "button_primary_text_color": "on-accent",
        "button_primary_text_color_hover": "on-accent",
        "button_secondary_background_fill": "panel",
        "button_secondary_background_fill_hover": "raised",
        "button_secondary_border_color": "edge",
        "button_secondary_text_color": "text",
        "button_cancel_background_fill": "panel",
        "button_cancel_background_fill_hover": "danger-tint",
        "button_cancel_border_color": "danger",
        "button_cancel_text_color": "danger",
        "button_cancel_text_color_hover": "danger",
        "error_text_color": "danger",
        "error_background_fill": "danger-tint",
        "error_border_color": "danger",
    }
    # The one colour that Gradio does not tell apart by light; the palette's property does.
    values = {"color_accent": "var(--st-accent)"}
    for name, colour in colours.items():
        values[name] = PALETTE[colour][0]
        values[f"{name}_dark"] = PALETTE[colour][1]
    base.set(
        **values,
        block_shadow="none",
        block_border_width="0px",
        block_label_border_width="0px",
        block_title_text_weight="600",
        block_padding="0px",
        button_border_width="1px",
        button_large_radius="8px",
        button_small_radius="6px",
        button_large_text_weight="600",
        button_primary_shadow="none",
        button_secondary_shadow="none",
        checkbox_label_shadow="none",
        input_border_width="1px",
        input_shadow="none",
        input_shadow_focus="none",
        layout_gap="16px",
        form_gap_width="0px",
    )
    return base
