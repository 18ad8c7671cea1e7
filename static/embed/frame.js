// A link in a frame leads the whole page on. Where the frame may not do that by itself, it asks the
// page around it, which WordPress and others let it (docs/embedding.md); else it opens another
// page, and where that is forbidden too, the link leads the frame on.
(() => {
  if (self === top) return;
  const secret = /[#?&]secret=([a-zA-Z0-9]+)/.exec(location.hash)?.[1];
  const ask = (message, value) => parent.postMessage({ message, value, secret }, "*");

  if (secret) addEventListener("load", () => ask("height", document.documentElement.scrollHeight));

  const letGo = (opened) => {
    try {
      opened.opener = null;
    } catch {
      // It stays in our sandbox, where nobody may lead another anywhere.
    }
  };

  const lead = (link) => {
    try {
      top.location.href = link.href;
      return;
    } catch {
      // Not from here.
    }
    const opened = open(link.href);
    if (opened) letGo(opened);
    else if (link.dataset.alone === undefined) location.href = link.href;
    else link.textContent = link.href; // never shown in a frame: at least its address is
  };

  addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (secret) ask("link", link.href);
    else lead(link);
  });
})();
