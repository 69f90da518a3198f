element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-item]");
  if (!button) return;
  const wanted = button.getAttribute("aria-pressed") !== "true";
  // Shown at once; the server's answer brings the new length.
  button.setAttribute("aria-pressed", String(wanted));
  button.closest("li").toggleAttribute("data-dropped", !wanted);
  trigger("keep", { item: button.dataset.item, wanted });
});
