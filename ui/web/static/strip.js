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

// Z takes the last edit back, with Shift it is done again; J, K and L play the made film.
document.addEventListener("keydown", (event) => {
  if (!element.isConnected || element.offsetParent === null) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    trigger("act", { act: event.shiftKey ? "redo" : "undo" });
    event.preventDefault();
    return;
  }
  const film = document.querySelector("#files video");
  if (!film || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "j") film.currentTime = Math.max(0, film.currentTime - 1);
  else if (key === "k") film.pause();
  else if (key === "l") film.paused ? film.play() : (film.currentTime += 1);
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
