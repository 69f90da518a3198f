"""What the models hold of this machine's memory, at the foot of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from studio.models.records import DeviceStatus, PoolStatus, ResidentStatus
from ui.web.messages import Say


def memory_bar(say: Say, pools: Sequence[PoolStatus]) -> str:
    """A bar a device, a piece a model, and the last thing that was decided.

    Args:
        say: the language.
        pools: of all processes that do jobs, newest word first; what ``studio models status``
            prints.
    """
    if not pools:
        label, empty = escape(say("memory.title")), escape(say("memory.empty"))
        return f'<section class="st-memory" aria-label="{label}"><p>{empty}</p></section>'
    devices = "".join(_device(say, device) for pool in pools for device in pool.devices)
    waiters = [waiter for pool in pools for waiter in pool.waiters]
    waiting = ""
    if waiters:
        names = ", ".join(waiter.key.split("@")[0] for waiter in waiters)
        waiting = f"<p>{escape(say('memory.waiting', names=names))}</p>"
    decisions = sorted((d for pool in pools for d in pool.decisions), key=lambda d: d.at_s)
    last = ""
    if decisions:
        last = f'<p class="st-said" lang="en">{escape(decisions[-1].text)}</p>'
    held = [m for pool in pools for d in pool.devices for m in d.residents]
    if held:  # the bars say enough at a glance
        rows = "".join(f"<li>{escape(_model(say, model))}</li>" for model in held)
        count = escape(say("memory.models", n=len(held)))
        last = f"<details><summary>{count}</summary><ul>{rows}</ul>{last}</details>"
    label = escape(say("memory.title"))
    return f'<section class="st-memory" aria-label="{label}">{devices}{waiting}{last}</section>'


def _device(say: Say, device: DeviceStatus) -> str:
    budget = max(device.budget_bytes, 1)
    pieces = "".join(
        f'<i style="width:{100 * model.held_bytes / budget:.2f}%"'
        f'{" data-used" if model.pins else ""} title="{escape(_model(say, model))}"></i>'
        for model in device.residents
        if model.held_bytes
    )
    listed = "" if device.residents else f"<p>{escape(say('memory.empty'))}</p>"
    held, most = say.size(device.held_bytes), say.size(device.budget_bytes)
    said = say("memory.held", held=held, budget=most, device=device.device)
    free = say("memory.free", free=say.size(device.free_bytes), total=say.size(device.total_bytes))
    return (
        f'<div class="st-device"><div><b>{escape(said)}</b><span>{escape(free)}</span></div>'
        f'<div class="st-held" role="meter" aria-label="{escape(said)}" aria-valuemin="0"'
        f' aria-valuemax="{device.budget_bytes}" aria-valuenow="{device.held_bytes}">'
        f"{pieces}</div>{listed}</div>"
    )


def _model(say: Say, model: ResidentStatus) -> str:
    name = model.key.split("@")[0] + (f" ({model.form})" if model.form != "plain" else "")
    size = say.size(model.held_bytes or model.host_bytes)
    use = say("memory.used") if model.pins else say("memory.idle")
    return f"{name}: {size}, {use}"
