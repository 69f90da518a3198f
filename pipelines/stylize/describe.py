"""The result of ``studio stylize`` for a terminal and as JSON."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from pipelines.stylize.looks import (
    STYLE_NAMES,
    CubeLook,
    GradeLook,
    HubLook,
    LearntLook,
    Look,
    NetLook,
)
from studio.codec import to_json

if TYPE_CHECKING:
    from pipelines.stylize.result import Result


def describe(result: Result) -> dict[str, Any]:
    """The result as ``studio stylize --json`` prints it."""
    flicker = result.flicker
    return {
        "plan": to_json(result.plan) | {"looks": [look_words(k) for k in result.plan.looks]},
        "files": to_json(result.files),
        "flicker": to_json(flicker) | {"share": flicker.share} if flicker else None,
        "render": to_json(result.render),
        "command": list(result.command),
        "notes": list(result.notes),
        "wall_s": round(result.wall_s, 3),
    }


def look_words(look: Look) -> str:
    """A look in words."""
    if isinstance(look, LearntLook):
        parts = [(STYLE_NAMES[i], w) for i, w in enumerate(look.weights) if w]
        return " and ".join(n if w == 1 else f"{w:.0%} {n}" for n, w in parts)
    if isinstance(look, GradeLook):
        return look.name
    if isinstance(look, CubeLook):
        return f"the table {look.path.name}"
    if isinstance(look, HubLook):
        return f"drawn as {look.prompt!r}"
    if isinstance(look, NetLook):
        return f"the network {look.path.name}"
    return "in the manner of " + " and ".join(p.name for p, _ in look.pictures)


def summarise(result: Result) -> str:
    """What was made and how steady it is, as lines."""
    plan = result.plan
    size = "{}x{}".format(*plan.size_wh)
    lines = [f"{plan.footage}: {plan.frames} frames of {size}, {plan.shots} shot(s)"]
    lines += [f"  {look_words(look)}" for look in plan.looks]
    if plan.tiles > 1 and plan.tile_wh is not None:
        lines.append("  painted in {} tiles of {}x{}".format(plan.tiles, *plan.tile_wh))
    if plan.estimate_s is not None:
        lines.append(f"  would take about {plan.estimate_s:.0f} s here")
    if result.flicker is not None:
        found = result.flicker
        line = f"  flicker (warp error, of 255): {found.film:.2f}; the footage {found.footage:.2f}"
        if found.per_frame is not None:
            line += f"; painted frame by frame {found.per_frame:.2f} ({found.share:.0%})"
        lines.append(line)
    if result.render is not None and result.render.segments_reused:
        done = result.render
        lines.append(f"  {done.segments_reused} of {done.segments} segments were there already")
    lines += [f"note: {note}" for note in result.notes]
    lines += [f"  {name:<8} {path}" for name, path in result.files.items()]
    lines.append(f"  again:   {shlex.join(result.command)}")
    lines.append(f"{result.wall_s:.1f} s")
    return "\n".join(lines)
