// The pages and their routes, which are in the part of the address after `#`.

import { get, reachable } from "./api.js";
import { bytes, cards, duration, el, failure, number, pages, table } from "./dom.js";
import { plot, rates, values } from "./plot.js";
import { topic, topics } from "./topics.js";
import { message, messages } from "./messages.js";
import { group, groups } from "./groups.js";

const main = document.getElementById("main");
let ended = new AbortController();

const routes = {
  "": ["Overview", overview],
  topics: ["Topics", topics, topic],
  messages: ["Messages", messages, message],
  groups: ["Groups", groups, group],
  connections: ["Connections", connections],
  settings: ["Settings", settings],
};

async function show() {
  ended.abort();
  ended = new AbortController();
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/");
  const route = routes[page] ?? routes[""];
  let name;
  try {
    name = decodeURIComponent(rest.join("/"));
  } catch {
    name = rest.join("/");
  }
  const title = name || route[0];
  document.title = `${title} – RocketMQ console`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#/${page}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const place = el("div", {}, el("p", { class: "loading" }, "Loading…"));
  main.replaceChildren(el("h1", {}, title), place);
  const view = name && route[2] ? route[2] : route[1];
  try {
    const signal = ended.signal;
    const contents = await view({ name, params: new URLSearchParams(query), signal, reload: show });
    if (!signal.aborted) place.replaceChildren(...contents);
  } catch (error) {
    if (error.name !== "AbortError") place.replaceChildren(failure(error));
  }
}

async function overview({ signal }) {
  const facts = el("div", {});
  const plots = [
    [plot("Messages in, per second", (value) => number(Math.round(value))), (samples) => rates(samples, "messages_in")],
    [plot("Messages out, per second", (value) => number(Math.round(value))), (samples) => rates(samples, "messages_out")],
    [plot("Bytes in, per second", (value) => bytes(Math.round(value))), (samples) => rates(samples, "bytes_in")],
    [plot("Bytes out, per second", (value) => bytes(Math.round(value))), (samples) => rates(samples, "bytes_out")],
    [plot("Stored", bytes), (samples) => values(samples, "stored_bytes")],
    [plot("Connections", number), (samples) => values(samples, "connections")],
  ];
  let samples = [];
  async function update() {
    const since = samples.length > 0 ? samples[samples.length - 1].at : 0;
    const state = await get("/overview", { since }, signal);
    samples = samples.concat(state.samples).slice(-300);
    about(state);
    const disk = state.disk ? `${bytes(state.disk.free_bytes)} of ${bytes(state.disk.total_bytes)}` : "in memory";
    facts.replaceChildren(cards([
      ["Topics", number(state.topics)],
      ["Groups", number(state.groups)],
      ["Connections", number(state.now.connections)],
      ["Messages in", number(state.now.messages_in)],
      ["Messages out", number(state.now.messages_out)],
      ["Stored", bytes(state.now.stored_bytes)],
      ["Memory", bytes(state.memory_bytes)],
      ["Disk, free", disk],
      ["Up for", duration(state.uptime_ms)],
      ["Version", state.version],
      ["Address", state.address],
    ]));
    for (const [figure, points] of plots) figure.show(points(samples));
  }
  async function again() {
    if (signal.aborted) return;
    try {
      if (!document.hidden) await update();
    } catch {
      // The banner says it.
    }
    if (!signal.aborted) setTimeout(again, 2000);
  }
  await update();
  setTimeout(again, 2000);
  return [facts, el("h2", {}, "The last minutes"), el("div", { class: "plots" }, plots.map(([figure]) => figure))];
}

function about(state) {
  document.getElementById("broker").textContent = `${state.broker} (${state.cluster})`;
  document.getElementById("readonly").hidden = !state.read_only;
}

async function connections({ signal }) {
  const names = (list) => list.join(", ") || "–";
  const clients = (of, value) => el("div", {}, of.clients.map((client) => el("div", {}, value(client))));
  const show = (items) => table("Connections that have clients", [
    ["Address", (of) => of.address],
    ["Language", (of) => of.language],
    ["Version", (of) => of.version],
    ["Clients", (of) => number(of.client_count), "number"],
    ["Client ids", (of) => clients(of, (client) => client.id)],
    ["Produces as", (of) => clients(of, (client) => names(client.produces))],
    ["Consumes as", (of) => clients(of, (client) => names(client.consumes))],
  ], items, "No client is connected.");
  return [pages((after) => get("/connections", { after }, signal), show)];
}

async function settings({ signal }) {
  const answer = await get("/settings", {}, signal);
  return [table("The settings of the broker, by the names of Apache's", [
    ["Name", (of) => of.name],
    ["Value", (of) => of.value || "–"],
  ], answer.items, "There are no settings.")];
}

const banner = document.getElementById("banner");
reachable((answers) => { banner.hidden = answers; });
document.getElementById("retry").addEventListener("click", show);
window.addEventListener("hashchange", () => {
  // The link to the content is not a page.
  if (location.hash === "#main") { main.focus(); return; }
  show();
  main.focus();
});
show();
get("/overview", { since: Date.now() }).then(about, () => {});
