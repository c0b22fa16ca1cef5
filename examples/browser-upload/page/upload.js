import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const RECEIVER = 'receiver';
/** In bytes. */
const PIECE = 262_144;

const page = {
  input: /** @type {HTMLInputElement} */ (document.querySelector('#file')),
  upload: /** @type {HTMLElement} */ (document.querySelector('#upload')),
  name: /** @type {HTMLElement} */ (document.querySelector('#name')),
  progress: /** @type {HTMLProgressElement} */ (document.querySelector('#progress')),
  figures: /** @type {HTMLElement} */ (document.querySelector('#figures')),
  cancel: /** @type {HTMLButtonElement} */ (document.querySelector('#cancel')),
  status: /** @type {HTMLElement} */ (document.querySelector('#status')),
  link: /** @type {HTMLElement} */ (document.querySelector('#link')),
};

const relay = await (await fetch('/relay.json')).json();
const client = p2pClientPlugin(io(relay), `page-${crypto.randomUUID()}`);
/** Of the upload that is on its way. @type {AbortController | undefined} */
let uploading;

/** @param {'sending' | 'done' | 'failed'} state @param {string} text */
function show(state, text) {
  document.body.dataset.state = state;
  page.status.textContent = text;
}

/** Resolves when the receiver has the whole file on its disk. */
async function send(/** @type {File} */ file, /** @type {AbortSignal} */ signal) {
  const metadata = { name: file.name, size: file.size };
  const stream = await client.openStream(RECEIVER, { metadata, signal });
  show('sending', `Sending ${file.name} …`);
  // The file is read as fast as the stream takes it.
  await piecesOf(file).pipeTo(stream.writable);
  show('sending', `Waiting for ${RECEIVER} to save ${file.name} …`);
  // The receiver ends its direction when it has saved the file.
  await stream.closed;
}

/** A file in pieces. One is asked for when the one before is on its way: that shows how far it is. */
function piecesOf(/** @type {File} */ file) {
  const startedAt = performance.now();
  let sent = 0;
  const pull = async (/** @type {ReadableStreamDefaultController<Uint8Array>} */ controller) => {
    const rate = (sent / Math.max(performance.now() - startedAt, 1)) * 1_000;
    page.progress.value = sent;
    page.figures.textContent = `${inBytes(sent)} of ${inBytes(file.size)} · ${inBytes(rate)}/s`;
    if (sent === file.size) return controller.close();
    const piece = file.slice(sent, sent + PIECE);
    controller.enqueue(new Uint8Array(await piece.arrayBuffer()));
    sent += piece.size;
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

async function upload(/** @type {File | undefined} */ file) {
  if (!file || uploading) return;
  uploading = new AbortController();
  const { signal } = uploading;
  begin(file);
  try {
    await send(file, signal);
    show('done', `Done: ${RECEIVER} has saved ${file.name}.`);
  } catch (error) {
    // The library's errors have a code, those of the browser a name.
    const { message, name, code = name } = /** @type {any} */ (error);
    show('failed', signal.aborted ? `Cancelled: ${file.name}.` : `Failed: ${message} (${code}).`);
  }
  uploading = undefined;
  swap(page.cancel, page.input);
}

function begin(/** @type {File} */ file) {
  page.name.textContent = file.name;
  page.progress.max = Math.max(file.size, 1);
  page.progress.value = 0;
  page.figures.textContent = inBytes(file.size);
  page.upload.hidden = false;
  swap(page.input, page.cancel);
  show('sending', `Asking ${RECEIVER} to take ${file.name} …`);
}

/**
 * One of them can be used at a time. Who had the first goes on with the second.
 *
 * @param {HTMLInputElement | HTMLButtonElement} first
 * @param {HTMLInputElement | HTMLButtonElement} second
 */
function swap(first, second) {
  const hadFocus = document.activeElement === first;
  first.disabled = true;
  second.disabled = false;
  if (hadFocus) second.focus();
}

function inBytes(/** @type {number} */ bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const format = { style: 'unit', unit: units[power], maximumFractionDigits: power && 1 };
  const text = new Intl.NumberFormat('en', /** @type {Intl.NumberFormatOptions} */ (format)).format(
    bytes / 1_000 ** power,
  );
  // A number and its unit stay on one line.
  return text.replaceAll(' ', '\u00a0');
}

page.input.addEventListener('change', () => upload(page.input.files?.[0]));
// Choosing the same file once more is a change, too.
page.input.addEventListener('click', () => {
  page.input.value = '';
});
page.cancel.addEventListener('click', () => uploading?.abort());

// Without these, a browser would show what is dropped instead of the page.
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.toggle('dragging', !uploading);
});
document.addEventListener('dragleave', () => document.body.classList.remove('dragging'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('dragging');
  return upload(event.dataTransfer?.files[0]);
});

/** What becomes of the connection says nothing of the last upload. */
function showLink(/** @type {string} */ text) {
  page.link.textContent = text;
}

client.on('connect', () => showLink(`Connected to the relay at ${relay}`));
client.on('disconnect', () => showLink('The connection is lost. Connecting again …'));
client.on('connect_error', () => showLink(`The relay at ${relay} cannot be reached. Trying again …`));
