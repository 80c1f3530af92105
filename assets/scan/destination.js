// Where a scanned or pasted text leads: only to the open pages of this very Chartkeep. A code of another
// host is not followed: its token is none of our business, and ours goes nowhere else.
export function destination(text, { code, link }) {
  let url;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  if (url.host !== location.host || url.hash.length < 2 || url.hash.length > 4200) return null;
  if (url.pathname !== code && url.pathname !== link) return null;
  return url.pathname + url.hash;
}
