element.addEventListener("click", (event) => {
  if (event.target.closest("[data-light]")) studio.toggleLight();
  const button = event.target.closest("[data-language]");
  if (!button) return;
  studio.setLanguage(button.dataset.language);
  trigger("language", { language: button.dataset.language });
});
watch("value", () => studio.speak());
