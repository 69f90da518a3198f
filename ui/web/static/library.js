// Over a poster the strip is scrubbed: where the pointer is, there is the film. By keyboard with
// the arrows.
const COUNT = 12;
const scrub = (poster, share) => {
  const strip = poster.querySelector(".st-scrub");
  if (!strip) return;
  const at = Math.min(COUNT - 1, Math.max(0, Math.floor(share * COUNT)));
  poster.dataset.at = at;
  strip.style.backgroundPositionX = `${(100 * at) / (COUNT - 1)}%`;
};
element.addEventListener("pointermove", (event) => {
  const poster = event.target.closest(".st-poster");
  if (!poster) return;
  const { left, width } = poster.getBoundingClientRect();
  scrub(poster, (event.clientX - left) / width);
});
element.addEventListener("keydown", (event) => {
  const poster = event.target.closest("div.st-poster");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!poster || !step) return;
  scrub(poster, (Number(poster.dataset.at ?? 0) + step + 0.5) / COUNT);
  event.preventDefault();
});
element.addEventListener("click", (event) => {
  const use = event.target.closest("button[data-use]");
  if (use) {
    const id = use.closest("[data-footage]").dataset.footage;
    location.search = new URLSearchParams({ use: id, in: use.dataset.use });
    return;
  }
  const out = event.target.closest("button.st-remove");
  if (!out) return;
  trigger("forget", { footage: out.dataset.remove ?? "", work: out.dataset.forget ?? "" });
});
// Looked at only while it is looked at, and not while something in it is open; seldom where
// nothing is being drawn or made.
let asked = 0;
const timer = setInterval(() => {
  if (!element.isConnected) return clearInterval(timer);
  const busy = element.querySelector("details[open], :hover, :focus-within");
  if (element.offsetParent === null || document.hidden) return (asked = 0);
  if (busy) return;
  const live = element.querySelector(".st-drawing, .st-poster em[data-live]");
  if (asked && performance.now() - asked < (live ? 1400 : 5500)) return;
  asked = performance.now();
  trigger("poll", {});
}, 1500);
