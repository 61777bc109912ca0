// The pages of the broker.

import { enc, get } from "./api.js";
import { badge, bytes, cards, count, duration, el, empty, field, form, link, number, pages, rate, short, table, typed } from "./dom.js";
import { bar, plot, rates, recent, values } from "./plot.js";
import { follow, start } from "./router.js";
import { COLUMNS, topic, topics } from "./topics.js";
import { message, messages } from "./messages.js";
import { group, groups } from "./groups.js";

const byId = (id) => document.getElementById(id);

async function overview({ signal }) {
  const facts = el("div", {});
  const [messages, traffic] = [["in", "out"].map((way) => `messages_${way}`), ["in", "out"].map((way) => `bytes_${way}`)];
  const each = (names, of) => (samples) => names.map((name) => of(samples, name));
  const plots = [
    [plot("Messages per second", ["in", "out"], rate), each(messages, rates)],
    [plot("Bytes per second", ["in", "out"], bytes, { base: 1024, least: 1024 }), each(traffic, rates)],
    [plot("Stored", ["log"], bytes, { base: 1024, least: 1024 }), each(["stored_bytes"], values)],
    [plot("Connections", ["clients"], short, { least: 2 }), each(["connections"], values)],
  ];
  await follow((state, samples) => {
    const [now, { disk }] = [state.now, state];
    const used = disk ? 1 - disk.free_bytes / disk.total_bytes : 0;
    facts.replaceChildren(cards([
      ["Messages in", `${rate(recent(samples, "messages_in"))} / s`, ["", count(now.messages_in), " since the start"]],
      ["Messages out", `${rate(recent(samples, "messages_out"))} / s`, ["", count(now.messages_out), " since the start"]],
      ["Stored", bytes(now.stored_bytes), disk ? "on disk" : "in memory"],
      ["Topics", link("/topics", short(state.topics)), "with the broker's own"],
      ["Groups", link("/groups", short(state.groups)), "with the broker's own"],
      ["Connections", link("/connections", short(now.connections))],
      ["Memory", bytes(state.memory_bytes), "of this process"],
      disk ? ["Disk, free", bytes(disk.free_bytes), [bar(used, `${Math.round(used * 100)} % of the disk is used`), `of ${bytes(disk.total_bytes)}`]] : ["Version", state.version, `up for ${duration(state.uptime_ms)}`],
    ], "tiles"));
    for (const [figure, points] of plots) figure.show(points(samples));
  }, signal);
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

start({
  "": ["Overview", overview],
  topics: ["Topics", topics, topic],
  messages: ["Messages", messages, message],
  groups: ["Groups", groups, group],
  connections: ["Connections", connections],
  settings: ["Settings", settings],
}, (state) => {
  byId("broker").textContent = state.broker;
  byId("broker").title = `${state.broker} in ${state.cluster}, ${state.address}, version ${state.version}`;
  byId("readonly").hidden = !state.read_only;
  document.body.classList.toggle("readonly", state.read_only);
});
