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
  // As it was chosen in this browser, else as the studio is set, else as the system is.
  const usual = () => document.querySelector("[data-light]")?.dataset.light;
  const isDark = () =>
    (cookie("studio_light") || usual() || (system.matches ? "dark" : "light")) === "dark";
  const light = () => document.body?.classList.toggle("dark", isDark());
  system.addEventListener("change", light);

  // Tabs that do not fit are scrolled: the one that came forward into view, and on which side there
  // are more is to be seen.
  const edges = (bar) => {
    bar.classList.toggle("st-more-left", bar.scrollLeft > 2);
    bar.classList.toggle("st-more-right", bar.scrollLeft + bar.clientWidth < bar.scrollWidth - 2);
  };
  const followTabs = () => {
    const bar = document.querySelector(".st-tabs [role='tablist']");
    if (!bar || bar.dataset.followed) return;
    bar.dataset.followed = "";
    const view = () => {
      const tab = bar.querySelector("[aria-selected='true']");
      const { left, width } = tab?.getBoundingClientRect() ?? bar.getBoundingClientRect();
      bar.scrollLeft += left + width / 2 - bar.getBoundingClientRect().left - bar.clientWidth / 2;
      edges(bar);
    };
    bar.addEventListener("scroll", () => edges(bar), { passive: true });
    new ResizeObserver(view).observe(bar);
    new MutationObserver(view).observe(bar, { subtree: true, attributeFilter: ["aria-selected"] });
    bar.addEventListener("keydown", (event) => {
      const tabs = [...bar.querySelectorAll("[role='tab']")];
      const at = tabs.indexOf(document.activeElement);
      const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (at < 0 || next === undefined) return;
      tabs.at(next % tabs.length).focus();
      event.preventDefault();
    });
  };

  root.classList.add("st-pending");
  // The head comes anew with the language it speaks, and with the light the studio is set to.
  const speak = () => {
    light();
    const spoken = document.querySelector("[data-language][aria-pressed='true']");
    if (spoken) root.lang = spoken.dataset.language;
  };
  const show = () => {
    speak();
    followTabs();
    root.classList.remove("st-pending");
  };
  setTimeout(show, 4000); // never hide the page for good

  const address = location.search;
  const url = new URL(location.href);
  for (const once of ["use", "in", "like"]) url.searchParams.delete(once);
  if (url.search !== address) history.replaceState(history.state, "", url);

  // Words that name another tab lead there.
  addEventListener("click", ({ target }) => {
    const tab = target.closest?.("[data-go]")?.dataset.go;
    if (tab) document.querySelector(`[role="tab"][data-tab-id="${tab}"]`)?.click();
  });

  window.studio = {
    shown: show,
    setLanguage,
    speak,
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
