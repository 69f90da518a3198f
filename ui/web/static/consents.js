element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-revoke]");
  if (!button) return;
  const box = button.closest("details");
  const said = (name) => box.querySelector(`[data-${name}]`)?.value ?? "";
  trigger("revoke", { id: button.dataset.revoke, by: said("by"), reason: said("reason") });
});
