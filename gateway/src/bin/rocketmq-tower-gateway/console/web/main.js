// The pages of the gateway.

import { enc, get } from "./api.js";
import { badge, bytes, cards, count, duration, el, empty, link, number, pages, rate, short, table, when } from "./dom.js";
import { plot, rates, recent, values } from "./plot.js";
import { follow, start } from "./router.js";

const code = (text) => el("code", {}, text);
const names = (list) => list.join(", ") || "–";
const yes = (text) => badge(text, "good");
const no = (text) => badge(text, "bad");

async function overview({ signal }) {
  const facts = el("div", {});
  const plots = [
    [plot("Requests per second", ["requests", "errors"], rate), (samples) => ["requests", "errors"].map((name) => rates(samples, name))],
    [plot("Connections", ["of clients", "to brokers"], short, { least: 2 }), (samples) => ["clients", "broker_connections"].map((name) => values(samples, name))],
  ];
  await follow((state, samples) => {
    const { now, upstreams_down: down } = state;
    facts.replaceChildren(cards([
      ["Clusters", link("/upstreams", number(state.upstreams)), down > 0 ? no(`${number(down)} without an answer`) : yes("all answer")],
      ["Brokers", link("/upstreams", number(state.brokers)), "with a port here"],
      ["Clients", link("/connections", short(now.clients)), "connections"],
      ["To brokers", short(now.broker_connections), "connections"],
      ["Requests", `${rate(recent(samples, "requests"))} / s`, ["", count(now.requests), " since the start"]],
      ["Errors", `${rate(recent(samples, "errors"))} / s`, ["", count(now.errors), " since the start"]],
      ["Memory", bytes(state.memory_bytes), "of this process"],
      ["Version", state.version, `up for ${duration(state.uptime_ms)}`],
    ], "tiles"));
    for (const [figure, points] of plots) figure.show(points(samples));
  }, signal);
  return [facts, el("div", { class: "plots" }, plots.map(([figure]) => figure))];
}

function reach(reachable) {
  if (reachable === null) return badge("not known");
  return reachable ? yes("reachable") : no("not reachable");
}

const facts = (of) => cards([
  ["Name servers", of.reachable ? yes("answer") : no("do not answer"), names(of.name_servers)],
  ["Last answer", of.answered === null ? "never" : when(of.answered), `${number(of.routes)} ${of.routes === 1 ? "route is" : "routes are"} kept`],
  ["Clients", number(of.name_server_clients), `of the name servers, at ${of.listens ?? "no address"}`],
  ["Requests", count(of.requests), ["", count(of.errors), " with errors"]],
]);

const brokers = (items) => table("Brokers", [
  ["Broker", (of) => `${of.name}/${of.id}`],
  ["Role", (of) => (of.id === 0 ? "master" : "slave"), "short extra"],
  ["State", (of) => reach(of.reachable), "short"],
  ["In the cluster", (of) => code(of.address), "extra"],
  ["For clients", (of) => code(of.advertised)],
  ["Clients", (of) => number(of.clients), "number"],
  ["Connections", (of) => number(of.connections), "number extra"],
], items, empty("No broker is known.", el("p", {}, "Brokers are here after the first answer of the name servers.")));

/** A cluster and its brokers. */
const cluster = (name, signal) => pages((after) => get(`/upstreams/${enc(name)}`, { after }, signal), (items, of) => el("div", {},
  facts(of), el("h2", {}, "Brokers"), brokers(items)));

async function upstreams({ signal }) {
  const all = await get("/upstreams", { page_size: 2 }, signal);
  if (all.items.length === 1) return [cluster(all.items[0].name, signal)];
  const show = (items) => table("Clusters", [
    ["Cluster", (of) => link(`/upstreams/${enc(of.name)}`, of.name)],
    ["Name servers", (of) => (of.reachable ? yes("answer") : no("do not answer"))],
    ["Last answer", (of) => (of.answered === null ? "never" : when(of.answered))],
    ["Clients connect to", (of) => code(of.listens ?? "–"), "extra"],
    ["Requests", (of) => count(of.requests), "number"],
    ["Errors", (of) => count(of.errors), "number extra"],
  ], items, "There is no cluster.");
  return [pages((after) => get("/upstreams", { after }, signal), show)];
}

const upstream = async ({ name, signal }) => [cluster(name, signal)];

async function connections({ signal }) {
  const show = (items) => table("Connections of clients", [
    ["Address", (of) => code(of.address)],
    ["Client", (of) => of.client ?? "–"],
    ["To", (of) => of.target],
    ["Cluster", (of) => of.upstream, "extra"],
    ["Broker", (of) => {
      if (of.target === "name-server") return "–";
      return of.has_broker ? yes("connected") : badge("not connected");
    }, "short extra"],
    ["Since", (of) => when(of.since)],
    ["Produces as", (of) => names(of.produces), "extra"],
    ["Consumes as", (of) => names(of.consumes), "extra"],
  ], items, empty("No client is connected.", el("p", {}, "Clients tell their ids and groups in heartbeats.")));
  return [pages((after) => get("/connections", { after }, signal), show)];
}

/** What the layers of policies do, by their keys in the file. */
const LAYERS = {
  "proxy-protocol": "addresses behind balancers", tls: "encrypted connections", trace: "spans in the log", acl: "signatures",
  audit: "who did what", authorize: "rules", namespace: "tenants", quota: "messages and bytes per second",
};

function refused(counts) {
  if (counts === null) return el("p", { class: "hint" }, "Refused requests are counted with metrics, which an address for health turns on.");
  return table("Refused requests", [
    ["Code", (of) => code(of[0])],
    ["Requests", (of) => count(of[1]), "number"],
  ], Object.entries(counts), "No request was refused.");
}

async function policies({ signal }) {
  const show = (items, answer) => el("div", {},
    cards(answer.layers.map(({ name, on }) => [name, on ? yes("on") : badge("off"), LAYERS[name] ?? ""])),
    el("h2", {}, "Settings ", el("small", {}, "in the order in which requests pass them")),
    table("Settings of policies", [
      ["Policy", (of) => of.policy, "short"],
      ["Setting", (of) => of.name],
      ["Value", (of) => of.value || "–"],
    ], items, "Every request passes: there is no policy."),
    el("h2", {}, "Refused ", el("small", {}, "by the gateway or by a broker")), refused(answer.refused));
  return [pages((after) => get("/policies", { after }, signal), show)];
}

function reloaded(reload) {
  if (reload === null) return el("p", { class: "hint" }, "They were read at the start. SIGHUP reads the file again.");
  if (!reload.ok) {
    return el("p", { class: "error" }, "They could not be read again ", when(reload.at), `, and stay as they were: ${reload.error}. The log says more.`);
  }
  const restart = reload.needs_restart.length > 0 ? ` A restart is needed for ${names(reload.needs_restart)}.` : "";
  return el("p", { class: "hint" }, "They were read again ", when(reload.at), `.${restart}`);
}

async function settings({ signal }) {
  const show = (items, answer) => el("div", {}, reloaded(answer.reload), table("Settings in force", [
    ["Key", (of) => code(of.name)],
    ["Value", (of) => of.value || "–"],
  ], items, "There are no settings."));
  return [pages((after) => get("/settings", { after }, signal), show)];
}

start({
  "": ["Overview", overview],
  upstreams: ["Upstreams", upstreams, upstream],
  connections: ["Connections", connections],
  policies: ["Policies", policies],
  settings: ["Settings", settings],
}, () => {});
