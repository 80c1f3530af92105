// Warns a minute before the server ends an idle session, keeps it alive while somebody is at work,
// and leaves the page when time is up, so that nothing personal stays on the screen.
const PING_EVERY = 60_000;
const WARN_BEFORE = 60_000;

export function startIdleTimer() {
  const { idleMinutes, idleAlive } = document.body.dataset;
  const dialog = document.getElementById("idle");
  if (!idleMinutes || !dialog) return;
  const limit = Number(idleMinutes) * 60_000;
  let lastAct = Date.now();
  let lastPing = Date.now();

  let ticking = 0;
  const leave = () => {
    clearInterval(ticking); // once: a second submit would break off the first
    document.getElementById("leave").submit();
  };
  const stay = async () => {
    lastAct = lastPing = Date.now();
    if (dialog.open) dialog.close();
    const answer = await fetch(idleAlive, {
      method: "POST",
      headers: { "X-CSRFToken": dialog.querySelector("[name=csrfmiddlewaretoken]").value, Accept: "application/json" },
      redirect: "manual",
    }).catch(() => null);
    if (answer && !answer.ok) leave();
  };
  const act = () => {
    if (dialog.open) return;
    lastAct = Date.now();
    if (lastAct - lastPing > PING_EVERY) stay();
  };
  for (const name of ["pointerdown", "keydown", "scroll", "chartkeep:busy"]) {
    window.addEventListener(name, act, { passive: true });
  }
  dialog.addEventListener("close", stay);
  ticking = setInterval(() => {
    const idle = Date.now() - lastAct;
    if (idle >= limit) leave();
    else if (idle >= limit - WARN_BEFORE && !dialog.open) dialog.showModal();
  }, 1000);
}
