element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) trigger("act", { act: button.dataset.act, job: button.dataset.job });
});
// The button that has the focus keeps it when the list comes anew.
let focused = null;
element.addEventListener("focusin", ({ target }) => {
  const { act, job } = target.dataset;
  focused = act && `[data-job="${job}"][data-act="${act}"]`;
});
watch("value", () => {
  if (focused && document.activeElement === document.body)
    element.querySelector(focused)?.focus({ preventScroll: true });
});
const timer = setInterval(() => {
  if (!element.isConnected) return clearInterval(timer);
  if (element.offsetParent !== null && !document.hidden) trigger("poll", {});
}, 700);
