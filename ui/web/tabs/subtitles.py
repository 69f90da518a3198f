"""The subtitles tab: a recording, the cues over it, edits, files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import escape
from typing import Any

import gradio as gr

from pipelines.subtitles import editing
from studio.errors import StudioError
from studio.types.media import MediaInfo
from studio.types.subtitles import Cue
from ui.web import cue_table, panels
from ui.web.guard import NOBODY, current_user
from ui.web.messages import PageError, Say, preferred_language
from ui.web.strip import notes
from ui.web.subtitle_works import Phase, SubtitleWork, SubtitleWorks
from ui.web.tabs.subtitles_layout import WISHES, lay_out, options_of, wishes_of
from ui.web.tabs.texts import filled, merged
from ui.web.tabs.work_tab import WorkTab, project_of

_POLL_S = 0.5
#: The work in the page's address, and the one that the browser remembers.
_ASK_ADDRESS = """(visit, saved) => [visit, studio.asked("subtitles", saved)]"""
_SHOW_WORK = """(...values) => {
  document.getElementById("sub-work").scrollIntoView({ block: "start" });
  return values;
}"""
#: A new cue is this long where there is room.
_NEW_CUE_S = Fraction(2)


@dataclass
class Visit:
    """One open page.

    Attributes:
        language: the page speaks.
        user: whose page it is.
        project: that new works go to, or "".
        recording: taken; one at most.
        work: what it follows.
        track: the language of cues it shows.
        page: of the cues.
        doubt: which of the doubtful words it is at.
        seen: the phase it shows.
        problem: the error it shows.
    """

    language: str = "en"
    user: str = NOBODY
    project: str = ""
    recording: list[MediaInfo] = field(default_factory=list)
    work: str = ""
    track: int = 0
    page: int = 0
    doubt: int = 0
    seen: Phase | None = None
    problem: StudioError | None = None


@dataclass(frozen=True)
class SubtitlesTab(WorkTab):
    """Builds the tab and answers its events.

    Attributes:
        works: subtitles in the making.
        tabs: to come forward when an address asks for it.
    """

    works: SubtitleWorks
    tabs: gr.Tabs

    def build(self, page: gr.Blocks) -> None:
        """Lay the tab out and connect it; to be called inside ``page``."""
        self.parts["visit"] = gr.State(Visit())
        self.parts["saved"] = gr.BrowserState("", storage_key="studio-subtitles", secret="studio")
        self.parts["timer"] = gr.Timer(_POLL_S, active=False)
        self.parts.update(lay_out(self.texts))
        self._connect(page)

    def _connect(self, page: gr.Blocks) -> None:
        p = self.parts
        quiet = self.quiet(self.tabs)
        many = {**quiet, "trigger_mode": "multiple"}
        loaded = page.load(self.load, [p["visit"], p["saved"]], js=_ASK_ADDRESS, **quiet)
        self.header.language(self.speak, p["visit"], **quiet)
        p["recording"].added(self.add_upload, p["visit"], **many)
        p["recording"].removed(self.remove_recording, p["visit"], **many)
        p["add"].click(self.checking, p["visit"], **quiet).then(
            self.add_path, [p["visit"], p["path"]], **quiet
        )
        wishes = [p[name] for name in WISHES]
        started = p["start"].click(self.start, [p["visit"], *wishes], js=_SHOW_WORK, **quiet)
        p["timer"].tick(self.tick, p["visit"], **quiet)
        p["cancel"].click(self.cancel, p["visit"], **quiet)
        for name in ("cues", "doubts", "voices"):
            p[name].act(self.act, p["visit"], **many)
        p["undo"].click(self.undo, p["visit"], **quiet)
        p["retime"].click(self.retime, p["visit"], **quiet)
        p["track"].input(self.pick_track, [p["visit"], p["track"]], **quiet)
        p["page"].input(self.pick_page, [p["visit"], p["page"]], **quiet)
        p["write"].click(self.write, p["visit"], **quiet)
        p["burn"].click(self.burn, p["visit"], **quiet)
        left = p["again"].click(self.again, p["visit"], **quiet)
        for event in (loaded, started, left):
            event.then(
                None, p["saved"], js="(id) => studio.setRun(id, 'subtitles')",
                api_visibility="private",
            )  # fmt: skip

    # Events

    def load(self, visit: Visit, run: dict[str, Any], request: gr.Request) -> dict[Any, Any]:
        """A page was opened: in its language, and at the work its address names."""
        visit.language = preferred_language(
            request.cookies.get("studio_language"), request.headers.get("accept-language", "")
        )
        updates: dict[Any, Any] = {
            self.parts["path"]: gr.update(choices=self._choices(), value=None)
        }
        visit.user = current_user(request)
        visit.project = project_of(request, self.works.desk.library, visit.user)
        asked = run.get("asked")
        work = self.works.open_for(asked or run.get("saved"), visit.user)
        if asked or run.get("in") == "subtitles":
            updates[self.tabs] = gr.Tabs(selected="subtitles")
        if work is not None:
            visit.work, visit.recording[:] = work.id, [work.info]
        elif asked:
            visit.problem = PageError("run.unknown")
        like = self.works.open_for(run.get("like"), visit.user)
        shown = like or work
        if shown is not None:
            for name, value in wishes_of(shown.options).items():
                updates[self.parts[name]] = gr.update(value=value)
        updates[self.parts["saved"]] = visit.work
        brought = self.brought(visit, run, "subtitles")
        return merged(self._all(visit), updates, brought)

    def remove_recording(self, visit: Visit) -> dict[Any, Any]:
        """The file was taken away."""
        visit.recording.clear()
        return self._lists(visit)

    def start(self, visit: Visit, *values: Any) -> dict[Any, Any]:
        """Hear the recording."""
        visit.problem = None
        try:
            info = visit.recording[0] if visit.recording else None
            work = self.works.begin(
                info, options_of(values), user=visit.user, project=visit.project
            )
        except StudioError as exc:
            visit.problem = exc
            return self._state(visit)
        visit.work, visit.track, visit.page, visit.doubt = work.id, 0, 0, 0
        return self._state(visit) | {self.parts["saved"]: work.id}

    def act(self, visit: Visit, event: gr.EventData) -> dict[Any, Any]:
        """Something was typed or clicked in the cues, the voices or the doubtful words."""
        work = self.works.get(visit.work)
        if work is None or work.now is None:
            return {self.parts["timer"]: gr.skip()}
        data = dict(event._data)
        act = str(data.get("act"))
        if act in ("previous", "next"):
            visit.doubt += 1 if act == "next" else -1
            return self._doubts(visit, work)
        visit.problem = None
        try:
            change = _change(act, data, work, visit)
            if change is not None:
                work.edit(change)
        except StudioError as exc:
            visit.problem = exc
        return self._edited(visit, work)

    def undo(self, visit: Visit) -> dict[Any, Any]:
        """Take the last edit back."""
        work = self.works.get(visit.work)
        if work is None or work.now is None:
            return {self.parts["timer"]: gr.skip()}
        visit.problem = None
        work.undo()
        return self._edited(visit, work)

    def retime(self, visit: Visit) -> dict[Any, Any]:
        """Set edited cues to the sound again."""
        return self._run(visit, lambda work: work.retime())

    def write(self, visit: Visit) -> dict[Any, Any]:
        """Write all formats."""
        return self._run(visit, lambda work: work.write(burn_in=False))

    def burn(self, visit: Visit) -> dict[Any, Any]:
        """Write all formats and draw the cues into the picture."""
        return self._run(visit, lambda work: work.write(burn_in=True))

    def pick_track(self, visit: Visit, number: int) -> dict[Any, Any]:
        """Another language is to be shown."""
        work = self.works.get(visit.work)
        if work is not None and work.now is not None and isinstance(number, int):
            visit.track = min(max(0, number), len(work.now.plan.tracks) - 1)
            visit.page = 0
        return self._state(visit)

    def pick_page(self, visit: Visit, number: int) -> dict[Any, Any]:
        """Another page of the cues is to be shown."""
        visit.page = number if isinstance(number, int) else 0
        return self._state(visit)

    def again(self, visit: Visit) -> dict[Any, Any]:
        """Put this work aside and begin another."""
        visit.work, visit.problem = "", None
        visit.recording.clear()
        return merged(self._lists(visit), self._state(visit), {self.parts["saved"]: ""})

    # What is shown

    def _run(self, visit: Visit, begin: Any) -> dict[Any, Any]:
        work = self.works.get(visit.work)
        visit.problem = None
        try:
            if work is not None:
                begin(work)
        except StudioError as exc:
            visit.problem = exc
        return self._state(visit)

    def _take(self, visit: Visit, info: MediaInfo | None) -> dict[Any, Any]:
        error = None
        if info is None:
            error = PageError("upload.gone")
        elif info.audio is None:
            error = PageError("recording.silent")
        else:
            visit.recording[:] = [info]
        told = panels.problem(Say(visit.language), error)
        return self._lists(visit) | {self.parts["notice"]: filled(told)}

    def _lists(self, visit: Visit) -> dict[Any, Any]:
        zone = panels.dropzone(
            Say(visit.language), "recording", visit.recording, self.uploads.max_bytes
        )
        return {self.parts["recording"]: zone, self.parts["notice"]: filled("")}

    def _all(self, visit: Visit) -> dict[Any, Any]:
        words = self.texts.updates(Say(visit.language))
        return merged(words, self._lists(visit) | self._state(visit))

    def _state(self, visit: Visit) -> dict[Any, Any]:
        """Everything that depends on the work."""
        say, parts, work = Say(visit.language), self.parts, self.works.get(visit.work)
        phase = work.phase if work is not None else None
        visit.seen = phase
        busy = phase is not None and phase.busy
        updates: dict[Any, Any] = {
            parts["timer"]: gr.Timer(active=busy),
            parts["start"]: gr.update(interactive=not busy),
            parts["cancel"]: gr.update(
                visible=busy, interactive=not (work is not None and work.run.cancelling)
            ),
            parts["stage"]: filled(self._stage(say, work, visit)),
            parts["editor"]: gr.update(visible=bool(work and work.now)),
            parts["out"]: gr.update(visible=bool(work and work.now)),
        }
        if work is None or work.now is None:
            return updates
        tracks = work.now.plan.tracks
        updates |= {
            parts["player"]: cue_table.player(say, work) if work.media else "",
            parts["track"]: gr.update(
                choices=[(_language(say, t.subtitles.language), n) for n, t in enumerate(tracks)],
                value=visit.track,
                visible=len(tracks) > 1,
            ),
            parts["burn"]: gr.update(interactive=not busy, visible=work.info.video is not None),
            parts["write"]: gr.update(interactive=not busy),
            parts["dropped"]: filled(cue_table.dropped(say, work.now.plan)),
            parts["notes"]: filled(notes(say, (*work.now.plan.notes, *work.notes))),
        }
        return merged(updates, self._edited(visit, work))

    def _edited(self, visit: Visit, work: SubtitleWork) -> dict[Any, Any]:
        """What an edit changes."""
        assert work.now is not None
        say, parts, plan = Say(visit.language), self.parts, work.now.plan
        busy = work.phase.busy
        count = cue_table.pages(plan, visit.track)
        visit.page = min(max(0, visit.page), count - 1)
        return {
            parts["drawn"]: cue_table.drawn_cues(plan, visit.track),
            parts["cues"]: cue_table.table(say, work, visit.track, visit.page),
            parts["summary"]: cue_table.summary(say, work, visit.track),
            parts["voices"]: filled(cue_table.voices(say, plan)),
            parts["undo"]: gr.update(interactive=work.can_undo and not busy),
            parts["retime"]: gr.update(
                interactive=bool(work.now.corrections.cues) and not busy and visit.track == 0
            ),
            parts["page"]: gr.update(
                choices=[(str(n + 1), n) for n in range(count)], value=visit.page, visible=count > 1
            ),
            parts["files"]: filled(cue_table.files(say, work)),
            parts["stage"]: filled(self._stage(say, work, visit)),
        } | self._doubts(visit, work)

    def _doubts(self, visit: Visit, work: SubtitleWork) -> dict[Any, Any]:
        assert work.now is not None
        found = editing.doubtful_words(work.now.plan)
        visit.doubt = min(max(0, visit.doubt), max(0, len(found) - 1))
        shown = visit.track == 0
        markup = cue_table.doubts(Say(visit.language), work.now.plan, visit.doubt) if shown else ""
        return {self.parts["doubts"]: filled(markup)}

    def _stage(self, say: Say, work: SubtitleWork | None, visit: Visit) -> str:
        trouble = panels.problem(say, visit.problem or (work.error if work else None))
        if work is None:
            return trouble + panels.subtitles_welcome(say)
        if work.phase.busy:
            return trouble + self._progress(say, work)
        if work.cancelled:
            return f'<p class="st-outdated" role="status">{escape(say("run.cancelled"))}</p>'
        return trouble

    def _progress(self, say: Say, work: SubtitleWork) -> str:
        return panels.progress(say, work.view, say(f"sub.{work.phase}"))


def _change(
    act: str, data: dict[str, Any], work: SubtitleWork, visit: Visit
) -> editing.Change | None:
    """What an act of the page does to the plan; None where it means nothing here."""
    assert work.now is not None
    value = str(data.get("value") or "")
    if act in ("here", "everywhere", "right"):
        word = data.get("word")
        if not isinstance(word, int) or not 0 <= word < len(work.now.plan.transcript.words):
            return None
        if act == "right":
            return lambda now: editing.trust_word(now, word)
        return lambda now: editing.fix_word(now, word, value, all_of_them=act == "everywhere")
    if act == "name":
        label = str(data.get("voice"))
        return lambda now: editing.name_voice(now, label, value)
    track = visit.track
    at = cue_table.cue_at(work.now.plan, track, str(data.get("key")))
    if at is None:
        return None
    cues = work.now.plan.tracks[track].subtitles.cues
    if act == "delete":
        return lambda now: editing.set_cue(now, track, at, None)
    if act == "add":
        return _added(cues, at, track, work.info.duration)
    if act == "top":
        return lambda now: editing.set_cue(
            now, track, at, replace(cues[at], at_top=not cues[at].at_top)
        )
    if act == "shorten":
        lines = tuple(value.splitlines())
        return lambda now: editing.set_cue(now, track, at, replace(cues[at], lines=lines))
    if act == "edit":
        edited = _typed(cues[at], str(data.get("field")), value, work, track)
        return lambda now: editing.set_cue(now, track, at, edited)
    return None


def _typed(cue: Cue, name: str, value: str, work: SubtitleWork, track: int) -> Cue:
    """The cue with one field as it was typed; times go to the nearest frame.

    Raises:
        PageError: a time is none.
    """
    assert work.now is not None
    if name == "text":
        lines = editing.wrapped(work.now.plan.tracks[track], value)
        return replace(cue, lines=lines)
    if name == "speaker":
        return replace(cue, speaker=value.strip())
    seconds = cue_table.seconds_of(value)
    if seconds is None or name not in ("start", "end"):
        raise PageError("cues.time", text=value)
    rate = work.now.plan.source.rate
    if rate is not None:
        seconds = rate.seconds(rate.nearest(seconds))
    return replace(cue, **{name: seconds})  # type: ignore[arg-type]


def _added(cues: tuple[Cue, ...], at: int, track: int, duration: Fraction) -> editing.Change:
    start = cues[at].end
    end = cues[at + 1].start if at + 1 < len(cues) else duration
    if end - start < Fraction(1, 2):
        raise PageError("cues.no_room")
    new = Cue(start, min(end, start + _NEW_CUE_S), ("…",))
    return lambda now: editing.add_cue(now, track, new)


def _language(say: Say, code: str) -> str:
    key = f"language.{code}"
    return say(key) if say.has(key) else code
