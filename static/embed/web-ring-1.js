/* web-ring 1: adds the neighbours' titles to a webring's links. docs/embedding.md */
(() => {
  if (customElements.get("web-ring")) return;

  const sheet = new CSSStyleSheet();
  // Nothing here changes the size of a box that is in the flow: the page never jumps. And whatever
  // the site says of its own elements goes before what stands in :where().
  sheet.replaceSync(`
:where(web-ring > nav) {
  color: var(--web-ring-color, inherit);
  background: var(--web-ring-background, none);
  outline: 1px solid var(--web-ring-border, color-mix(in srgb, currentColor 35%, transparent));
  outline-offset: .5em;
  border-radius: var(--web-ring-radius, .3em);
}
:where(web-ring a) { color: var(--web-ring-link, revert-layer) }
:where(web-ring a:focus-visible) { outline: 2px solid var(--web-ring-focus, currentColor); outline-offset: 2px }
web-ring li { position: relative }
web-ring [data-title] {
  position: absolute;
  box-sizing: border-box;
  max-inline-size: calc(100% - 5.75em);
  padding-inline: .6em;
  overflow: hidden;
  white-space: nowrap;
  text-overflow: ellipsis;
  color: var(--web-ring-title, inherit);
}
web-ring [data-title]:lang(ru) { max-inline-size: calc(100% - 7.75em) }`);

  // Titles are strangers' words: what turns text around or hides in it stays out.
  const plain = (title) =>
    typeof title === "string" ? title.replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}]/gu, "").trim().slice(0, 200) : "";

  const parsed = () =>
    document.readyState !== "loading" ||
    new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));

  customElements.define("web-ring", class extends HTMLElement {
    #asked = false;

    async connectedCallback() {
      const root = this.getRootNode();
      if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
      const src = this.getAttribute("src");
      if (this.#asked || !src) return;
      this.#asked = true;
      try {
        const answer = await fetch(src, { credentials: "omit", referrerPolicy: "strict-origin" });
        if (answer.ok) this.#show(await answer.json(), await parsed());
      } catch {
        // The links are there, and work.
      }
    }

    #show(ring) {
      for (const [way, end] of [["previous", "/prev"], ["next", "/next"]]) {
        const link = this.querySelector(`a[href$="${end}"]`);
        const title = plain(ring[way]?.title);
        if (!link || !title || ring[way].id === ring.current?.id) continue;
        const shown = document.createElement("bdi");
        shown.dataset.title = "";
        shown.textContent = title;
        link.append(" ", shown);
      }
    }
  });
})();
