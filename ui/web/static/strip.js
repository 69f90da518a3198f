element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-item]");
  if (!button) return;
  const wanted = button.getAttribute("aria-pressed") !== "true";
  // Shown at once; the server's answer brings the new length.
  button.setAttribute("aria-pressed", String(wanted));
  button.closest("li").toggleAttribute("data-dropped", !wanted);
  trigger("keep", { item: button.dataset.item, wanted });
});

// Reasons that were opened stay open when the strip comes anew.
const opened = new Set();
const nameOf = (details) => details.closest("li").querySelector("[data-item]").dataset.item;
element.addEventListener(
  "toggle",
  (event) => opened[event.target.open ? "add" : "delete"](nameOf(event.target)),
  true
);
watch("value", () => {
  for (const details of element.querySelectorAll("details"))
    details.open = opened.has(nameOf(details));
});
