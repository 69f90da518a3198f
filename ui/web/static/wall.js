element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-card]");
  if (!button) return;
  // Shown at once; the server's answer is the last word.
  button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  trigger("pick", { card: button.dataset.card });
});
