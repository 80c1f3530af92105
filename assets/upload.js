// The add form: sends the file as a raw body with a progress bar, which needs the least of the server.
//
// <form data-upload="URL" data-name="file" data-failed="…" data-offline="…">: the fields travel in the header
// Chartkeep-Metadata, base64url of JSON (repeated fields as lists). Expects JSON: {next} or {code, message}.
// Without scripts the form is posted as it is. Inside: <progress>, [data-status] and [data-cancel].

function metadata(form, file) {
  const values = { file_name: file.name };
  for (const [name, value] of new FormData(form)) {
    if (value instanceof File || name === "csrfmiddlewaretoken") continue;
    values[name] = name in values ? [values[name], value].flat() : value;
  }
  const bytes = new TextEncoder().encode(JSON.stringify(values));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function percent(share) {
  return new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" }).format(share);
}

function send(form, file, parts) {
  const request = new XMLHttpRequest();
  return new Promise((done, failed) => {
    request.open("PUT", form.dataset.upload);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Chartkeep-Metadata", metadata(form, file));
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      parts.bar.value = event.loaded / event.total;
      parts.status.textContent = percent(event.loaded / event.total);
      window.dispatchEvent(new Event("chartkeep:busy"));
    });
    request.addEventListener("load", () => {
      const answer = request.response ?? {};
      if (request.status < 400 && answer.next) done(answer.next);
      else failed(new Error(answer.message || form.dataset.failed));
    });
    request.addEventListener("error", () => failed(new Error(form.dataset.offline)));
    request.addEventListener("abort", () => failed(new Error("")));
    parts.cancel.onclick = () => request.abort();
    request.send(file);
  });
}

function start(form) {
  const parts = {
    box: form.querySelector("[data-progress]"),
    bar: form.querySelector("progress"),
    status: form.querySelector("[data-status]"),
    cancel: form.querySelector("[data-cancel]"),
    problem: form.querySelector("[data-problem]"),
  };
  const leaving = (event) => event.preventDefault();
  const working = (busy) => {
    parts.box.hidden = !busy;
    for (const button of form.querySelectorAll("button:not([data-cancel])")) button.disabled = busy;
    if (busy) window.addEventListener("beforeunload", leaving);
    else window.removeEventListener("beforeunload", leaving);
  };
  form.addEventListener("submit", async (event) => {
    const file = form.elements[form.dataset.name]?.files?.[0];
    if (!file) return;
    event.preventDefault();
    parts.problem.hidden = true;
    parts.bar.value = 0;
    working(true);
    try {
      const next = await send(form, file, parts);
      working(false);
      location.assign(next);
    } catch (error) {
      working(false);
      parts.problem.textContent = error.message;
      parts.problem.hidden = !error.message;
      if (error.message) parts.problem.focus();
    }
  });
}

for (const form of document.querySelectorAll("form[data-upload]")) start(form);
