element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button) return;
  const { act, by } = button.dataset;
  const item = button.closest("[data-item]").dataset.item;
  trigger("act", { act, item, by: Number(by ?? 0), with: button.dataset.with ?? "" });
});
element.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const item = element.querySelector("[data-item]")?.dataset.item;
  trigger("act", { act: "close" });
  if (item) document.querySelector(`[data-open="${CSS.escape(item)}"]`)?.focus();
});
// The button that was pressed keeps the focus when the panel comes anew.
let pressed = null;
element.addEventListener("focusin", ({ target }) => {
  const { act, by, do: done } = target.dataset;
  const other = target.dataset.with;
  pressed = done ? `[data-do="${done}"]` : act && `[data-act="${act}"]` + (by ? `[data-by="${by}"]` : "") + (other ? `[data-with="${CSS.escape(other)}"]` : "");
});
watch("value", () => {
  const at = document.activeElement;
  const ours = !at || at === document.body || element.contains(at);
  if (pressed && ours && !at?.matches(pressed)) element.querySelector(pressed)?.focus({ preventScroll: true });
});

// The footage of the clip, from its first frame; where the panel comes anew, from where it was.
const film = () => element.querySelector(".st-source-film");
const range = () => {
  const { in: start, out: end, frame } = element.querySelector(".st-source-player").dataset;
  return { start: Number(start), end: Number(end), frame: Number(frame) };
};
let item = "";
let at = 0;
let stop = Infinity;
const say = (media) => {
  const { start, end, frame } = range();
  const n = Math.floor((media.currentTime - start) / frame + 1e-3) + 1;
  const clock = element.querySelector(".st-clock");
  clock.textContent = clock.dataset.words
    .replace("{n}", n)
    .replace("{all}", Math.round((end - start) / frame));
  clock.toggleAttribute("data-outside", n < 1 || media.currentTime >= end);
  const button = element.querySelector("[data-do='play']");
  button.textContent = media.paused ? "\u25b6" : "\u2016";
  at = media.currentTime;
};
const follow = () => {
  const media = film();
  if (media && media.readyState) {
    // Once it comes to the end of the clip it stops there; played on, it goes beyond.
    if (!media.paused && media.currentTime >= stop) {
      const { end, frame } = range();
      studio.shuttle(media, 0);
      media.currentTime = end - frame / 2;
    }
    say(media);
  }
  if (!element.isConnected) return;
  // Each picture's turn while it plays; at rest a few times a second are enough, and cost nothing.
  if (media && !media.paused) requestAnimationFrame(follow);
  else setTimeout(follow, 60);
};

const begin = () => {
  const media = film();
  const now = element.querySelector("[data-item]")?.dataset.item ?? "";
  if (!media) {
    item = now;
    return;
  }
  const fresh = now !== item;
  const { start, frame } = range();
  const from = fresh ? start + frame / 2 : at;
  item = now;
  const told = element.querySelector(".st-source-player .st-status");
  const ready = () => {
    told.hidden = true;
    media.hidden = false;
    media.currentTime = from;
    if (studio.playWhenOpen === now) studio.shuttle(media, 1);
    studio.playWhenOpen = "";
  };
  if (media.readyState) ready();
  else media.addEventListener("loadedmetadata", ready, { once: true });
  // Not there yet: a small copy is being made.
  media.addEventListener("error", () => {
    told.hidden = false;
    media.hidden = true;
    setTimeout(() => media.isConnected && media.load(), 2000);
  });
  media.addEventListener("play", () => {
    const { end, frame: one } = range();
    stop = media.currentTime < end - one ? end - one / 4 : Infinity;
  });
  if (fresh) element.scrollIntoView({ block: "nearest" });
};
watch("value", begin);
begin();
follow();

studio.mark = (key) => {
  const media = film();
  studio.shuttle(media, 0);
  trigger("act", { act: "mark", item, edge: key === "i" ? "head" : "tail", at: media.currentTime });
};
element.addEventListener("click", ({ target }) => {
  const media = film();
  const { do: act } = target.closest("[data-do]")?.dataset ?? {};
  if (target === media) return studio.shuttle(media, media.paused ? 1 : 0);
  if (!act) return;
  const { start, end, frame } = range();
  if (act === "play") studio.shuttle(media, media.paused ? 1 : 0);
  else if (act === "back" || act === "on") studio.nudge(media, act === "on" ? 1 : -1);
  else if (act === "mark-in" || act === "mark-out") studio.mark(act === "mark-in" ? "i" : "o");
  else {
    studio.shuttle(media, 0);
    media.currentTime = act === "to-in" ? start + frame / 2 : end - frame / 2;
  }
});
