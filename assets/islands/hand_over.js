// Buttons that hand something over: copy, the system's share sheet, print, full screen.
import { announce } from "./elements.js";

// <button data-copy="#id-of-the-text" data-copied="Copied">
export function copyButton(button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    const text = source.value ?? source.textContent.trim();
    const label = button.querySelector("[data-label]") ?? button;
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = button.dataset.copied;
      announce(button.dataset.copied);
    } catch {
      source.focus();
      source.select?.();
    }
    setTimeout(() => { label.textContent = before; }, 2500);
  });
}

// <button hidden data-share-url="#id-of-the-link" data-share-title="…">
export function shareButton(button) {
  if (!navigator.share) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const source = document.querySelector(button.dataset.shareUrl);
    const url = source.value ?? source.textContent.trim();
    navigator.share({ title: button.dataset.shareTitle, url }).catch(() => {});
  });
}

export function printButton(button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// <button data-fullscreen="#id">
export function fullScreenButton(button) {
  const target = document.querySelector(button.dataset.fullscreen);
  if (!target?.requestFullscreen) return;
  button.hidden = false;
  button.addEventListener("click", () => target.requestFullscreen().catch(() => {}));
}
