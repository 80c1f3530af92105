// htmx with its CSP extension: the order matters, the extension looks for the global `htmx`.
import "htmx.org/dist/htmx.esm.min.js";
import "htmx.org/dist/ext/hx-csp.min.js";
