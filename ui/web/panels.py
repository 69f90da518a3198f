"""The smaller pieces of the page, as HTML. Everything that is not ours is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from studio.errors import StudioError
from studio.jobs.record import JobState
from studio.settings_file import now
from studio.types.media import MediaInfo
from ui.web.messages import LANGUAGES, PageError, Say, headline
from ui.web.runs import RunView, StageView
from ui.web.works import Work

#: Results in the order they are offered.
FILES = ("video", "plan", "otio", "fcpxml", "edl", "contact_sheet")


def header(say: Say) -> str:
    """Name, language and light."""
    languages = "".join(
        f'<button type="button" data-language="{code}" lang="{code}"'
        f' aria-pressed="{"true" if code == say.language else "false"}">{name}</button>'
        for code, name in LANGUAGES.items()
    )
    return (
        '<header class="st-top"><div class="st-mark"><svg viewBox="0 0 24 24" aria-hidden="true">'
        '<path d="M4 5h16v14H4z"/><path d="M4 9h16M4 15h16M9 5v4M15 5v4M9 15v4M15 15v4"/></svg>'
        f"<div><h1>{escape(say('app.name'))}</h1><p>{escape(say('app.claim'))}</p></div></div>"
        f'<div class="st-tools"><div class="st-switch" role="group"'
        f' aria-label="{escape(say("app.language"))}">{languages}</div>'
        '<form class="st-out" method="post" action="/logout"><button>'
        f"{escape(say('signin.out'))}</button></form>"
        f'<button type="button" class="st-light" data-light="{escape(now("light"))}"'
        f' aria-label="{escape(say("app.light"))}" title="{escape(say("app.light"))}">'
        '<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8"/>'
        '<path class="st-half" d="M12 4a8 8 0 0 1 0 16z"/></svg></button></div></header>'
    )


def section(title: str, text: str = "", number: int | None = None) -> str:
    """A heading; the steps that everybody takes are numbered."""
    more = f"<p>{escape(text)}</p>" if text else ""
    mark = f'<i aria-hidden="true">{number}</i>' if number else ""
    heading = f"<h2>{mark}{escape(title)}</h2>"
    return f'<div class="st-section">{heading}{more}</div>'


def dropzone(say: Say, kind: str, files: Sequence[MediaInfo], limit_bytes: int) -> str:
    """Where files are dropped or chosen, and the list of those that were taken.

    Args:
        say: the language.
        kind: ``footage``, ``film``, ``music`` or ``recording``.
        files: taken so far.
        limit_bytes: of one upload.
    """
    films = "video/*,.mxf,.mkv,.mts"
    sound = "audio/*"
    accept = {"footage": films, "film": films, "music": sound, "recording": f"{films},{sound}"}
    many = " multiple" if kind == "footage" else ""
    rows = "".join(
        f"<li><div><b>{escape(info.path.name)}</b><span>{escape(facts(say, info))}</span></div>"
        f'<button type="button" data-remove="{n}"'
        f' aria-label="{escape(say("footage.remove", name=info.path.name))}">×</button></li>'
        for n, info in enumerate(files)
    )
    listing = f'<ul class="st-files">{rows}</ul>' if rows else ""
    return (
        f'<div class="st-drop" data-kind="{kind}" data-limit="{limit_bytes}"'
        f' data-too-large="{escape(say("upload.too_large", limit=say.size(limit_bytes)))}"'
        f' data-broken="{escape(say("upload.broken"))}"'
        f' data-cancel="{escape(say("run.cancel"))}"'
        f' data-checking="{escape(say("upload.checking"))}">{listing}'
        f'<label><input type="file" accept="{accept[kind]}"{many}><span>'
        f"<b>{escape(say(f'{kind}.choose'))}</b> {escape(say(f'{kind}.or_drop'))}</span>"
        "</label></div>"
    )


def facts(say: Say, info: MediaInfo) -> str:
    """What a file is, on one line."""
    parts = [say.duration(float(info.duration))]
    if info.video is not None:
        width, height = info.video.display_wh
        parts += [f"{width} × {height}", say("footage.rate", rate=info.video.rate)]
        if info.audio is None:
            parts.append(say("footage.silent"))
    parts.append(say.size(info.size_bytes))
    return " · ".join(parts)


def problem(say: Say, error: StudioError | None) -> str:
    """An error and what to do next. The engine's own errors are English."""
    if error is None:
        return ""
    language, (message, hint) = "en", (error.message, error.hint)
    if isinstance(error, PageError):
        language, (message, hint) = say.language, error.told(say)
    advice = f"<p>{escape(hint)}</p>" if hint else ""
    return (
        f'<div class="st-problem" role="alert"><b>{escape(headline(say, error))}</b>'
        f'<div lang="{language}"><p>{escape(message)}</p>{advice}</div></div>'
    )


