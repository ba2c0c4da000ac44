// The document viewer: every page a sheet with its picture and a layer of selectable text, drawn when it comes into
// view. Signatures show because pdf.js draws the fields' appearances into the picture.

const STEPS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3];
const MAX_PIXELS = 16e6; // a canvas larger than this is not drawn sharper; phones run out of memory

export async function start(root) {
  const pdfjs = await import(root.dataset.pdfjs);
  pdfjs.GlobalWorkerOptions.workerSrc = root.dataset.worker;
  const box = root.querySelector("[data-pages-box]");
  root.querySelector("[data-note]").hidden = false;
  const viewer = new Viewer(root, box, pdfjs);
  try {
    await viewer.open(root.dataset.url);
  } catch (err) {
    const note = root.querySelector("[data-note]") || box.appendChild(document.createElement("p"));
    note.className = "viewer-note";
    note.textContent = root.dataset.failed;
    box.removeAttribute("aria-busy");
    console.error(err);
  }
}

class Viewer {
  constructor(root, box, pdfjs) {
    this.root = root;
    this.box = box;
    this.pdfjs = pdfjs;
    this.sheets = [];
    this.scale = 1;
    this.fitting = true;
    this.current = 1;
  }

  async open(url) {
    // Without WebAssembly and eval, so that the page's security policy can stay strict.
    this.doc = await this.pdfjs.getDocument({ url, useWasm: false, isEvalSupported: false, enableXfa: false }).promise;
    const numbers = Array.from({ length: this.doc.numPages }, (_, i) => i + 1);
    const pages = await Promise.all(numbers.map((n) => this.doc.getPage(n)));
    this.sheets = pages.map((page, i) => new Sheet(this, i + 1, page));
    this.root.querySelector("[data-note]")?.remove();
    this.box.append(...this.sheets.map((s) => s.element));
    this.watch();
    this.controls();
    this.fit();
    this.box.removeAttribute("aria-busy");
  }

  watch() {
    this.observer = new IntersectionObserver((entries) => {
      for (const e of entries) {
        const sheet = this.sheets[e.target.dataset.number - 1];
        sheet.visible = e.isIntersecting;
        if (sheet.visible) sheet.draw();
      }
    }, { root: this.box, rootMargin: "400px 0px" });
    this.sheets.forEach((s) => this.observer.observe(s.element));
    this.box.addEventListener("scroll", () => this.follow(), { passive: true });
    let width = this.box.clientWidth;
    new ResizeObserver(() => {
      if (this.box.clientWidth !== width) {
        width = this.box.clientWidth;
        if (this.fitting) this.fit();
      }
    }).observe(this.box);
  }

  controls() {
    const find = (name) => this.root.querySelector(`[data-${name}]`);
    this.pageInput = find("page");
    find("pages").textContent = this.sheets.length;
    find("controls").hidden = false;
    this.pageInput.addEventListener("change", () => this.go(parseInt(this.pageInput.value, 10)));
    const buttons = { in: () => this.step(1), out: () => this.step(-1), fit: () => this.fit() };
    for (const [name, act] of Object.entries(buttons)) {
      this.root.querySelector(`[data-zoom="${name}"]`).addEventListener("click", act);
    }
    this.box.addEventListener("keydown", (e) => {
      const act = { "+": buttons.in, "=": buttons.in, "-": buttons.out, 0: buttons.fit }[e.key];
      if (act && !e.ctrlKey && !e.metaKey && !e.altKey) {
        e.preventDefault();
        act();
      }
    });
  }

  // fit makes the widest page as wide as the box; without an element's scroll bar changing it back and forth.
  fit() {
    this.fitting = true;
    const style = getComputedStyle(this.box);
    const room = this.box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const widest = Math.max(...this.sheets.map((s) => s.page.getViewport({ scale: 1 }).width));
    this.zoom(room / widest);
  }

