// Asks the browser for a passkey, and sends what it signed. Loaded by the pages of the sign-in.
const form = document.querySelector("form[data-passkey]");
const said = document.getElementById("said");

function bytes(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (one) => one.charCodeAt(0));
}

function text(buffer) {
  const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return plain.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function post(path, body) {
  const headers = { "accept": "application/json", "content-type": "application/json" };
  if (form.dataset.csrf) headers["x-csrf-token"] = form.dataset.csrf;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const document = await answer.json();
  if (!answer.ok) throw new Error(document.detail);
  return document;
}

function ids(listed) {
  return (listed ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
}

async function made(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  const challenge = bytes(options.challenge);
  const excludeCredentials = ids(options.excludeCredentials);
  const publicKey = { ...options, user, challenge, excludeCredentials };
  const key = await navigator.credentials.create({ publicKey });
  const response = {
    clientDataJSON: text(key.response.clientDataJSON),
    attestationObject: text(key.response.attestationObject),
  };
  return { id: key.id, rawId: text(key.rawId), type: key.type, response };
}

async function signed(options) {
  const challenge = bytes(options.challenge);
  const allowCredentials = ids(options.allowCredentials);
  const publicKey = { ...options, challenge, allowCredentials };
  const key = await navigator.credentials.get({ publicKey });
  const handle = key.response.userHandle;
  const response = {
    clientDataJSON: text(key.response.clientDataJSON),
    authenticatorData: text(key.response.authenticatorData),
    signature: text(key.response.signature),
    userHandle: handle ? text(handle) : null,
  };
  return { id: key.id, rawId: text(key.rawId), type: key.type, response };
}

async function run() {
  const path = form.getAttribute("action");
  const isNew = form.dataset.passkey === "new";
  // The code stands behind the #: browsers send that part of an address to nobody.
  const sent = isNew ? { code: location.hash.slice(1) } : { next: form.dataset.next };
  const options = await post(`${path}/options`, sent);
  const answer = isNew ? await made(options) : await signed(options);
  const done = await post(`${path}/answer`, { ...sent, answer });
  location.assign(done.next);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  said.textContent = "";
  try {
    await run();
  } catch (error) {
    said.textContent = error.name === "NotAllowedError" ? form.dataset.refused : error.message;
  }
});

const elsewhere = document.getElementById("elsewhere");
if (elsewhere) elsewhere.hidden = location.hostname === form.dataset.site;
