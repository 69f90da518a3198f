// Draws the cues over the picture at the time of the frame that is shown, and marks their rows.
const data = () => document.getElementById("drawn-cues");
let seen = "";
let cues = [];
let shown = "";

const draw = () => {
  const media = element.querySelector(".st-media");
  const screen = element.querySelector(".st-drawn");
  const source = data()?.dataset.cues ?? "[]";
  if (!media || !screen) return;
  if (source !== seen) {
    seen = source;
    cues = JSON.parse(source);
    shown = "";
  }
  const now = media.currentTime;
  if (studio.stopAt && now >= studio.stopAt) {
    studio.stopAt = 0;
    media.pause();
  }
  const there = cues.filter(([start, end]) => start <= now && now < end);
  const name = JSON.stringify(there);
  if (name === shown) return;
  shown = name;
  screen.replaceChildren(
    ...there.map(([, , text, top, italic]) => {
      const block = document.createElement("p");
      block.className = top ? "st-at-top" : "";
      block.style.fontStyle = italic ? "italic" : "";
      const words = document.createElement("span");
      words.textContent = text;
      block.append(words);
      return block;
    })
  );
  const keys = new Set(there.map((cue) => cue[5]));
  for (const row of document.querySelectorAll(".st-cue")) {
    const on = keys.has(row.dataset.key);
    if (on && !row.classList.contains("st-on-air") && !media.paused)
      row.scrollIntoView({ block: "nearest", behavior: "smooth" });
    row.classList.toggle("st-on-air", on);
  }
};
const tick = () => {
  if (!element.isConnected) return;
  if (element.offsetParent !== null) draw();
  requestAnimationFrame(tick);
};
requestAnimationFrame(tick);
