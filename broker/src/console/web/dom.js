// Elements, tables and dialogs. All text of the broker becomes text nodes, and never HTML.

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

export const link = (hash, text) => el("a", { href: `#${hash}` }, text);
export const button = (text, click, kind = "") => el("button", { type: "button", class: kind, click }, text);

export const number = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en"));

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (value >= 1024 && at < units.length - 1) { value /= 1024; at += 1; }
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`;
}

export const time = (ms) => (ms > 0 ? new Date(ms).toLocaleString() : "–");

export function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

export const cards = (pairs) => el("dl", { class: "cards" },
  pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));

/** A table. `columns` are [title, cell(item), "number"?]. */
export function table(caption, columns, items, empty) {
  if (items.length === 0) return el("p", { class: "empty" }, empty);
  const kind = (column) => ({ class: column[2] ?? "" });
  const head = el("tr", {}, columns.map((column) => el("th", { scope: "col", ...kind(column) }, column[0])));
  const rows = items.map((item) => el("tr", {}, columns.map((column) => el("td", kind(column), column[1](item)))));
  return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, rows)));
}

/** A list that the server pages: `load(after)` returns {items, next}; `show(items)` an element. */
export function pages(load, show) {
  const place = el("div", { tabindex: "-1" }, el("p", { class: "loading" }, "Loading…"));
  const before = [];
  async function go(after) {
    try {
      const answer = await load(after);
      const back = button("Previous", () => go(before.pop()));
      const on = button("Next", () => { before.push(after); go(answer.next); });
      back.disabled = before.length === 0;
      on.disabled = answer.next === null;
      const turns = before.length > 0 || answer.next !== null ? [el("p", { class: "actions" }, back, on)] : [];
      const had = place.contains(document.activeElement);
      place.replaceChildren(show(answer.items, answer), ...turns);
      if (had) place.focus();
    } catch (error) {
      if (error.name !== "AbortError") place.replaceChildren(failure(error));
    }
  }
  go(undefined);
  return place;
}

export const failure = (error) => el("p", { class: "error", role: "alert" }, error.message);

export function say(text) {
  const status = document.getElementById("status");
  status.textContent = text;
  setTimeout(() => { if (status.textContent === text) status.textContent = ""; }, 6000);
}

let fields = 0;

/** A label and its input. `options` makes it a select. */
export function field(label, name, { options, kind = "text", ...attributes } = {}) {
  fields += 1;
  const id = `field-${fields}`;
  let input;
  if (options) input = el("select", { id, name }, options.map(([value, text]) => el("option", { value }, text)));
  else if (kind === "area") input = el("textarea", { id, name, ...attributes });
  else input = el("input", { id, name, type: kind, ...attributes });
  const text = el("label", { for: id }, label);
  return kind === "checkbox" ? el("div", {}, el("label", { class: "check" }, input, label)) : el("div", {}, text, input);
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

/** Asks in a dialog; it stays open, with the error, if `submit` fails. */
export function ask(title, contents, action, submit, danger = false) {
  const problem = el("div", {});
  const send = el("button", { class: danger ? "danger" : "main" }, action);
  const heading = el("h2", { id: "dialog-title" }, title);
  const dialog = el("dialog", { "aria-labelledby": "dialog-title", close: () => dialog.remove() });
  const actions = el("p", { class: "actions" }, send, button("Cancel", () => dialog.close()));
  dialog.append(form([heading, problem, ...contents, actions], async (values) => {
    send.disabled = true;
    try {
      await submit(values);
      dialog.close();
    } catch (error) {
      problem.replaceChildren(failure(error));
    }
    send.disabled = false;
  }));
  document.body.append(dialog);
  dialog.showModal();
}
