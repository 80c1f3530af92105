// Small helpers of forms: show a password, open a dialog, take a token out of the address.

// <button hidden data-reveal="id-of-the-password" data-show="Show" data-hide="Hide">
export function revealButton(button) {
  const input = document.getElementById(button.dataset.reveal);
  if (!input) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    button.textContent = shown ? button.dataset.show : button.dataset.hide;
  });
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}

// <button data-opens="id-of-a-dialog">
export function dialogOpener(button) {
  button.addEventListener("click", () => document.getElementById(button.dataset.opens)?.showModal());
}

// Take the fragment out of the address and out of the history; it is kept in memory only.
export function takeFragment() {
  const fragment = location.hash.slice(1);
  if (fragment) history.replaceState(null, "", location.pathname + location.search);
  return fragment;
}

// <form data-from-fragment="name-of-the-hidden-field">: shows [data-with] when there is a token, else [data-without].
export function fragmentForm(form) {
  const field = form.elements[form.dataset.fromFragment];
  const show = () => {
    const token = takeFragment();
    if (token) field.value = token;
    for (const part of document.querySelectorAll("[data-with]")) part.hidden = !field.value;
    for (const part of document.querySelectorAll("[data-without]")) part.hidden = Boolean(field.value);
    if (field.value && form.hasAttribute("data-submit-at-once") && !document.querySelector(".summary")) form.requestSubmit();
  };
  show();
  window.addEventListener("hashchange", show);
}

// <select data-submit-on-change>: its form has a button for people without scripts, which is hidden here.
export function submitOnChange(control) {
  for (const button of control.form.querySelectorAll("[data-without-scripts]")) button.hidden = true;
  control.addEventListener("change", () => control.form.requestSubmit());
}

// <time data-local datetime="…Z">: in the reader's own time zone.
export function localTime(element) {
  const at = new Date(element.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const style = element.dataset.local === "date" ? { dateStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
  element.textContent = new Intl.DateTimeFormat(document.documentElement.lang || "en", style).format(at);
}