  step(direction) {
    this.fitting = false;
    const now = this.scale / (96 / 72);
    const next = direction > 0 ? STEPS.find((s) => s > now + 0.01) : STEPS.findLast((s) => s < now - 0.01);
    if (next) this.zoom(next * (96 / 72));
  }

  zoom(scale) {
    const before = this.box.scrollHeight ? this.box.scrollTop / this.box.scrollHeight : 0;
    this.scale = scale;
    this.sheets.forEach((s) => s.layout());
    this.box.scrollTop = before * this.box.scrollHeight;
    this.root.querySelector("[data-scale]").textContent = `${Math.round((scale / (96 / 72)) * 100)}%`;
    this.sheets.filter((s) => s.visible).forEach((s) => s.draw());
    this.follow();
  }

  go(number) {
    const sheet = this.sheets[Math.min(Math.max(number || 1, 1), this.sheets.length) - 1];
    this.box.scrollTop = sheet.element.offsetTop - this.box.offsetTop;
    this.follow();
  }

  // follow shows the number of the page that fills the middle of the view.
  follow() {
    const middle = this.box.getBoundingClientRect().top + this.box.clientHeight / 2;
    const at = this.sheets.findLast((s) => s.element.getBoundingClientRect().top <= middle) || this.sheets[0];
    this.current = at.number;
    if (document.activeElement !== this.pageInput) this.pageInput.value = at.number;
  }
}

class Sheet {
  constructor(viewer, number, page) {
    this.viewer = viewer;
    this.number = number;
    this.page = page;
    this.visible = false;
    this.drawn = 0; // the scale of the picture shown
    this.element = document.createElement("div");
    this.element.className = "viewer-sheet";
    this.element.dataset.number = number;
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", `${viewer.root.dataset.pageLabel} ${number}`);
  }

  layout() {
    const { width, height } = this.page.getViewport({ scale: this.viewer.scale });
    this.element.style.width = `${Math.floor(width)}px`;
    this.element.style.height = `${Math.floor(height)}px`;
    this.element.style.setProperty("--total-scale-factor", this.viewer.scale);
    this.element.style.setProperty("--scale-factor", this.viewer.scale);
  }

  async draw() {
    const scale = this.viewer.scale;
    if (this.drawn === scale || this.drawing === scale) return;
    this.task?.cancel();
    this.drawing = scale;
    const viewport = this.page.getViewport({ scale });
    let sharp = window.devicePixelRatio || 1;
    sharp = Math.min(sharp, Math.sqrt(MAX_PIXELS / (viewport.width * viewport.height)));
    const canvas = document.createElement("canvas");
    canvas.width = Math.floor(viewport.width * sharp);
    canvas.height = Math.floor(viewport.height * sharp);
    this.task = this.page.render({
      canvas, viewport, transform: sharp === 1 ? null : [sharp, 0, 0, sharp, 0, 0],
      annotationMode: this.viewer.pdfjs.AnnotationMode.ENABLE,
    });
    try {
      await this.task.promise;
    } catch (err) {
      if (this.drawing === scale) this.drawing = 0;
      if (err?.name !== "RenderingCancelledException") console.error(err);
      return;
    }
    if (this.viewer.scale !== scale) return;
    this.element.querySelector("canvas")?.remove();
    this.element.prepend(canvas);
    this.drawn = scale;
    this.drawing = 0;
    await this.text(viewport);
    this.element.dataset.drawn = "yes";
    if (performance.getEntriesByName("document-drawn").length === 0) performance.mark("document-drawn");
  }

  async text(viewport) {
    this.element.querySelector(".textLayer")?.remove();
    const layer = document.createElement("div");
    layer.className = "textLayer";
    this.element.append(layer);
    await new this.viewer.pdfjs.TextLayer({
      textContentSource: this.page.streamTextContent({ includeMarkedContent: false }), container: layer, viewport,
    }).render();
  }
}
