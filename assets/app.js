// On every page: htmx and the small islands. Each island finds its elements by data attributes.
import "./htmx.js";
import { onElements } from "./islands/elements.js";
import { startConfirm } from "./islands/confirm.js";
import { countDown } from "./islands/countdown.js";
import { startIdleTimer } from "./islands/idle.js";
import { copyButton, fullScreenButton, printButton, shareButton } from "./islands/hand_over.js";
import { dialogOpener, fragmentForm, localTime, revealButton, submitOnChange } from "./islands/forms.js";

onElements("[data-countdown]", countDown);
onElements("[data-copy]", copyButton);
onElements("[data-share-url]", shareButton);
onElements("[data-print]", printButton);
onElements("[data-fullscreen]", fullScreenButton);
onElements("[data-reveal]", revealButton);
onElements("[data-opens]", dialogOpener);
onElements("[data-from-fragment]", fragmentForm);
onElements("[data-submit-on-change]", submitOnChange);
onElements("time[data-local]", localTime);
onElements("[data-focus]", (element) => element.focus());
startConfirm();
startIdleTimer();
