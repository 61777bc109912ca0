// The routes of pages, which are in the part of the address after `#`, and the state of the program, read every 2 s.

import { get, reachable } from "./api.js";
import { age, duration, el, failure, link } from "./dom.js";

const byId = (id) => document.getElementById(id);
const main = byId("main");
let ended = new AbortController();
let routes = {};

/** The head of a page: its title, what leads to it, and its actions. */
function headOf(page, list, text, isOne) {
  const [path, title, actions] = [el("p", { class: "path" }), el("h1", {}), el("p", { class: "actions" })];
  const head = {
    element: el("div", { class: "head" }, el("div", {}, path, title), actions),
    title(of, via) {
      title.textContent = of;
      document.title = `${of} – RocketMQ console`;
      path.replaceChildren(...(isOne ? [link(`/${page}`, list), ...(via ? [" / ", link(...via)] : [])] : []));
    },
    note: (of) => title.append(...(of ? [" ", of] : [])),
    actions: (...of) => actions.append(...of),
  };
  head.title(text);
  return head;
}

async function show() {
  const had = main.contains(document.activeElement);
  ended.abort();
  ended = new AbortController();
  const { signal } = ended;
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [first, ...rest] = path.split("/");
  const page = Object.hasOwn(routes, first) ? first : "";
  const [list, all, one] = routes[page];
  let name = rest.join("/");
  try {
    name = decodeURIComponent(name);
  } catch {
    // It is taken as it is.
  }
  for (const entry of document.querySelectorAll("nav a")) {
    if (entry.getAttribute("href") === `#/${page}`) entry.setAttribute("aria-current", "page");
    else entry.removeAttribute("aria-current");
  }
  document.querySelector("nav [aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
  const isOne = name !== "" && one !== undefined;
  const head = headOf(page, list, isOne ? name : list, isOne);
  const place = el("div", {}, el("p", { class: "loading" }, "Loading…"));
  main.replaceChildren(head.element, place);
  if (had) main.focus();
  try {
    const contents = await (isOne ? one : all)({ name, params: new URLSearchParams(query), signal, reload: show, head });
    if (!signal.aborted) place.replaceChildren(...contents);
  } catch (error) {
    if (error.name !== "AbortError" && !signal.aborted) place.replaceChildren(failure(error));
  }
}

let state = null;
let samples = [];
let onState = () => {};
let onUpdate = () => {};
let timer;

async function poll() {
  clearTimeout(timer);
  try {
    if (!document.hidden) {
      const since = samples.at(-1)?.at ?? 0;
      state = await get("/overview", { since });
      samples = samples.concat(state.samples).slice(-300);
      byId("alive").textContent = `up for ${duration(state.uptime_ms)}`;
      onState(state);
      onUpdate(state, samples);
    }
  } catch {
    // The banner says it.
  }
  age();
  timer = setTimeout(poll, 2000);
}

/** Gives the state and its samples of the last minutes to `update`, now and later, until the signal. */
export async function follow(update, signal) {
  if (!state) await poll();
  if (!state) throw new Error("The server does not answer.");
  if (signal.aborted) return;
  onUpdate = update;
  signal.addEventListener("abort", () => { onUpdate = () => {}; });
  update(state, samples);
}

/** Starts a console. `pages` are [title, page, page of one item] by path, that of the overview is ""; `about` gets each state. */
export async function start(pages, about) {
  routes = pages;
  onState = about;
  let answered = true;
  reachable((answers) => {
    byId("banner").hidden = answers;
    document.body.classList.toggle("gone", !answers);
    if (!answers) byId("alive").textContent = "does not answer";
    const isBack = answers && !answered;
    answered = answers;
    // What could not be read is read again.
    if (isBack && !document.querySelector("dialog")) show();
  });
  byId("retry").addEventListener("click", poll);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  document.querySelector(".skip").addEventListener("click", (event) => {
    // It is not a page.
    event.preventDefault();
    main.focus();
  });
  window.addEventListener("hashchange", () => {
    show();
    main.focus();
    window.scrollTo(0, 0);
  });
  await poll();
  show();
}
