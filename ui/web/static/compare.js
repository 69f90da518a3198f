// The slider itself lies over the whole picture, unseen: fingers, mice and arrow keys move it.
element.addEventListener("input", (event) => {
  if (event.target.type !== "range") return;
  event.stopPropagation();
  event.target.closest("figure").style.setProperty("--at", `${event.target.value}%`);
});
element.addEventListener("change", (event) => event.stopPropagation());
