// The scan page: camera, picture or pasted link. What is found goes to our own open page, in the fragment.
import { createReader } from "./scan/reader.js";
import { openCamera, listCameras } from "./scan/camera.js";
import { destination } from "./scan/destination.js";

const root = document.getElementById("scanner");
const words = root.dataset;
const video = document.getElementById("viewfinder");
const state = document.getElementById("scan-state");
const problem = document.getElementById("scan-problem");
const start = document.getElementById("start-camera");
const choice = document.getElementById("camera-choice");
const select = document.getElementById("camera");
const picture = document.getElementById("picture");
const reader = createReader();
let stream = null;
let running = 0;

function tell(text) {
  problem.className = text ? "summary" : "live";
  problem.textContent = text;
}

function stop() {
  running += 1;
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}

// Go where the code leads, if it is one of ours; else say so. Gives whether it was.
function follow(text) {
  const to = destination(text, words);
  if (!to) {
    tell(words.foreign);
    return false;
  }
  stop();
  tell("");
  state.textContent = words.found;
  location.assign(to);
  return true;
}

async function look(turn) {
  while (turn === running) {
    const text = await reader.read(video).catch((error) => {
      console.warn("scan", error?.name);
      tell(words.broken);
      stop();
    });
    if (turn !== running || (text && follow(text))) return;
    await new Promise((done) => { setTimeout(done, 120); });
  }
}

async function useCamera(id) {
  stop();
  tell("");
  try {
    stream = await openCamera(id);
  } catch (error) {
    start.hidden = false;
    video.hidden = true;
    const denied = error.name === "NotAllowedError" || error.name === "SecurityError";
    tell(denied ? words.denied : error.name === "NotReadableError" ? words.busy : words.missing);
    return;
  }
  start.hidden = true;
  video.hidden = false;
  video.srcObject = stream;
  await video.play().catch(() => {});
  state.textContent = words.looking;
  await offerCameras(stream.getVideoTracks()[0]?.getSettings().deviceId);
  look(running);
}

async function offerCameras(current) {
  const cameras = await listCameras();
  choice.hidden = cameras.length < 2;
  select.replaceChildren(...cameras.map((camera, place) => {
    const name = camera.label || `${words.camera} ${place + 1}`;
    return new Option(name, camera.deviceId, false, camera.deviceId === current);
  }));
}

start.addEventListener("click", () => useCamera());
select.addEventListener("change", () => useCamera(select.value));
picture.addEventListener("change", async () => {
  const [file] = picture.files;
  if (!file) return;
  tell("");
  try {
    const image = await createImageBitmap(file);
    const text = await reader.read(image, { hard: true });
    if (!text) tell(words.unreadable);
    else follow(text);
  } catch {
    tell(words.unreadable);
  }
  picture.value = "";
});
document.getElementById("paste").addEventListener("submit", (event) => {
  event.preventDefault();
  follow(document.getElementById("link").value);
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    if (stream) start.hidden = false;
    stop();
    video.hidden = true;
    state.textContent = "";
  }
});
window.addEventListener("pagehide", stop);

if (!navigator.mediaDevices?.getUserMedia) tell(words.missing);
else {
  start.hidden = false;
  const permission = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (permission?.state === "granted") useCamera();
}
