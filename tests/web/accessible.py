"""What a page owes to those who do not see it or have no mouse, as the browser itself reckons it.

Rules of WCAG 2.2, A and AA, that a program can decide; contrast is in test_theme.py.
"""

from __future__ import annotations

from typing import Any

_CONTROLS = {
    "button", "link", "textbox", "searchbox", "checkbox", "radio", "slider", "spinbutton",
    "combobox", "listbox", "tab", "switch", "meter", "progressbar", "Video",
}  # fmt: skip

#: What the tree that readers of the screen get does not tell.
_LOOKED_AT = """() => {
  const faults = [], seen = e => e.checkVisibility({ visibilityProperty: true });
  const all = (s) => [...document.querySelectorAll(s)].filter(seen);
  const told = e => e.outerHTML.slice(0, 120);
  for (const e of all("[tabindex]"))
    if (e.tabIndex > 0) faults.push("goes before its place: " + told(e));
  let before = 0;
  for (const e of all("h1, h2, h3, h4, h5, h6")) {
    const level = Number(e.tagName[1]);
    if (level > before + 1) faults.push(`h${level} after h${before}: ` + told(e));
    before = level;
  }
  if (all("h1").length !== 1) faults.push(`${all("h1").length} headings of the first level`);
  if (all("main").length !== 1) faults.push(`${all("main").length} main parts`);
  if (all("header").length !== 1) faults.push(`${all("header").length} heads`);
  const ids = all("[id]").map(e => e.id).filter(id => id);
  const twice = ids.filter((x, n) => ids.indexOf(x) !== n);
  for (const id of new Set(twice)) faults.push("twice: #" + id);
  for (const e of all("img:not([alt])")) faults.push("no words for: " + told(e));
  for (const e of all("button, a[href], summary, input:not([type=file])")) {
    const { width, height } = e.getBoundingClientRect();
    const own = "p a, li a, [type=checkbox], [type=radio], [type=range], [role=combobox]";
    if (!e.matches(own) && width && (width < 24 || height < 24) && getComputedStyle(e).opacity > 0)
      faults.push(`${width.toFixed()} x ${height.toFixed()} px is small: ` + told(e));
  }
  return faults;
}"""


def faults(page: Any) -> list[str]:
    """What is wrong with what is shown now."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    found: list[str] = page.evaluate(_LOOKED_AT)
    for node in nodes:
        role = node.get("role", {}).get("value", "")
        if node.get("ignored") or role not in _CONTROLS:
            continue
        if not node.get("name", {}).get("value", "").strip():
            found.append(f"a nameless {role}: {_described(page, node)}")
    return found


def _described(page: Any, node: dict[str, Any]) -> str:
    session = page.context.new_cdp_session(page)
    try:
        asked = {"backendNodeId": node["backendDOMNodeId"]}
        return str(session.send("DOM.getOuterHTML", asked)["outerHTML"][:160])
    finally:
        session.detach()
