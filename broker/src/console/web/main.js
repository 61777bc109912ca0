// The pages and their routes, which are in the part of the address after `#`, and the state of the broker.

import { enc, get, reachable } from "./api.js";
import { age, badge, bytes, cards, count, duration, el, empty, failure, field, form, link, number, pages, rate, short, table, typed } from "./dom.js";
import { bar, plot, rates, values } from "./plot.js";
import { COLUMNS, topic, topics } from "./topics.js";
import { message, messages } from "./messages.js";
import { group, groups } from "./groups.js";

const byId = (id) => document.getElementById(id);
const main = byId("main");
let ended = new AbortController();

const routes = {
  "": ["Overview", overview],
  topics: ["Topics", topics, topic],
  messages: ["Messages", messages, message],
  groups: ["Groups", groups, group],
  connections: ["Connections", connections],
  settings: ["Settings", settings],
};

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

/** The state of the broker, read every 2 s, and its samples of the last minutes. */
let state = null;
let samples = [];
let onState = () => {};
let timer;

async function poll() {
  clearTimeout(timer);
  try {
    if (!document.hidden) {
      const since = samples.at(-1)?.at ?? 0;
      state = await get("/overview", { since });
      samples = samples.concat(state.samples).slice(-300);
      byId("broker").textContent = state.broker;
      byId("broker").title = `${state.broker} in ${state.cluster}, ${state.address}, version ${state.version}`;
      byId("alive").textContent = `up for ${duration(state.uptime_ms)}`;
      byId("readonly").hidden = !state.read_only;
      document.body.classList.toggle("readonly", state.read_only);
      onState();
    }
  } catch {
    // The banner says it.
  }
  age();
  timer = setTimeout(poll, 2000);
}

async function overview({ signal }) {
  const facts = el("div", {});
  const [messages, traffic] = [["in", "out"].map((way) => `messages_${way}`), ["in", "out"].map((way) => `bytes_${way}`)];
  const each = (names, of) => names.map((name) => of(samples, name));
  const plots = [
    [plot("Messages per second", ["in", "out"], rate), () => each(messages, rates)],
    [plot("Bytes per second", ["in", "out"], bytes, { base: 1024, least: 1024 }), () => each(traffic, rates)],
    [plot("Stored", ["log"], bytes, { base: 1024, least: 1024 }), () => each(["stored_bytes"], values)],
    [plot("Connections", ["clients"], short, { least: 2 }), () => each(["connections"], values)],
  ];
  function update() {
    if (signal.aborted || !state) return;
    const [now, { disk }] = [state.now, state];
    const last = (name) => rates(samples.slice(-6), name).map(([, value]) => value);
    const mean = (name) => { const of = last(name); return of.reduce((sum, value) => sum + value, 0) / Math.max(1, of.length); };
    const used = disk ? 1 - disk.free_bytes / disk.total_bytes : 0;
    facts.replaceChildren(cards([
      ["Messages in", `${rate(mean("messages_in"))} / s`, ["", count(now.messages_in), " since the start"]],
      ["Messages out", `${rate(mean("messages_out"))} / s`, ["", count(now.messages_out), " since the start"]],
      ["Stored", bytes(now.stored_bytes), disk ? "on disk" : "in memory"],
      ["Topics", link("/topics", short(state.topics)), "with the broker's own"],
      ["Groups", link("/groups", short(state.groups)), "with the broker's own"],
      ["Connections", link("/connections", short(now.connections))],
      ["Memory", bytes(state.memory_bytes), "of this process"],
      disk ? ["Disk, free", bytes(disk.free_bytes), [bar(used, `${Math.round(used * 100)} % of the disk is used`), `of ${bytes(disk.total_bytes)}`]] : ["Version", state.version, `up for ${duration(state.uptime_ms)}`],
    ], "tiles"));
    for (const [figure, points] of plots) figure.show(points());
  }
  if (!state) await poll();
  if (!state) throw new Error("The broker does not answer.");
  onState = update;
  signal.addEventListener("abort", () => { onState = () => {}; });
  update();
  const busiest = pages(() => get("/topics", { busiest: true, page_size: 5 }, signal),
    (items) => table("Busiest topics", COLUMNS, items, empty("There is no topic yet.")));
  return [facts, el("div", { class: "plots" }, plots.map(([figure]) => figure)), el("h2", {}, "Busiest topics"), busiest];
}

async function connections({ signal }) {
  const names = (list, page) => (list.length === 0 ? "–" : list.flatMap((name, at) => [at > 0 ? ", " : "", page ? link(`/${page}/${enc(name)}`, name) : name]));
  const clients = (of, value) => el("div", {}, of.clients.map((client) => el("div", {}, value(client))));
  const others = (of) => (of.client_count > of.clients.length ? el("div", {}, `and ${number(of.client_count - of.clients.length)} more`) : null);
  const show = (items) => table("Connections that have clients", [
    ["Address", (of) => el("code", {}, of.address)],
    ["Clients", (of) => [clients(of, (client) => client.id), others(of)].filter(Boolean)],
    ["Produces as", (of) => clients(of, (client) => names(client.produces)), "extra"],
    ["Consumes as", (of) => clients(of, (client) => names(client.consumes, "groups")), "extra"],
    ["Client's program", (of) => [badge(of.language), " ", of.version]],
  ], items, empty("No client is connected.", el("p", {}, "Connections are here after the first heartbeat of their clients.")));
  return [pages((after) => get("/connections", { after }, signal), show)];
}

async function settings({ signal }) {
  const answer = await get("/settings", {}, signal);
  const search = form([field("Name or value contains", "part", { kind: "search", autocomplete: "off", spellcheck: "false" })], () => filter(), { class: "row", role: "search" });
  const place = el("div", {});
  function filter() {
    const part = search.elements.part.value.trim().toLowerCase();
    const items = answer.items.filter((of) => `${of.name} ${of.value}`.toLowerCase().includes(part));
    place.replaceChildren(table("Settings of the broker", [
      ["Name", (of) => el("code", {}, of.name)],
      ["Value", (of) => of.value || "–"],
    ], items, "No setting matches."));
  }
  typed(search.elements.part, filter);
  filter();
  return [el("p", { class: "hint" }, "The names are those of Apache's broker. Options and tools change them, the console does not."), search, place];
}

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
