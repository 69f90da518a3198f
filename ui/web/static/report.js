// A row counts once somebody looked at it: a find is said to be wrong, a number missing is written,
// or all of it is right.
const send = (row) => {
  row.toggleAttribute("data-looked", true);
  const wrong = [...row.querySelectorAll("[data-find][aria-pressed=true]")].map((b) => Number(b.dataset.find));
  const missed = Math.max(0, Number(row.querySelector("[name=missed]").value) || 0);
  trigger("act", { row: row.dataset.row, wrong, missed });
  const status = element.querySelector("[data-done]");
  if (status) status.textContent = status.textContent.replace(/\d+/, element.querySelectorAll("li[data-looked]").length);
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-find], button[data-looked]");
  if (!button) return;
  if (button.dataset.find !== undefined) button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  send(button.closest("[data-row]"));
});
element.addEventListener("change", (event) => {
  event.stopPropagation();
  const { code } = event.target.dataset;
  if (code) trigger("act", { code, word: event.target.value });
  else if (event.target.name === "missed") send(event.target.closest("[data-row]"));
});
