// Set beside the session's own cookie, which scripts cannot see.
if (/(^|; )studio_signed_in=/.test(document.cookie)) document.documentElement.classList.add("st-signed-in");

// In the head, before Gradio: the language and the light that were chosen before.
(() => {
  const cookie = (name) =>
    document.cookie.split("; ").find((c) => c.startsWith(name + "="))?.split("=")[1];
  const remember = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=strict`;
  };
  const root = document.documentElement;
  const setLanguage = (language) => {
    root.lang = language;
    remember("studio_language", language);
  };
  const chosen = cookie("studio_language");
  if (chosen) {
    root.lang = chosen;
    // Gradio's own few words follow the browser's language.
    Object.defineProperty(navigator, "language", { get: () => chosen });
  }

  const wanted = cookie("studio_light");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (cookie("studio_light") ?? (system.matches ? "dark" : "light")) === "dark";
  const light = () => document.body?.classList.toggle("dark", isDark());
  system.addEventListener("change", light);

  root.classList.add("st-pending");
  const show = () => {
    light();
    const spoken = document.querySelector("[data-language][aria-pressed='true']");
    if (spoken) root.lang = spoken.dataset.language;
    root.classList.remove("st-pending");
  };
  setTimeout(show, 4000); // never hide the page for good

  const address = location.search;
  const url = new URL(location.href);
  for (const once of ["use", "in", "like"]) url.searchParams.delete(once);
  if (url.search !== address) history.replaceState(history.state, "", url);

  window.studio = {
    shown: show,
    setLanguage,
    toggleLight() {
      remember("studio_light", isDark() ? "light" : "dark");
      light();
    },
    // What the address asks of a tab, and the work that the browser remembers of it.
    asked(name, saved) {
      const at = new URLSearchParams(address);
      return { asked: at.get(name), like: at.get("like"), use: at.get("use"), in: at.get("in"), saved };
    },
    // Which project new works go to; the other tabs hear of it by a fresh page.
    setProject(id) {
      if ((cookie("studio_project") ?? "") === (id ?? "")) return;
      remember("studio_project", id ?? "");
      location.assign(location.pathname);
    },
    setRun(id, name = "run") {
      const url = new URL(location.href);
      id ? url.searchParams.set(name, id) : url.searchParams.delete(name);
      history.replaceState(history.state, "", url);
    },
  };
  if (wanted) addEventListener("DOMContentLoaded", light);
})();
