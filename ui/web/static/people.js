// A button acts with what stands in its form: a name, another person, the pictures that are ticked.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button) return;
  const form = button.closest("[data-form]");
  const value = (name) => form.querySelector(`[name=${name}]`)?.value.trim() ?? "";
  trigger("act", {
    act: button.dataset.act,
    label: form.dataset.label,
    value: button.dataset.value ?? "",
    name: value("name"),
    other: value("other"),
    apart: value("apart"),
    tracks: [...form.querySelectorAll("[name=track]:checked")].map((box) => Number(box.value)),
  });
  // What was typed is told; the fields are for the next decision.
  for (const field of form.querySelectorAll("input[type=text], select")) field.value = "";
  for (const box of form.querySelectorAll("[name=track]:checked")) box.checked = false;
});
element.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.type !== "text") return;
  event.target.parentElement.querySelector("button[data-act]")?.click();
});
