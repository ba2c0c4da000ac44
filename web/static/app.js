// What every page does beside being read: learn of changes while it is open, without losing what the reader has opened,
// and start the document viewer where there is a document.
"use strict";

(() => {
  const viewer = document.querySelector("[data-viewer]");
  if (viewer) {
    import(viewer.dataset.module).then((m) => m.start(viewer)).catch((err) => {
      viewer.querySelector("[data-note]").hidden = false;
      viewer.querySelector("[data-note]").textContent = viewer.dataset.failed;
      console.error(err);
    });
  }

  // A table of points is added up as it is filled in, in hundredths, and as its language writes numbers.
  for (const table of document.querySelectorAll("table.points")) {
    const points = (text) => Math.round(parseFloat(text.trim().replace(",", ".")) * 100) || 0;
    table.addEventListener("input", () => {
      let sum = 0;
      for (const cell of table.querySelectorAll("tbody td:last-child")) {
        sum += points(cell.querySelector("input")?.value ?? cell.textContent);
      }
      const text = String(sum / 100);
      table.querySelector("[data-sum]").textContent = document.documentElement.lang === "vi" ? text.replace(".", ",") : text;
    });
  }

  const live = () => document.getElementById("song");
  if (live() && window.EventSource) listen();

  // listen keeps a stream of changes open while the page is to be seen. A hidden page gives its connection back, of
  // which a browser has few, and catches up when it is shown again.
  function listen() {
    let stream = null;
    const open = () => {
      if (stream || document.hidden) return;
      const { changes, stamp } = live().dataset;
      stream = new EventSource(`${changes}?v=${encodeURIComponent(stamp)}`);
      stream.addEventListener("change", refresh);
      stream.addEventListener("error", () => {
        if (stream.readyState !== EventSource.CLOSED) return; // it asks again by itself
        close();
        setTimeout(open, 5000);
      });
    };
    const close = () => {
      stream?.close();
      stream = null;
    };
    document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
    addEventListener("pagehide", close);
    addEventListener("pageshow", open);
    open();
  }

  // refresh asks for the parts of the page that are no longer as it shows them. What happens meanwhile is asked for
  // afterwards.
  let asking = false, again = false;
  async function refresh() {
    again = asking;
    if (asking) return;
    asking = true;
    const address = new URL(live().dataset.parts, location.href);
    const shown = Array.from(document.querySelectorAll("[data-part]"), (p) => `${p.id}:${p.dataset.part}`);
    address.searchParams.set("co", shown.join(","));
    try {
      await htmx.ajax("GET", address.pathname + address.search, { source: document.body, swap: "none" });
    } finally {
      asking = false;
    }
    if (again) refresh();
  }

  // A new part has the same details open as the old one, and holds what was typed or chosen in it; who was typing goes
  // on typing.
  const opened = new Map(), typed = new Map();
  const changed = (f) => (f.tagName === "SELECT"
    ? Array.from(f.options).some((o) => o.selected !== o.defaultSelected) : f.value !== f.defaultValue);
  let typing = "";
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    for (const d of event.target.querySelectorAll("details[id]")) opened.set(d.id, d.open);
    for (const f of event.target.querySelectorAll("input[id], select[id], textarea[id]")) {
      if (changed(f)) typed.set(f.id, f.value);
    }
    if (event.target.contains(document.activeElement)) typing = document.activeElement.id;
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    for (const d of event.target.querySelectorAll("details[id]")) d.open = opened.get(d.id) ?? d.open;
    for (const f of event.target.querySelectorAll("input[id], select[id], textarea[id]")) {
      if (typed.has(f.id)) f.value = typed.get(f.id);
      typed.delete(f.id);
    }
    if (typing && event.target.querySelector(`#${CSS.escape(typing)}`)) {
      document.getElementById(typing).focus();
      typing = "";
    }
    if (event.target.id === "song") offerNewDocument();
  });

  // The document has grown a signature: say so, and let the reader decide when to load it.
  function offerNewDocument() {
    const { digest } = live().dataset;
    if (!digest || document.body.classList.contains("hall")) return;
    if (!viewer) {
      location.reload();
      return;
    }
    if ("pinned" in viewer.dataset || viewer.dataset.digest === digest) return;
    const notice = viewer.querySelector("[data-changed]");
    notice.hidden = false;
    notice.querySelector("[data-reload]").addEventListener("click", () => location.reload(), { once: true });
  }
})();
