"""The ``studio`` command.

Everything heavy is imported inside the command that needs it, so that ``--help`` answers at
once. Data goes to stdout, progress and logs to stderr. Exit codes: 0 done, 1 our fault,
2 the request or the input is at fault, 3 cancelled.
"""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from studio.errors import Cancelled, EncodeFailed, StudioError
from ui.anchor_cli import anchor
from ui.avatar_cli import avatar
from ui.command import (
    AsJson,
    Asked,
    Budget,
    DeviceName,
    emit,
    pipeline_command,
    run_pipeline,
    settings_of,
    stoppable_job,
)
from ui.cuts_cli import cuts
from ui.events_cli import events
from ui.filter_cli import filter_film
from ui.generate_cli import augment, generate_app
from ui.jobs_cli import jobs_app
from ui.library_cli import library_app, project_app
from ui.mcp_cli import mcp
from ui.people_cli import people_app
from ui.provenance_cli import approve, consent_app, provenance
from ui.report_cli import check, report
from ui.search_cli import index_app, recommend, search
from ui.stylize_cli import settings as film_settings
from ui.stylize_cli import stylize
from ui.subtitles_cli import subtitles_app
from ui.summary_cli import summary
from ui.things_cli import things_app
from ui.train_cli import train_app
from ui.users_cli import users_app
from ui.why_cli import why

