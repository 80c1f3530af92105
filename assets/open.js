// The pages /q and /s: the token is taken out of the address, kept in memory, and posted only when the
// button is pressed. Nothing is sent before that, so a preview of the link counts nothing.
import { takeFragment } from "./islands/forms.js";

const form = document.getElementById("open");
const problem = document.getElementById("problem");
const button = form.querySelector("button");
const label = button.querySelector("[data-label]");
const view = label.textContent;
const passcodeField = document.getElementById("passcode-field");
const passcode = document.getElementById("passcode");
const key = crypto.randomUUID();
const words = form.dataset;
let token = takeFragment();

function show() {
  form.hidden = !token;
  document.getElementById("no-code").hidden = Boolean(token);
}

function tell(text) {
  problem.className = text ? "summary" : "hidden";
  problem.textContent = text;
  if (text) problem.focus();
}

function wait(busy) {
  button.disabled = busy;
  label.textContent = busy ? words.busy : view;
}

function askForPasscode(answer) {
  const first = passcodeField.hidden;
  passcodeField.hidden = false;
  passcode.required = true;
  const left = answer.remaining === undefined ? "" : ` ${words.left} ${answer.remaining}.`;
  tell(first || !passcode.value ? words.ask : words.wrong + left);
  passcode.value = "";
  passcode.focus();
}

function refused(answer) {
  document.getElementById("clinician").hidden = answer.code !== "clinician_required";
  if (answer.code === "passcode_required") askForPasscode(answer);
  else tell(answer.message || words.again);
}

async function redeem() {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set(words.field, token);
  body.set("recipient", form.elements.recipient.value);
  body.set("passcode", passcode.value);
  body.set("idempotency_key", key);
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(body),
    headers: { Accept: "application/json" },
    credentials: "same-origin",
    redirect: "error",
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok || !told.ok) return refused(told);
  token = "";
  location.replace(told.next);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("");
  wait(true);
  try {
    await redeem();
  } catch {
    tell(words.offline);
  } finally {
    wait(false);
  }
});

window.addEventListener("hashchange", () => {
  token = takeFragment() || token;
  show();
});
show();
