// Elements, tables, lists and dialogs. All text of the broker becomes text nodes, and never HTML.

/** Creates an element. Functions become listeners, `class` and others attributes. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined).map(node));
  return element;
}

const node = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));

export const link = (hash, text, kind = undefined) => el("a", { href: `#${hash}`, class: kind }, text);
export const button = (text, click, kind = "") => el("button", { type: "button", class: kind, click }, text);
export const badge = (text, kind = "") => el("span", { class: `badge ${kind}`.trim() }, text);

export const number = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en"));

/** Writes a number with at most about four digits: 12,345, 1.2 M. */
export function short(value) {
  if (value === null || value === undefined || Math.abs(value) < 1e5) return number(value);
  const [unit, name] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([at]) => Math.abs(value) >= at);
  return `${(value / unit).toFixed(Math.abs(value) < 100 * unit ? 1 : 0)} ${name}`;
}

/** A short number; the pointer shows all of it. */
export function count(value) {
  const text = short(value);
  return text === number(value) ? text : el("span", { title: number(value) }, text);
}

/** Writes a number of events per second. */
export const rate = (value) => (value < 10 ? String(Math.round(value * 10) / 10) : short(Math.round(value)));

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (value >= 1024 && at < units.length - 1) { value /= 1024; at += 1; }
  return `${at === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${units[at]}`;
}

/** Writes a time in this place, to the millisecond. */
export function exact(ms) {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60000);
  return ms > 0 ? local.toISOString().slice(0, 23).replace("T", " ") : "–";
}