app = typer.Typer(
    name="studio",
    help="Raw footage in; trailers, subtitles, looks, filters and avatars out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
models_app = typer.Typer(no_args_is_help=True, help="The models: what there is and where.")
app.add_typer(models_app, name="models")
app.add_typer(subtitles_app, name="subtitles")
app.add_typer(people_app, name="people")
app.add_typer(index_app, name="index")
app.command("search")(search)
app.command("summary")(summary)
app.command("recommend")(recommend)
app.command("report")(report)
app.command("cuts")(cuts)
app.command("check")(check)
app.add_typer(things_app, name="things")
app.add_typer(consent_app, name="consent")
app.add_typer(jobs_app, name="jobs")
app.add_typer(library_app, name="library")
app.add_typer(project_app, name="project")
app.add_typer(train_app, name="train")
app.add_typer(users_app, name="users")
app.add_typer(generate_app, name="generate")
app.command("augment")(augment)
app.command("stylize")(stylize)
app.command("avatar")(avatar)
app.command("filter")(filter_film)
app.command("anchor")(anchor)
app.command("approve")(approve)
app.command("provenance")(provenance)
app.command("why")(why)
app.command("events")(events)
app.command("settings")(film_settings)
app.command("mcp")(mcp)

Footage = Annotated[
    list[Path], typer.Argument(metavar="FOOTAGE...", help="Video files.", show_default=False)
]


class AspectName(StrEnum):
    """Shapes of the picture."""

    SOURCE = "source"
    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


class PaceName(StrEnum):
    """How long shots stand."""

    CALM = "calm"
    BALANCED = "balanced"
    ENERGETIC = "energetic"


@app.command()
@pipeline_command
def trailer(
    footage: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FOOTAGE...", help="Video files.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("trailer"),
    length: Annotated[float, typer.Option(help="Seconds wanted.")] = 60.0,
    music: Annotated[Path | None, typer.Option(help="Sound file to lay under it.")] = None,
    title: Annotated[str, typer.Option(help="Words of a title card.")] = "",
    end_card: Annotated[str, typer.Option(help="Words of a card at the end.")] = "",
    aspect: Annotated[AspectName, typer.Option(help="Shape of the picture.")] = AspectName.SOURCE,
    pace: Annotated[PaceName, typer.Option(help="How long shots stand.")] = PaceName.BALANCED,
    versions: Annotated[int, typer.Option(help="How many different cuts.")] = 1,
    spoiler_window: Annotated[
        float, typer.Option(help="Share at the end of the footage that is left out.")
    ] = 0.2,
    loudness: Annotated[float, typer.Option(help="Integrated loudness, LUFS.")] = -14.0,
    from_plan: Annotated[
        Path | None, typer.Option(help="Render this plan; nothing is analysed.")
    ] = None,
    scorer: Annotated[
        Path | None,
        typer.Option(help="A network of studio train summary; what it says counts half."),
    ] = None,
    *,
    asked: Asked,
) -> None:
    """Cut a trailer from footage: film, plan, timelines for an editing program, contact sheet."""
    run_pipeline(
        "trailer",
        footage or [],
        asked,
        out=out,
        length_s=length,
        music=music,
        title=title,
        end_card=end_card,
        aspect=aspect.value,
        pace=pace.value,
        versions=versions,
        spoiler_window=spoiler_window,
        loudness_lufs=loudness,
        from_plan=from_plan,
        scorer=scorer,
    )


@app.command()
@pipeline_command
def analyze(
    footage: Annotated[Path, typer.Argument(metavar="FOOTAGE", help="A video or sound file.")],
    only: Annotated[
        str,
        typer.Option(
            help="Parts wanted, of shots,objects,faces,embeddings,picture,speech,sound,speakers,"
            "sound_events,views,texts,noises,bodies,body_tracks,safety; all but the last three."
        ),
    ] = "",
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Analyse again even where a result is stored.")
    ] = False,
    language: Annotated[str, typer.Option(help="Language of the speech, or auto.")] = "auto",
    sample_rate: Annotated[
        float, typer.Option(help="Frames a second for objects, faces and embeddings.")
    ] = 2.0,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write analysis.json into as well.")
    ] = None,
    *,
    asked: Asked,
) -> None:
    """Understand footage: shots, objects, faces, speech, sound. Results are stored."""
    from pipelines.analysis import USUAL_PARTS

    run_pipeline(
        "analysis",
        footage,
        asked,
        only=tuple(p.strip() for p in only.split(",") if p.strip()) or USUAL_PARTS,
        cache=not no_cache,
        sample_rate=Fraction(sample_rate).limit_denominator(1000),
        language=language,
        out=out,
    )


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out/demo"),
    length: Annotated[float, typer.Option(help="Seconds wanted.")] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Cut a trailer from the sample footage that comes with a package."""
    from pipelines.trailer import sample_footage

    run_pipeline(
        "trailer",
        [sample_footage()],
        Asked(as_json=as_json),
        out=out,
        length_s=length,
        title="스튜디오\nStudio demo",
    )


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """What this machine can do; what is missing and the command that gets it."""
    from studio import health

    report = health.examine(settings_of())
    emit(as_json, report, lambda: print(health.summarise(report)))


@app.command()
def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 7860,
    media_root: Annotated[
        list[Path] | None, typer.Option(help="Folder the page may open footage from; repeatable.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open a browser.")] = False,
    auth: Annotated[
        bool, typer.Option("--auth", help="Users sign in; see: studio users add")
    ] = False,
    i_know: Annotated[
        bool,
        typer.Option("--i-know", help="Listen for others without --auth: all may do everything."),
    ] = False,
    memory_budget: Budget = "",
    device: DeviceName = "auto",
) -> None:
    """Open the studio's page, on this machine alone or, with --auth, for those who sign in."""
    settings = settings_of(device, memory_budget)
    from ui.web.light import load_gradio

    load_gradio()
    from ui.web.app import serve

    roots = tuple(media_root) if media_root else (Path.cwd(),)
    serve(
        host,
        port,
        open_browser=open_browser,
        settings=settings,
        media_roots=roots,
        auth=auth,
        i_know=i_know,
    )


@models_app.command("list")
def models_list(as_json: AsJson = False) -> None:
    """Every model in the catalogue."""
    from studio import catalog

    rows = catalog.list_models(settings_of().cache_dir)
    emit(as_json, {"models": rows}, lambda: print(catalog.table(rows)))


