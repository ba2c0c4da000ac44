// What every page does beside being read: keep an open page up to date without losing what the reader has opened,
// and start the document viewer where there is a document.
"use strict";

(() => {
  // Before htmx replaces the panel, remember which details are open; afterwards open them again.
  let open = null;
  document.addEventListener("htmx:beforeRequest", () => { open = null; });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.target.id !== "bang") return;
    open = new Map(Array.from(event.target.querySelectorAll("details[id]"), (d) => [d.id, d.open]));
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const panel = document.getElementById("bang");
    if (!panel || event.target.id !== "bang") return;
    for (const [id, isOpen] of open || []) {
      const d = document.getElementById(id);
      if (d) d.open = isOpen;
    }
    offerNewDocument(panel);
  });

  // The document has grown a signature: say so, and let the reader decide when to load it.
  function offerNewDocument(panel) {
    const viewer = document.querySelector("[data-viewer]");
    if (!viewer) {
      if (panel.dataset.digest) location.reload();
      return;
    }
    if ("pinned" in viewer.dataset || viewer.dataset.digest === panel.dataset.digest) return;
    const notice = viewer.querySelector("[data-changed]");
    notice.hidden = false;
    notice.querySelector("[data-reload]").addEventListener("click", () => location.reload(), { once: true });
  }

  const viewer = document.querySelector("[data-viewer]");
  if (viewer) {
    import(viewer.dataset.module).then((m) => m.start(viewer)).catch((err) => {
      viewer.querySelector("[data-note]").hidden = false;
      viewer.querySelector("[data-note]").textContent = viewer.dataset.failed;
      console.error(err);
    });
  }
})();
