// <time data-countdown data-over="Over" datetime="…Z">: the time that is left, in the page's language.
const LANGUAGE = document.documentElement.lang || "en";
const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

export function timeLeft(seconds) {
  const first = STEPS.findIndex(([, length]) => seconds >= length);
  const at = first < 0 ? STEPS.length - 1 : first;
  return STEPS.slice(at, at + 2).map(([unit, length], place) => {
    const count = Math.floor((place ? seconds % STEPS[at][1] : seconds) / length);
    return new Intl.NumberFormat(LANGUAGE, { style: "unit", unit, unitDisplay: "short" }).format(count);
  }).join(" ");
}

export function countDown(element) {
  const end = Date.parse(element.dateTime);
  if (Number.isNaN(end)) return;
  const tick = () => {
    if (!element.isConnected) return;
    const seconds = Math.max(0, Math.floor((end - Date.now()) / 1000));
    element.textContent = seconds ? timeLeft(seconds) : element.dataset.over ?? "";
    if (seconds) setTimeout(tick, seconds > 7200 ? 30_000 : 1000);
    else element.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
  };
  tick();
}
