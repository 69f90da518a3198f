// Footage to choose by its picture; what was added in the library meanwhile is asked for when the
// list comes into view.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-footage]");
  if (!button) return;
  // Shown at once; the server's answer is the last word.
  const wanted = button.getAttribute("aria-pressed") !== "true";
  if (!button.closest("[data-many]"))
    for (const other of element.querySelectorAll("button[aria-pressed=true]")) other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(wanted));
  trigger("act", { footage: button.dataset.footage });
});
let seen = false;
new IntersectionObserver(([entry]) => {
  if (entry.isIntersecting && !seen) trigger("act", {});
  seen = entry.isIntersecting;
}).observe(element);
