const words = document.currentScript.dataset;
// The server may lie below a path: everything of it is found from here.
const reset = new URL('../api/v1/auth/reset', document.currentScript.src);
const form = document.getElementById('form');
const password = document.getElementById('password');
const again = document.getElementById('again');
const fault = document.getElementById('fault');
const button = form.querySelector('button');

const token = new URLSearchParams(location.search).get('token');
// The address stays in the history and on the screen; the token must not.
history.replaceState(null, '', location.pathname);

function refuse(text, input) {
  fault.textContent = text;
  for (const each of [password, again]) each.setAttribute('aria-invalid', String(each === input));
  input?.focus();
}

async function whyRefused(response) {
  if (response.status === 400) return words.badToken;
  if (response.status === 429) return words.tooMany;
  if (response.status !== 422) return words.failed;
  const { detail } = await response.json();
  if (detail.some(({ loc }) => loc.includes('token'))) return words.badToken;
  return detail.some(({ type }) => type.startsWith('value_error.password')) ? words.guessable : words.length;
}

async function send() {
  const response = await fetch(reset, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token, password: password.value }),
  });
  if (!response.ok) return refuse(await whyRefused(response), response.status === 422 ? password : undefined);
  const done = document.getElementById('done');
  form.hidden = true;
  done.hidden = false;
  done.focus();
}

async function submit() {
  refuse('');
  // Counted as the server counts: characters after normalisation, not UTF-16 units.
  const length = Array.from(password.value.normalize('NFC')).length;
  if (length < 8 || length > 128) return refuse(words.length, password);
  if (password.value !== again.value) return refuse(words.different, again);
  button.disabled = true;
  try {
    await send();
  } catch {
    refuse(words.failed);
  } finally {
    button.disabled = false;
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});

document.getElementById('shown').addEventListener('change', ({ target }) => {
  for (const input of [password, again]) input.type = target.checked ? 'text' : 'password';
});

if (token) password.focus();
else {
  refuse(words.noToken);
  for (const element of form.elements) element.disabled = true;
}
