"""Whether models fit, said before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence

from studio.models.accounts import Needs, declared
from studio.models.admission import Books
from studio.models.budget import Preflight
from studio.models.places import Place
from studio.models.records import size_text
from studio.models.spec import PLAIN, AnySpec, Form

#: The least share of a unit of work that a smaller batch is reckoned to need.
_LEAST_UNITS = 0.25


def forms_of(spec: AnySpec) -> dict[str, Form]:
    """The forms of the ladder that a model can be loaded in, in order."""
    half = "half" in spec.rungs
    forms = {"plain": PLAIN}
    if half:
        forms["half"] = Form(half=True)
    if "offload" in spec.rungs:
        forms["offload"] = Form(half=half, offload=True)
    if "cpu" in spec.rungs:
        forms["cpu"] = Form(cpu=True)
    return forms


def plan_preflight(
    books: Books, specs: Sequence[AnySpec], units: float, together: bool
) -> Preflight:
    """See ``ModelPool.preflight``. Reads the devices' memory; loads nothing."""
    with books.lock:
        steps: list[tuple[str, str, float]] = [("plain", "plain", units)]
        steps.append(("smaller batches", "plain", min(units, _LEAST_UNITS)))
        steps += [(name, name, min(units, _LEAST_UNITS)) for name in ("half", "offload", "cpu")]
        best: Preflight | None = None
        for rung, form_name, share in steps:
            needed = "batch" if rung == "smaller batches" else form_name
            if rung != "plain" and not any(needed in spec.rungs for spec in specs):
                continue
            found = _try(books, specs, form_name, share, together, rung)
            if found.fits:
                return found
            best = found if best is None or found.need_bytes < best.need_bytes else best
    if best is None:
        raise ValueError("no models were named")
    return best


def _try(
    books: Books, specs: Sequence[AnySpec], form_name: str, units: float, together: bool, rung: str
) -> Preflight:
    place = books.places[-1] if form_name == "cpu" else books.places[0]
    needs = {spec.key: _needs(books, spec, form_name, place) for spec in specs}
    frugal = {spec.key for spec in specs if "batch" in spec.rungs}
    sizes = [needs[k].total_bytes(units if k in frugal else max(units, 1.0)) for k in needs]
    need_bytes = sum(sizes) if together else max(sizes, default=0)
    open_bytes = _open_bytes(place, set(needs))
    missing = [k for k in needs if k not in place.models or place.models[k].parked]
    load_s = sum(needs[key].load_s for key in missing)
    unknown = sum(not needs[key].load_s for key in missing)
    fits = need_bytes <= open_bytes
    reason = f"{len(needs)} models need {size_text(need_bytes)}"
    reason += " together" if together and len(needs) > 1 else ""
    reason += f", there are {size_text(max(open_bytes, 0))}"
    if fits:
        reason += "" if rung == "plain" else f" ({rung})"
        reason += f"; loading {len(missing)} of them takes {load_s:.1f} s" if missing else ""
        reason += f", {unknown} were never loaded here" if unknown else ""
    return Preflight(fits, rung if fits else "", need_bytes, open_bytes, load_s, reason)


def _needs(books: Books, spec: AnySpec, form_name: str, place: Place) -> Needs:
    form = forms_of(spec).get(form_name, PLAIN)
    needs = books.needs(spec, form, place)
    return needs if needs.measured or form == PLAIN else declared(spec, form)


def _open_bytes(place: Place, wanted: set[str]) -> int:
    """What there would be if all idle models were gone, these included."""
    room = place.room()
    movable = sum(h.held_bytes for k, h in place.models.items() if not h.pins or k in wanted)
    held = room.budget_bytes - room.held_bytes + movable
    real = room.free_bytes - room.headroom_bytes - room.owed_bytes + movable
    return min(held, real)
