// The form of a covenant's text: saved as one types, rows and tables without leaving the page, and the pages that it
// makes beside it. Everything works without this file, by the form's own buttons.

const PAUSE = 900; // ms without a key before it is saved
const WIDTH = 1000; // px of a page's picture; style sheets fit it in

const root = document.querySelector("[data-draft]");
if (root) new Draft(root).start();
const begin = document.querySelector("[data-begin]");
if (begin) propose(begin);

// Draft is declared as a function so that it may stand below what uses it.
function Draft(root) {
  const form = root.querySelector("form");
  const values = () => root.querySelector("#so-lieu");
  const status = root.querySelector("[data-status]");
  const words = root.dataset;
  let timer = 0, saving = null, dirty = false, going = false;
  let stopped = !!root.querySelector("#xung-dot"); // two texts are shown: which is kept is for a button

  this.start = () => {
    root.querySelector("[data-plain]").hidden = true;
    form.addEventListener("input", (e) => e.target.name?.startsWith("v.") && changed());
    form.addEventListener("focusout", () => dirty && save());
    form.addEventListener("submit", pressed);
    form.addEventListener("paste", pasted);
    root.querySelector("[data-submit]").addEventListener("click", leave);
    addEventListener("beforeunload", (e) => dirty && !going && e.preventDefault());
    this.preview = new Preview(root);
    tabs(root);
    this.preview.refresh();
  };

  const changed = () => {
    dirty = true;
    if (stopped) return;
    say(words.unsaved);
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  };

  const say = (text, bad) => {
    status.textContent = text;
    status.classList.toggle("stopped", !!bad);
  };

  const body = (extra) => {
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") data.append(name, value);
    for (const [name, value] of Object.entries(extra || {})) data.set(name, value);
    return data;
  };

  // save keeps what is typed; what is typed meanwhile is kept by the next one, so that versions follow each other.
  const save = async () => {
    clearTimeout(timer);
    if (saving) return saving.then(() => dirty && save());
    if (!dirty || stopped) return;
    dirty = false;
    say(words.saving);
    saving = post(body());
    await saving;
    saving = null;
  };

  const post = async (data) => {
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
      const said = await answer.json();
      if (answer.status === 409) return conflict(said.problem);
      if (!answer.ok) {
        dirty = true;
        return say(said.problem, true);
      }
      told(said);
      this.preview.refresh();
    } catch (err) {
      dirty = true;
      say(words.offline, true);
      timer = setTimeout(save, 5000);
      console.error(err);
    }
  };

  // conflict stops saving: the next press of a button leads to the page that shows both texts.
  const conflict = (problem) => {
    stopped = dirty = true;
    say(`${problem} ${words.conflict}`, true);
  };

  // told writes what the server found beside the fields.
  const told = (said) => {
    values().querySelector('[name="phien"]').value = said.version;
    if (!dirty) say(said.saved);
    root.querySelector("[data-left]").textContent = said.left;
    for (const p of values().querySelectorAll("[data-errors]")) {
      const found = said.errors[p.dataset.errors];
      p.textContent = found ? found.join(" ") : "";
      p.hidden = !found;
      const control = document.getElementById(`f-${p.dataset.errors}`);
      if (!control?.name) continue;
      control.toggleAttribute("aria-invalid", !!found);
      if (found) control.setAttribute("aria-invalid", "true");
      const ids = new Set((control.getAttribute("aria-describedby") || "").split(" ").filter(Boolean));
      found ? ids.add(p.id) : ids.delete(p.id);
      ids.size ? control.setAttribute("aria-describedby", [...ids].join(" ")) : control.removeAttribute("aria-describedby");
    }
    const rest = values().querySelector("[data-rest]");
    rest.replaceChildren(...(said.rest || []).map((text) => {
      const p = document.createElement("p");
      p.className = "error-text";
      p.textContent = text;
      return p;
    }));
  };

  // pressed does what a button of the form asks for without leaving the page, unless a file goes with it.
  const pressed = async (event) => {
    const button = event.submitter;
    if (!button || stopped || "file" in button.dataset || !button.value || button.value.startsWith("giu:")) {
      if (!stopped && (dirty || saving)) { // what is being saved comes first, or the form would be a version behind
        event.preventDefault();
        await save();
        if (!dirty && !stopped) form.requestSubmit(button);
        return;
      }
      going = true;
      return;
    }
    event.preventDefault();
    if (button.value === "luu") {
      dirty = true;
      return save();
    }
    await press(button.value, {}, button);
  };

  // press sends the form with a button's word and shows the form that comes back.
  const press = async (does, extra, from) => {
    clearTimeout(timer);
    if (saving) await saving;
    dirty = false;
    say(words.saving);
    try {
      const answer = await fetch(form.action, { method: "POST", body: body({ ...extra, lam: does }) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("so-lieu");
      if (!fresh) throw new Error(`status ${answer.status}`);
      show(page, fresh, does, from);
    } catch (err) {
      dirty = true;
      say(words.offline, true);
      console.error(err);
    }
  };

  const show = (page, fresh, does, from) => {
    const open = new Set([...values().querySelectorAll("details[open][id]")].map((d) => d.id));
    const at = from ? from.getBoundingClientRect().top : 0;
    values().replaceWith(fresh);
    for (const d of fresh.querySelectorAll("details[id]")) if (open.has(d.id)) d.open = true;
    for (const name of ["[data-status]", "[data-left]"]) {
      root.querySelector(name).textContent = page.querySelector(`.draft ${name}`)?.textContent || "";
    }
    status.classList.remove("stopped");
    const path = does.slice(does.indexOf(":") + 1);
    focusOn(fresh, does, path, at);
    this.preview.refresh();
  };

  // focusOn puts the reader where the button was: into the new row, or onto the group.
  const focusOn = (fresh, does, path, at) => {
    const problem = fresh.querySelector("[role=alert]");
    const group = document.getElementById(`f-${path.replace(/\.\d+(\.[^.\d][^.]*)?$/, "")}`);
    let target = problem || group;
    if (!problem && does.startsWith("them:") && group) {
      const rows = group.querySelectorAll(":scope > .draft-list > li, :scope > .grid-box tbody tr, :scope > details.draft-card");
      const last = rows[rows.length - 1];
      if (last?.tagName === "DETAILS") last.open = true;
      target = last?.querySelector("input, textarea, select") || group;
    }
    if (problem) problem.tabIndex = -1;
    target?.focus({ preventScroll: true });
    target?.scrollIntoView({ block: "nearest" });
  };

  // pasted lets cells of a spreadsheet fill rows and columns from the field on into which they are pasted.
  const pasted = (event) => {
    const field = event.target;
    if (!field.name?.startsWith("v.") || field.tagName === "TEXTAREA") return;
    const text = event.clipboardData?.getData("text/plain") || "";
    if (!/[\t\n]/.test(text.trim())) return;
    const path = field.name.slice(2);
    const group = field.closest("fieldset.draft-group:has(> .row-more)");
    const rows = group?.id.slice(2);
    if (!rows || !path.startsWith(`${rows}.`)) return;
    event.preventDefault();
    press(`dan:${path}`, { [`dan.${rows}`]: text }, field);
  };

  // leave saves first.
  const leave = async (event) => {
    if (!dirty && !saving) return;
    event.preventDefault();
    await save();
    if (saving) await saving;
    if (!dirty && !stopped) location.href = event.target.closest("a").href;
  };
}

// Preview draws the pages of what has been saved: those alone that look different.
function Preview(root) {
  const pane = root.querySelector(".draft-preview");
  const box = pane.querySelector("[data-sheets]");
  const note = pane.querySelector("[data-preview-note]");
  const words = root.dataset;
  const sheets = new Map(); // by digest
  let asked = null, pdfjs = null;

  this.refresh = async () => {
    asked?.abort();
    const mine = (asked = new AbortController());
    pane.hidden = false;
    root.classList.add("previewed");
    note.textContent = words.drawing;
    const start = performance.now();
    try {
      const known = [...sheets.keys()].join(".");
      const answer = await fetch(`${words.preview}?co=${known}`,
        { signal: mine.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) {
        note.textContent = (await answer.json()).problem;
        box.classList.add("stale");
        return;
      }
      const pages = (answer.headers.get("Covenant-Pages") || "").split(" ");
      const changed = (answer.headers.get("Covenant-Changed") || "").split(" ").filter(Boolean).map(Number);
      const fresh = answer.status === 204 ? [] : await draw(new Uint8Array(await answer.arrayBuffer()));
      if (mine.signal.aborted) return;
      changed.forEach((page, i) => sheets.set(pages[page], fresh[i]));
      arrange(pages);
      note.textContent = words.drawn;
      box.classList.remove("stale");
      box.dataset.changed = changed.join(" ");
      box.dataset.took = Math.round(performance.now() - start);
      box.dataset.drawn = Number(box.dataset.drawn || 0) + 1;
    } catch (err) {
      if (err.name !== "AbortError") {
        note.textContent = words.offline;
        console.error(err);
      }
    }
  };

  const draw = async (data) => {
    if (!pdfjs) {
      pdfjs = await import(words.pdfjs);
      pdfjs.GlobalWorkerOptions.workerSrc = words.worker;
    }
    const task = pdfjs.getDocument({ data, useWasm: false, isEvalSupported: false, enableXfa: false });
    const doc = await task.promise;
    const out = [];
    for (let n = 1; n <= doc.numPages; n++) out.push(await sheet(await doc.getPage(n)));
    task.destroy();
    return out;
  };

  const sheet = async (page) => {
    const viewport = page.getViewport({ scale: WIDTH / page.getViewport({ scale: 1 }).width });
    const canvas = document.createElement("canvas");
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    await page.render({ canvas, viewport }).promise;
    const element = document.createElement("div");
    element.className = "viewer-sheet";
    element.setAttribute("role", "img");
    element.append(canvas);
    return element;
  };

  const arrange = (pages) => {
    const top = box.scrollTop;
    for (const digest of sheets.keys()) if (!pages.includes(digest)) sheets.delete(digest);
    pages.forEach((digest, i) => {
      const element = sheets.get(digest);
      element.setAttribute("aria-label", `${words.pageLabel} ${i + 1}`);
      if (box.children[i] !== element) box.insertBefore(element, box.children[i] || null);
    });
    while (box.children.length > pages.length) box.lastChild.remove();
    box.scrollTop = top;
  };
}

// tabs show the form or the preview where there is no room for both.
function tabs(root) {
  const bar = root.querySelector(".draft-tabs");
  bar.hidden = false;
  root.classList.add("tabbed");
  const show = (name) => {
    for (const b of bar.children) b.setAttribute("aria-pressed", String(b.dataset.tab === name));
    for (const p of root.querySelectorAll("[data-pane]")) p.classList.toggle("shown", p.dataset.pane === name);
  };
  bar.addEventListener("click", (e) => e.target.dataset.tab && show(e.target.dataset.tab));
  show("form");
}

// propose fills in a covenant's title from block and year, and the name in its address from the title, until somebody
// writes something else.
function propose(form) {
  const { khoi, nam, ten } = form.elements;
  const name = form.elements["dia-chi"];
  const fold = (text) => text.replace(/[đĐ]/g, "d").normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
  const address = () => fold(ten.value).split(/[^a-z0-9]+/).filter((w) => w && w !== nam.value)
    .reduce((out, w) => (out.length + w.length > 60 ? out : out ? `${out}-${w}` : w), "");
  let own = ten.value !== "", ownName = name.value !== "";
  const fill = () => {
    const block = khoi.selectedOptions[0]?.textContent.trim();
    if (!own && block) ten.value = `${form.dataset.before} năm ${nam.value} – ${block}`;
    if (!ownName) name.value = address();
  };
  ten.addEventListener("input", () => { own = ten.value !== ""; fill(); });
  name.addEventListener("input", () => { ownName = name.value !== ""; });
  khoi.addEventListener("change", fill);
  nam.addEventListener("input", fill);
  fill();
}
