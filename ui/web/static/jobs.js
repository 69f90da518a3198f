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
// Often while something is under way, seldom while nothing is.
let asked = 0;
const timer = setInterval(() => {
  if (!element.isConnected) return clearInterval(timer);
  const live = element.querySelector(
    "[data-state=running], [data-state=queued], [data-state=cancelling], [data-state=stopping]",
  );
  if (element.offsetParent === null || document.hidden) return (asked = 0);
  if (asked && performance.now() - asked < (live ? 600 : 3500)) return;
  asked = performance.now();
  trigger("poll", {});
}, 700);