def welcome(say: Say) -> str:
    """What the page does, while there is nothing to show."""
    steps = "".join(
        f"<li><b>{escape(say(f'welcome.{n}.title'))}</b><p>{escape(say(f'welcome.{n}.text'))}</p></li>"
        for n in (1, 2, 3)
    )
    bars = "".join(
        f'<span class="st-seg" data-role="{role}" style="flex-grow:{grow}"></span>'
        for role, grow in (
            ("hook", 3), ("title-card", 2), ("setup", 4), ("setup", 3), ("build", 3), ("build", 2),
            ("build", 2), ("build", 1), ("climax", 2), ("climax", 1), ("button", 3),
            ("end-card", 2),
        )
    )  # fmt: skip
    legend = "".join(
        f'<li><i data-role="{role}"></i><b>{escape(say(f"role.{role}"))}</b>'
        f" {escape(say(f'welcome.{role}'))}</li>"
        for role in ("hook", "setup", "build", "climax", "button")
    )
    return (
        f'<div class="st-welcome"><h2>{escape(say("welcome.title"))}</h2>'
        f'<p>{escape(say("welcome.text"))}</p><div class="st-bar" aria-hidden="true">{bars}</div>'
        f'<ul class="st-shape">{legend}</ul><ol>{steps}</ol></div>'
    )


def subtitles_welcome(say: Say) -> str:
    """What the subtitles tab does, while there is nothing to show."""
    steps = "".join(
        f"<li><b>{escape(say(f'sub.welcome.{n}.title'))}</b>"
        f"<p>{escape(say(f'sub.welcome.{n}.text'))}</p></li>"
        for n in (1, 2, 3)
    )
    lines = "".join(f"<span>{escape(say(f'sub.welcome.line.{n}'))}</span>" for n in (1, 2))
    return (
        f'<div class="st-welcome"><h2>{escape(say("sub.welcome.title"))}</h2>'
        f"<p>{escape(say('sub.welcome.text'))}</p>"
        f'<div class="st-sample" aria-hidden="true"><p>{lines}</p></div><ol>{steps}</ol></div>'
    )


def progress(say: Say, view: RunView, title: str) -> str:
    """How far a run is: every stage with its share, and how long it may still take."""
    if view.state is JobState.QUEUED:
        status = say("run.waiting", ahead=view.ahead) if view.ahead else say("run.next")
    elif view.state is JobState.PAUSED:
        status = say("run.paused")
    elif view.cancelling:
        status = say("run.cancelling")
    else:
        status = say("run.elapsed", elapsed=say.duration(view.elapsed_s))
        if view.remaining_s is not None:
            status += " · " + say("run.remaining", remaining=say.about(view.remaining_s))
    rows = "".join(_stage(say, stage) for stage in view.stages)
    rows = rows or f'<li class="st-now"><span>{escape(say("run.starting"))}</span></li>'
    return (
        f'<div class="st-run"><h2>{escape(title)}</h2><p class="st-status">{escape(status)}</p>'
        f'<ol class="st-stages">{rows}</ol>'
        f'<p class="st-leave">{escape(say("run.leave", number=view.number))}</p></div>'
    )


def _stage(say: Say, stage: StageView) -> str:
    name = _known(say, "stage", stage.name)
    percent = round(stage.share * 100)
    message = ""
    if stage.live:
        known = say.has(f"step.{stage.message}")
        message = f"<small{'' if known else ' lang=en'}>"
        message += f"{escape(_known(say, 'step', stage.message))}</small>"
    return (
        f"<li{' class=st-now' if stage.live else ''}><span>{escape(name)}</span>"
        f'<span class="st-track" role="progressbar" aria-label="{escape(name)}"'
        f' aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}">'
        f'<i style="width:{percent}%"></i></span><span class="st-percent">{percent}%</span>'
        f"{message}</li>"
    )


def _known(say: Say, kind: str, name: str) -> str:
    """What the page calls something that a pipeline named; the pipeline's name where it has
    no word for it."""
    key = f"{kind}.{name}"
    return say(key) if say.has(key) else name


def results(say: Say, work: Work, number: int) -> str:
    """The preview and the files of a rendered version."""
    version = work.versions[number]
    result = version.result
    if result is None:
        return ""
    where = f"/studio/works/{work.id}/{number}/files"
    width, height = version.timeline.size_wh
    rows = ""
    for kind in FILES:
        path = result.files.get(kind)
        if path is not None:
            rows += (
                f'<li><a href="{where}/{kind}?download" download="{escape(path.name)}"'
                f' data-file="{kind}"><b>{escape(say(f"file.{kind}"))}</b>'
                f"<span>{escape(path.name)} · {say.size(path.stat().st_size)}</span>"
                f"<small>{escape(say(f'file.{kind}.use'))}</small></a></li>"
            )
    outdated = (
        f'<p class="st-outdated" role="status">{escape(say("result.outdated"))}</p>'
        if version.outdated
        else ""
    )
    stamp = result.files["video"].stat().st_mtime_ns
    poster = next((clip.id for clip in version.kept.clips), "")
    poster = f"/studio/works/{work.id}/{number}/thumbnails/{escape(poster)}"
    return (
        f'{outdated}<video class="st-video" controls playsinline preload="metadata"'
        f' poster="{poster}" data-frame="{float(version.timeline.rate.seconds(1)):.9f}"'
        f' style="aspect-ratio:{width}/{height}" src="{where}/video?{stamp}"'
        f' aria-label="{escape(say("result.preview"))}"></video>'
        f'<ul class="st-downloads">{rows}</ul>'
        f'<p class="st-folder">{escape(say("result.folder"))}'
        f" <code>{escape(str(result.files['video'].parent))}</code></p>"
    )
