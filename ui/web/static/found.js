// Beside library.js, which scrubs the strips.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-like], button[data-keep]");
  if (!button) return;
  const { like, keep } = button.dataset;
  if (keep !== undefined) {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    trigger("act", { keep: Number(keep) });
  } else trigger("act", { like: Number(like) });
});
// A strip plays by itself when it is come to, until the pointer moves over it.
let playing = 0;
const stop = () => { clearInterval(playing); playing = 0; };
element.addEventListener("pointerover", (event) => {
  const poster = event.target.closest(".st-poster");
  if (!poster || poster.contains(event.relatedTarget)) return;
  stop();
  const strip = poster.querySelector(".st-scrub");
  if (!strip || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  let at = 0;
  playing = setInterval(() => {
    if (!strip.isConnected || !poster.matches(":hover")) return stop();
    at = (at + 1) % 12;
    strip.style.backgroundPositionX = `${(100 * at) / 11}%`;
  }, 160);
});
element.addEventListener("pointermove", stop);
