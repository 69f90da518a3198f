const openers = () => [...element.querySelectorAll("[data-open]")];
const keepButton = (name) => element.querySelector(`.st-keep[data-item="${CSS.escape(name)}"]`);
const drop = (button) => {
  const wanted = button.getAttribute("aria-pressed") !== "true";
  // Shown at once; the server's answer brings the new length.
  button.setAttribute("aria-pressed", String(wanted));
  button.closest("li").toggleAttribute("data-dropped", !wanted);
  trigger("keep", { item: button.dataset.item, wanted });
};

element.addEventListener("click", (event) => {
  const keep = event.target.closest("button.st-keep");
  if (keep) return drop(keep);
  const face = event.target.closest("[data-open]");
  if (face) trigger("act", { act: "open", item: face.dataset.open });
});

// On a clip's picture: arrows go along the strip, with Shift they take the clip with them; Delete
// drops or takes back; , and . trim the start by a frame, < and > the end.
element.addEventListener("keydown", (event) => {
  const face = event.target.closest("[data-open]");
  if (!face || event.ctrlKey || event.metaKey || event.altKey) return;
  const item = face.dataset.open;
  const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const trim = { ",": ["head", -1], ".": ["head", 1], "<": ["tail", -1], ">": ["tail", 1] }[event.key];
  if (arrow && event.shiftKey) trigger("act", { act: "move", item, by: arrow });
  else if (arrow) openers()[openers().indexOf(face) + arrow]?.focus();
  else if (event.key === "Home") openers()[0].focus();
  else if (event.key === "End") openers().at(-1).focus();
  else if (event.key === "Delete" || event.key === "Backspace") drop(keepButton(item));
  else if (trim) trigger("act", { act: trim[0], item, by: trim[1] });
  else return;
  event.preventDefault();
});

// What the keys play: the footage of the clip that is open, else the film that was made of all.
const nearest = () =>
  document.querySelector("#inspector .st-source-film") ?? document.querySelector("#files video");
// Backwards no browser plays: the film is set back a little, again and again.
const BACK_MS = 80;
let backwards = 0;
studio.shuttle = (film, speed) => {
  clearInterval(backwards);
  film.dataset.speed = speed;
  if (speed <= 0) film.pause();
  if (speed > 0) {
    film.playbackRate = speed;
    film.play().catch(() => {}); // it may not be there yet
  }
  if (speed < 0)
    backwards = setInterval(() => {
      film.currentTime = Math.max(0, film.currentTime + (speed * BACK_MS) / 1000);
      if (!film.isConnected || film.currentTime === 0) studio.shuttle(film, 0);
    }, BACK_MS);
};
studio.speedOf = (film) => {
  const speed = Number(film.dataset.speed ?? 0);
  return speed > 0 && film.paused ? 0 : speed || (film.paused ? 0 : 1);
};
// To the middle of a frame: a boundary may be rounded to either side.
studio.nudge = (film, frames) => {
  studio.shuttle(film, 0);
  const frame = Number(film.closest("[data-frame]").dataset.frame);
  const next = Math.floor(film.currentTime / frame + 1e-6) + frames;
  film.currentTime = Math.min(Math.max(0, (next + 0.5) * frame), (film.duration || 1e9) - frame / 2);
};

const play = (key, shift, film) => {
  const speed = studio.speedOf(film);
  const sooner = (way) => (speed * way > 0 ? Math.min(8, 2 * Math.abs(speed)) : 1) * way;
  if (key === "j") studio.shuttle(film, sooner(-1));
  else if (key === "k") studio.shuttle(film, 0);
  else if (key === "l") studio.shuttle(film, sooner(1));
  else if (key === " ") studio.shuttle(film, speed ? 0 : 1);
  else if (key === "arrowleft") studio.nudge(film, shift ? -10 : -1);
  else if (key === "arrowright") studio.nudge(film, shift ? 10 : 1);
  else if ((key === "i" || key === "o") && film.closest("#inspector")) studio.mark(key);
  else return false;
  return true;
};

// Z takes the last edit back, with Shift it is done again; J, K, L and Space play, arrows go by
// frames, I and O set the ends of the clip that is open.
document.addEventListener("keydown", (event) => {
  if (!element.isConnected || element.offsetParent === null || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, [contenteditable], [role='tab']")) return;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "z") {
    trigger("act", { act: event.shiftKey ? "redo" : "undo" });
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // Space presses the button that has the focus, but on a clip it plays.
  const face = event.target.closest("[data-open]");
  if (key === " " && face && face.getAttribute("aria-expanded") !== "true") {
    studio.playWhenOpen = face.dataset.open;
    trigger("act", { act: "open", item: face.dataset.open });
    event.preventDefault();
    return;
  }
  if (key === " " && !face && event.target.closest("button, a, summary, video[controls]")) return;
  const film = nearest();
  if (film && play(key, event.shiftKey, film)) event.preventDefault();
});

// What was open or had the focus is so again when the strip comes anew.
const opened = new Set();
const nameOf = (details) => details.closest("li").querySelector("[data-item]").dataset.item;
element.addEventListener(
  "toggle",
  (event) => opened[event.target.open ? "add" : "delete"](nameOf(event.target)),
  true
);
let focused = null;
element.addEventListener("focusin", ({ target }) => {
  const { open, item } = target.dataset;
  focused = open ? `[data-open="${CSS.escape(open)}"]` : item ? `.st-keep[data-item="${CSS.escape(item)}"]` : null;
});
document.addEventListener("focusin", ({ target }) => {
  if (!element.contains(target)) focused = null;
});
watch("value", () => {
  for (const details of element.querySelectorAll("details"))
    details.open = opened.has(nameOf(details));
  // The element in the old place may be another clip's by now: the focus goes with the clip.
  const at = document.activeElement;
  const ours = !at || at === document.body || element.contains(at);
  if (focused && ours && !at?.matches(focused)) element.querySelector(focused)?.focus({ preventScroll: true });
});
