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
  const { act, by } = target.dataset;
  const other = target.dataset.with;
  pressed = act && `[data-act="${act}"]` + (by ? `[data-by="${by}"]` : "") + (other ? `[data-with="${CSS.escape(other)}"]` : "");
});
watch("value", () => {
  const at = document.activeElement;
  const ours = !at || at === document.body || element.contains(at);
  if (pressed && ours && !at?.matches(pressed)) element.querySelector(pressed)?.focus({ preventScroll: true });
});
