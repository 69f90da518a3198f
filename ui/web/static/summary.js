// Pressing a clip, in the strip or on the curve, plays it; the line on the curve goes with the film.
const film = () => element.querySelector("video");
element.addEventListener("click", (event) => {
  const place = event.target.closest("[data-at]");
  const video = film();
  if (!place || !video) return;
  video.currentTime = Number(place.dataset.at) + 0.01;
  video.play();
});
const follow = () => {
  const video = film();
  const curve = element.querySelector(".st-curve");
  if (!video || !curve) return;
  const spans = [...curve.querySelectorAll("[data-from]")];
  const now = spans.filter((span) => Number(span.dataset.at) <= video.currentTime + 0.001).at(-1) ?? spans[0];
  if (!now) return;
  const at = Number(now.dataset.from) + video.currentTime - Number(now.dataset.at);
  curve.querySelector("b").style.left = `${(100 * Math.min(at, Number(now.dataset.to))) / Number(curve.dataset.film)}%`;
  for (const span of spans) span.toggleAttribute("data-now", span === now);
};
element.addEventListener("timeupdate", follow, true);
element.addEventListener("seeked", follow, true);
