// The list of models stays open when the bar comes anew.
let open = false;
element.addEventListener("toggle", ({ target }) => (open = target.open), true);
watch("value", () =>
  requestAnimationFrame(() => {
    const list = element.querySelector("details");
    if (list) list.open = open;
  }),
);
// While the page is looked at: seldom where nothing is loaded.
let turn = 0;
const timer = setInterval(() => {
  if (!element.isConnected) return clearInterval(timer);
  if (document.hidden) return;
  if (turn++ % (element.querySelector(".st-device") ? 1 : 2) === 0) trigger("poll", {});
}, 2500);