function ago(ms) {
  const seconds = Math.round((Date.now() - ms) / 1000);
  const [of, unit] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([of]) => Math.abs(seconds) >= of) ?? [1, ""];
  if (Math.abs(seconds) < 2) return "now";
  const text = `${Math.floor(Math.abs(seconds) / of)} ${unit}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** How long ago a time is; the pointer shows the time. */
export function when(ms) {
  if (!(ms > 0)) return "–";
  return el("time", { datetime: new Date(ms).toISOString(), title: exact(ms) }, ago(ms));
}

/** Writes all of those again, as time goes on. */
export function age() {
  for (const element of document.querySelectorAll("main time")) {
    const text = ago(Date.parse(element.dateTime));
    if (element.textContent !== text) element.textContent = text;
  }
}

export function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Facts, as [name, value, more]; `more` is a small text or element below. */
export const cards = (facts, kind = "") => el("dl", { class: `cards ${kind}`.trim() }, facts.map(([name, value, more]) => el("div", {},
  el("dt", {}, name), el("dd", {}, value), more ? el("dd", { class: "more" }, more) : null)));

export const empty = (text, ...more) => el("div", { class: "empty" }, el("p", {}, text), ...more);

// What does not fit can be scrolled by keyboard; a table that fits is no stop for it.
const fits = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

/**
 * A table. `columns` are [title, cell(item), classes]: `number`, `text` and `cut` (in one line), `extra` (not in
 * narrow windows). The first one names the item.
 */
export function table(caption, columns, items, none) {
  if (items.length === 0) return none instanceof Node ? none : empty(none);
  const kind = (column) => ({ class: column[2] });
  const title = (column) => column[0] || el("span", { class: "unseen" }, "Actions");
  const head = el("tr", {}, columns.map((column) => el("th", { scope: "col", ...kind(column) }, title(column))));
  const rows = items.map((item) => el("tr", {}, columns.map((column) => el("td", kind(column), column[1](item)))));
  const wide = el("div", { class: "wide", role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: "unseen" }, caption), el("thead", {}, head), el("tbody", {}, rows)));
  fits.observe(wide);
  return wide;
}

/** Makes `old` look like `made`. Elements stay where they can, and with them the focus and the selection. */
function patch(old, made) {
  const isText = old.nodeType === Node.TEXT_NODE && made.nodeType === Node.TEXT_NODE;
  if (isText) {
    if (old.data !== made.data) old.data = made.data;
    return;
  }
  // The listeners in a row are about its item.
  const isOther = old.nodeName === "TR" && old.cells[0].textContent !== made.cells[0].textContent;
  if (isOther || old.nodeName !== made.nodeName || old.childNodes.length !== made.childNodes.length) {
    old.replaceWith(made);
    return;
  }
  for (const { name, value } of [...made.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (name !== "tabindex" && !made.hasAttribute(name)) old.removeAttribute(name);
  const parts = [...made.childNodes];
  [...old.childNodes].forEach((child, at) => patch(child, parts[at]));
}

/** The time between two reads of a list that is shown, in ms. */
const AGAIN = 5000;

/**
 * A list that the server pages: `load(after)` returns {items, next}, `show(items, answer)` an element. It is
 * read again while it is shown, unless `live` is false. `restart()` shows the first page.
 */
export function pages(load, show, { live = true } = {}) {
  const place = el("div", { class: "list", tabindex: "-1" }, el("p", { class: "loading" }, "Loading…"));
  let [before, here, next, turn] = [[], undefined, null, 0];
  const back = button("Previous", () => go(before.pop()));
  const on = button("Next", () => { before.push(here); go(next); });
  const at = el("span", {});
  const turns = el("p", { class: "turns" }, back, at, on);
  async function go(after, again = false) {
    turn += 1;
    const own = turn;
    let parts;
    try {
      const answer = await load(after);
      if (own !== turn) return;
      [here, next] = [after, answer.next];
      parts = [show(answer.items, answer)];
      back.disabled = before.length === 0;
      on.disabled = next === null;
      at.textContent = `Page ${before.length + 1}`;
      if (before.length > 0 || next !== null) parts.push(turns);
    } catch (error) {
      // While the broker does not answer, what is known stays.
      if (own !== turn || again || error.name === "AbortError") return;
      parts = [failure(error)];
    }
    const had = place.contains(document.activeElement);
    if (again && place.children.length === parts.length) patch(place.firstElementChild, parts[0]);
    else place.replaceChildren(...parts);
    if (had && !place.contains(document.activeElement)) place.focus({ preventScroll: again });
  }
  async function repeat() {
    if (!place.isConnected) return;
    if (!document.hidden && !document.querySelector("dialog")) await go(here, true);
    setTimeout(repeat, AGAIN);
  }
  place.restart = () => { before = []; return go(undefined); };
  go(undefined);
  if (live) setTimeout(repeat, AGAIN);
  return place;
}

/** Calls `change` when nothing was typed for a moment. */
export function typed(input, change) {
  let timer;
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(change, 200); });
}

export const failure = (error) => el("p", { class: "error", role: "alert" }, error.message);

export function say(text) {
  const status = document.getElementById("status");
  status.textContent = text;
  setTimeout(() => { if (status.textContent === text) status.textContent = ""; }, 6000);
}

let fields = 0;

/** A label and its input. `options` makes it a select, `hint` is a text below. */
export function field(label, name, { options, kind = "text", hint, ...attributes } = {}) {
  fields += 1;
  const id = `field-${fields}`;
  const about = hint ? { "aria-describedby": `${id}-hint` } : {};
  let input;
  if (options) input = el("select", { id, name, ...about }, options.map(([value, text]) => el("option", { value }, text)));
  else if (kind === "area") input = el("textarea", { id, name, ...about, ...attributes });
  else input = el("input", { id, name, type: kind, ...about, ...attributes });
  const below = hint ? el("p", { class: "hint", id: `${id}-hint` }, hint) : null;
  if (kind === "checkbox") return el("div", { class: "field" }, el("label", { class: "check" }, input, label), below);
  return el("div", { class: "field" }, el("label", { for: id }, label), input, below);
}

/** A form whose values are given to `submit` as an object of texts. */
export function form(contents, submit, attributes = {}) {
  const element = el("form", attributes, contents);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(Object.fromEntries(new FormData(element)));
  });
  return element;
}

/** Asks in a dialog; it stays open, with the error, if `submit` fails. Returns the form. */
export function ask(title, contents, action, submit, danger = false) {
  const problem = el("div", {});
  const send = el("button", { class: danger ? "main danger" : "main" }, action);
  const heading = el("h2", { id: "dialog-title" }, title);
  const closed = () => {
    dialog.remove();
    // What has opened it may be gone.
    if (document.activeElement === document.body) document.getElementById("main").focus();
  };
  const dialog = el("dialog", { "aria-labelledby": "dialog-title", close: closed });
  const actions = el("p", { class: "actions" }, button("Cancel", () => dialog.close()), send);
  const asked = form([heading, el("div", { class: "fields" }, contents), problem, actions], async (values) => {
    send.disabled = true;
    try {
      await submit(values);
      dialog.close();
    } catch (error) {
      problem.replaceChildren(failure(error));
    }
    send.disabled = false;
  });
  dialog.append(asked);
  document.body.append(dialog);
  dialog.showModal();
  return asked;
}
