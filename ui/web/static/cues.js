// The table of cues, the doubtful words and the voices: what is typed or clicked goes to the
// server, whose answer brings the table anew.
const typed = (field) =>
  "value" in field ? field.value : field.innerText.replace(/\u00a0/g, " ").trim();
const keyOf = (node) => node.closest("[data-key]")?.dataset.key;
const was = new WeakMap();

element.addEventListener("focusin", ({ target }) => {
  if (target.matches("[data-field], [data-voice]")) was.set(target, typed(target));
});

const commit = (field) => {
  if (!was.has(field) || was.get(field) === typed(field)) return;
  was.set(field, typed(field));
  if (field.dataset.voice !== undefined)
    trigger("act", { act: "name", voice: field.dataset.voice, value: typed(field) });
  else
    trigger("act", { act: "edit", key: keyOf(field), field: field.dataset.field, value: typed(field) });
};

element.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (!target.matches("[data-field], [data-voice]")) return;
  next = relatedTarget && element.contains(relatedTarget) ? place(relatedTarget) : null;
  commit(target);
});

element.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (key === "Escape" && was.has(target)) {
    "value" in target ? (target.value = was.get(target)) : (target.innerText = was.get(target));
    target.blur();
  }
  const ends = target.matches("input") || event.ctrlKey || event.metaKey;
  if (key !== "Enter" || !ends) return;
  if (target.closest(".st-fix")) act(target, "here");
  else if (was.has(target)) target.blur();
});

const act = (node, name) => {
  const doubt = node.closest(".st-doubt");
  trigger("act", {
    act: name,
    word: Number(doubt.dataset.word),
    value: doubt.querySelector("input").value,
  });
};

element.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const media = document.querySelector(".st-player .st-media");
  if (button.dataset.play !== undefined) {
    media.currentTime = Number(button.dataset.play) + 0.001;
  } else if (button.dataset.do === "listen") {
    const { start, end } = button.closest(".st-doubt").dataset;
    media.currentTime = Math.max(0, Number(start) - 1.2);
    studio.stopAt = Number(end) + 0.6;
    media.play();
  } else if (button.dataset.do) {
    act(button, button.dataset.do);
  } else if (button.dataset.act) {
    trigger("act", { act: button.dataset.act, key: keyOf(button), value: button.dataset.text ?? "" });
  }
});

// Where the cursor was going when the answer came.
let next = null;
const place = (node) => {
  const row = node.closest("[data-key]");
  const rows = [...element.querySelectorAll("[data-key]")];
  return row && { row: rows.indexOf(row), field: node.dataset.field, act: node.dataset.act };
};
watch("value", () => {
  if (!next) return;
  const row = element.querySelectorAll("[data-key]")[next.row];
  const name = next.field ? `[data-field="${next.field}"]` : `[data-act="${next.act}"]`;
  row?.querySelector(name)?.focus({ preventScroll: true });
  next = null;
});
