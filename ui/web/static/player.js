// Plays, and draws the cues over the picture at the time of the frame that is shown.
const part = (name) => element.querySelector(name);
let seen = "";
let cues = [];
let shown = "";

const clock = (seconds) => {
  const whole = Math.floor(seconds);
  const two = (n) => String(n).padStart(2, "0");
  const rest = String(Math.floor((seconds - whole) * 1000)).padStart(3, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}.${rest}`;
};

// Text that is wider than the safe area is set smaller, as it is when it is burnt in.
const fit = (screen) => {
  for (const block of screen.children) {
    block.style.fontSize = "";
    const share = screen.clientWidth / block.scrollWidth;
    if (share < 1) block.style.fontSize = `${parseFloat(getComputedStyle(block).fontSize) * share}px`;
  }
};

const blockOf = ([, , text, top, italic]) => {
  const block = document.createElement("p");
  block.className = top ? "st-at-top" : "";
  block.style.fontStyle = italic ? "italic" : "";
  block.textContent = text;
  return block;
};

const draw = (media) => {
  const source = document.getElementById("drawn-cues")?.dataset.cues ?? "[]";
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
  part("[data-pause]").textContent = media.paused ? "\u25b6" : "\u2016";
  const seek = part(".st-seek");
  seek.max = media.duration || 1;
  if (!seek.matches(":active")) seek.value = now;
  part(".st-clock").textContent = clock(now);
  const there = cues.filter(([start, end]) => start <= now && now < end);
  const name = JSON.stringify(there);
  const keys = new Set(there.map((cue) => cue[5]));
  for (const row of document.querySelectorAll(".st-cue")) {
    const on = keys.has(row.dataset.key);
    if (on && !row.classList.contains("st-on-air") && !media.paused) {
      const list = row.parentElement;
      const { top, bottom } = row.getBoundingClientRect();
      const frame = list.getBoundingClientRect();
      if (top < frame.top || bottom > frame.bottom)
        list.scrollTop += top - frame.top - frame.height / 3;
    }
    row.classList.toggle("st-on-air", on);
  }
  if (name === shown) return;
  shown = name;
  const screen = part(".st-drawn");
  screen.replaceChildren(...there.map(blockOf));
  fit(screen);
};

const tick = () => {
  if (!element.isConnected) return;
  const media = part(".st-media");
  const seen = media && element.offsetParent !== null;
  if (seen) draw(media);
  // Each picture's turn while it plays; at rest a few times a second are enough, and cost nothing.
  if (seen && !media.paused) requestAnimationFrame(tick);
  else setTimeout(tick, 100);
};
tick();
addEventListener("resize", () => part(".st-drawn") && fit(part(".st-drawn")));
watch("value", () => (seen = shown = ""));

element.addEventListener("click", ({ target }) => {
  const media = part(".st-media");
  if (target.closest("[data-pause], .st-video .st-media")) media.paused ? media.play() : media.pause();
  const step = target.closest("[data-step]");
  if (!step) return;
  media.pause();
  // To the middle of the next frame: a boundary may be rounded to either side.
  const frame = Number(part(".st-player").dataset.frame);
  const next = Math.floor(media.currentTime / frame + 1e-6) + Number(step.dataset.step);
  media.currentTime = Math.max(0, (next + 0.5) * frame);
});
element.addEventListener("input", ({ target }) => {
  if (target.matches(".st-seek")) part(".st-media").currentTime = Number(target.value);
});
