const zone = () => element.querySelector(".st-drop");
// Beside the element, where the list's next state from the server does not touch it.
const uploads = document.createElement("div");
uploads.className = "st-uploads";
uploads.setAttribute("aria-live", "polite");
element.after(uploads);

const send = (file) => {
  const texts = zone().dataset;
  const row = document.createElement("div");
  row.innerHTML = `<div><b></b><span></span></div><button type="button"></button><progress max="1"></progress>`;
  row.querySelector("b").textContent = file.name;
  row.querySelector("button").textContent = texts.cancel;
  const state = row.querySelector("span");
  const bar = row.querySelector("progress");
  uploads.append(row);

  const fail = (message, hint) => {
    row.className = "st-problem";
    row.setAttribute("role", "alert");
    row.replaceChildren();
    for (const [tag, text] of [["b", file.name], ["p", message], ["p", hint]]) {
      if (!text) continue;
      const part = document.createElement(tag);
      part.textContent = text;
      row.append(part);
    }
    setTimeout(() => row.remove(), 20000);
  };
  if (file.size > Number(texts.limit)) {
    fail(texts.tooLarge);
    return;
  }
  const request = new XMLHttpRequest();
  request.open("PUT", "studio/uploads");
  request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
  if (texts.sentAs) request.setRequestHeader("X-File-Kind", texts.sentAs);
  request.responseType = "json";
  request.upload.onprogress = (event) => {
    bar.value = event.loaded / event.total;
    state.textContent = `${Math.round(100 * bar.value)}%`;
  };
  request.upload.onload = () => {
    bar.removeAttribute("value");
    state.textContent = texts.checking;
  };
  request.onload = () => {
    if (request.status === 200) {
      row.remove();
      trigger("added", { token: request.response.token });
    } else fail(request.response?.error ?? texts.broken, request.response?.hint);
  };
  request.onerror = () => fail(texts.broken);
  request.onabort = () => row.remove();
  row.querySelector("button").onclick = () => request.abort();
  request.send(file);
};

element.addEventListener("change", (event) => {
  if (event.target.type !== "file") return;
  event.stopPropagation();
  [...event.target.files].forEach(send);
  event.target.value = "";
});
element.addEventListener("dragover", (event) => {
  event.preventDefault();
  zone().classList.add("st-over");
});
element.addEventListener("dragleave", () => zone().classList.remove("st-over"));
element.addEventListener("drop", (event) => {
  event.preventDefault();
  zone().classList.remove("st-over");
  const files = [...event.dataTransfer.files];
  (zone().dataset.kind === "footage" ? files : files.slice(0, 1)).forEach(send);
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-remove]");
  if (button) trigger("removed", { index: Number(button.dataset.remove) });
});