@models_app.command("verify")
def models_verify(
    name: Annotated[str, typer.Argument(help="One model; all where left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Hash every weight file again and compare with the pinned hash."""
    from studio import catalog

    rows = catalog.verify_models(name, settings_of().cache_dir)
    emit(as_json, {"models": rows}, lambda: print(catalog.table(rows)))
    if any(row["state"] != "ok" for row in rows):
        raise typer.Exit(2)


@models_app.command("where")
def models_where(
    name: Annotated[str, typer.Argument(help="One model; all where left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """The files a model's weights are read from."""
    from studio import catalog

    rows = catalog.locate_models(name, settings_of().cache_dir)
    emit(as_json, {"models": rows}, lambda: print(catalog.table(rows)))


@models_app.command("fetch")
def models_fetch(
    name: Annotated[str, typer.Argument(help="A model whose weights a hub keeps.")],
    as_json: AsJson = False,
) -> None:
    """Bring a model's weights from its hub: pinned, verified, resumed where a run was stopped."""
    with stoppable_job(settings_of()) as job:
        from studio import catalog
        from studio.models.fetch import fetch

        (spec,) = catalog.find_specs(name)
        done = fetch(spec, job.settings.cache_dir, partial(job.report, "fetch"))
    data = {
        "name": spec.name,
        "folder": str(done.folder),
        "revision": done.revision,
        "total_bytes": done.total_bytes,
        "received_bytes": done.received_bytes,
    }
    said = (
        f"{spec.name} is here: {done.total_bytes / 2**20:.1f} MiB, "
        f"{done.received_bytes / 2**20:.1f} MiB of them received now\n{done.folder}"
    )
    emit(as_json, data, lambda: print(said))


@models_app.command("remove")
def models_remove(
    name: Annotated[str, typer.Argument(help="A model that was fetched.")],
    as_json: AsJson = False,
) -> None:
    """Delete a fetched model's weights from the hub's cache."""
    from studio import catalog
    from studio.models import hub

    (spec,) = catalog.find_specs(name)
    freed = hub.remove(spec, settings_of().cache_dir)
    data = {"name": spec.name, "freed_bytes": freed}
    emit(as_json, data, lambda: print(f"{spec.name}: {freed / 2**20:.1f} MiB freed"))


@models_app.command("status")
def models_status(as_json: AsJson = False) -> None:
    """What the running processes of the studio hold in memory, and why."""
    from studio.models import records

    board = records.StatusBoard(settings_of().cache_dir / "pool")
    statuses = board.read()
    plain = [records.to_plain(status) for status in statuses]
    emit(as_json, {"pools": plain}, lambda: print(records.status_text(statuses)))


@models_app.command("release")
def models_release(
    wait: Annotated[float, typer.Option(help="Seconds to wait for the answer.")] = 3.0,
    as_json: AsJson = False,
) -> None:
    """Ask the running processes to let go of every model that is not in use."""
    from studio.models import records

    board = records.StatusBoard(settings_of().cache_dir / "pool")
    answers = board.release(wait)
    emit(as_json, {"pools": answers}, lambda: print(records.release_text(answers)))


def _fail(error: StudioError, as_json: bool) -> int:
    if as_json:
        kind = type(error).__name__
        body = {"kind": kind, "message": error.message, "hint": error.hint}
        json.dump({"error": body}, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    print(f"studio: {error}", file=sys.stderr)
    return error.exit_code


def main() -> None:
    """Run the command line and end the process with the contract's exit code."""
    as_json = "--json" in sys.argv[1:]
    if os.environ.get("STUDIO_LOG"):
        from studio.logs import set_up

        set_up(os.environ["STUDIO_LOG"])
    try:
        app()
    except EncodeFailed as error:
        code = _fail_full(error, as_json) or _fail(error, as_json)
    except StudioError as error:
        code = _fail(error, as_json)
    except KeyboardInterrupt:
        code = _fail(Cancelled(), as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if os.environ.get("STUDIO_DEBUG"):
            raise
        code = _fail_full(error, as_json) or _fail_unforeseen(error)
    else:
        code = 0
    sys.exit(code)


def _fail_full(error: Exception, as_json: bool) -> int:
    """Tell of a disk that filled up; 0 where it is something else."""
    from studio.media.full_disk import full_disk_in, no_room

    full = full_disk_in(error)
    return 0 if full is None else _fail(no_room(full), as_json)


def _fail_unforeseen(error: Exception) -> int:
    print(
        f"studio: internal error: {type(error).__name__}: {error}\n"
        "  Run again with STUDIO_DEBUG=1 for the trace, and report it.",
        file=sys.stderr,
    )
    return 1
