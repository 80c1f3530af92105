// Passkeys and security keys: asks the browser, puts its answer into the form's hidden field, submits.
//
// <form data-passkey="create | get" data-options="id of a JSON script" or data-options-url="…"
//       data-failed="…" data-unsupported="…">, with a field named "credential".

function fromText(text) {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64.padEnd(Math.ceil(base64.length / 4) * 4, "=")), (letter) => letter.charCodeAt(0));
}

function toText(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function descriptors(list) {
  return list?.map((item) => ({ ...item, id: fromText(item.id) }));
}

function creation({ publicKey }, passwordless) {
  const residentKey = passwordless ? "required" : "discouraged";
  return {
    ...publicKey,
    challenge: fromText(publicKey.challenge),
    user: { ...publicKey.user, id: fromText(publicKey.user.id) },
    excludeCredentials: descriptors(publicKey.excludeCredentials),
    authenticatorSelection: {
      ...publicKey.authenticatorSelection,
      residentKey,
      requireResidentKey: passwordless,
      ...(passwordless ? { userVerification: "required" } : {}),
    },
  };
}

function request({ publicKey }) {
  return {
    ...publicKey,
    challenge: fromText(publicKey.challenge),
    allowCredentials: descriptors(publicKey.allowCredentials),
  };
}

function told(credential) {
  const { response } = credential;
  const answer = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) answer[name] = toText(response[name]);
    else if (name === "userHandle" && "signature" in response) answer[name] = null;
  }
  if (response.getTransports) answer.transports = response.getTransports();
  return JSON.stringify({
    type: credential.type,
    id: credential.id,
    rawId: toText(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    response: answer,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function options(form) {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.dataset.optionsUrl, {
    headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
  });
  if (!answer.ok) throw new Error("options");
  return answer.json();
}

async function ask(form) {
  const given = await options(form);
  if (form.dataset.passkey === "create") {
    const passwordless = form.elements.passwordless?.checked ?? true;
    return navigator.credentials.create({ publicKey: creation(given.creation_options, passwordless) });
  }
  return navigator.credentials.get({ publicKey: request(given.request_options) });
}

function tell(form, text) {
  const place = form.querySelector("[data-problem]");
  place.textContent = text;
  place.hidden = !text;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!globalThis.PublicKeyCredential) return tell(form, form.dataset.unsupported);
    tell(form, "");
    try {
      form.elements.credential.value = told(await ask(form));
      form.submit();
    } catch {
      tell(form, form.dataset.failed);
    }
  });
}
