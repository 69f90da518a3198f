// How each line is read: a change goes to the server when the field is left or Enter is pressed.
const fit = () => {
  for (const field of element.querySelectorAll("textarea")) {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
  }
};
element.addEventListener("change", ({ target }) => {
  if (target.dataset.line) trigger("edit", { line: target.dataset.line, value: target.value });
});
element.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset.line) {
    event.preventDefault();
    event.target.blur();
  }
});
element.addEventListener("input", fit);
element.addEventListener("click", ({ target }) => {
  const line = target.dataset.restore;
  if (line) trigger("edit", { line, value: "" });
});
new ResizeObserver(fit).observe(element);
watch("value", () => requestAnimationFrame(fit));
requestAnimationFrame(fit);
