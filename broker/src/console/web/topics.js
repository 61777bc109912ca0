// Topics: the list, one of them, its creation, its changes and its end.

import { edit, enc, get, post, remove } from "./api.js";
import { ask, badge, button, cards, count, el, empty, field, form, link, number, pages, rate, say, table, typed } from "./dom.js";

const KINDS = [["application", "of applications"], ["retry", "of retries"], ["dead_letters", "of dead letters"], ["system", "of the broker"], ["all", "all"]];
const TYPES = ["NORMAL", "FIFO", "DELAY", "TRANSACTION", "PRIORITY", "UNSPECIFIED"];
const BADGES = { retry: ["retries", ""], dead_letters: ["dead letters", "bad"], system: ["broker", ""] };

const badgeOf = (of) => (BADGES[of.kind] ? badge(...BADGES[of.kind]) : null);

/** The columns of lists of topics. */
export const COLUMNS = [
  ["Name", (of) => [link(`/topics/${enc(of.name)}`, of.name), " ", badgeOf(of)].filter(Boolean)],
  ["Queues", (of) => number(Math.max(of.read_queues, of.write_queues)), "number extra"],
  ["Messages", (of) => count(of.messages), "number"],
  ["In / s", (of) => rate(of.rate_in), "number"],
];

export async function topics({ params, signal, reload, head }) {
  head.actions(button("New topic", () => create(reload), "main change"));
  const search = form([
    field("Name contains", "part", { value: params.get("contains") ?? "", kind: "search", autocomplete: "off", spellcheck: "false" }),
    field("Topics", "kind", { options: KINDS }),
  ], () => filter(), { class: "row", role: "search" });
  const { part, kind } = search.elements;
  kind.value = params.get("kind") ?? "application";
  const none = () => (part.value || kind.value !== "application" ? empty("No topic matches.")
    : empty("There is no topic yet.", el("p", {}, "Create one here, or with a client: a producer's first message does it, too.")));
  const show = (items) => table("Topics", COLUMNS, items, none());
  const wanted = () => ({ contains: part.value.trim(), kind: kind.value === "all" ? "" : kind.value });
  const list = pages((after) => get("/topics", { ...wanted(), after }, signal), show);
  function filter() {
    history.replaceState(null, "", `#/topics?${new URLSearchParams({ contains: part.value.trim(), kind: kind.value })}`);
    list.restart();
  }
  typed(part, filter);
  kind.addEventListener("change", filter);
  return [search, list];
}

const typeField = (none) => field("Messages", "type", { options: [["", none], ...TYPES.map((type) => [type, type])] });

function create(reload) {
  ask("New topic", [
    field("Name", "name", { required: true, maxlength: 127, autocomplete: "off", spellcheck: "false", hint: "Letters, digits, - _ % |" }),
    field("Queues", "queues", { kind: "number", min: 1, max: 1024, value: 4, required: true }),
    typeField("any"),
  ], "Create", async ({ name, queues, type }) => {
    await post("/topics", { name, queues: Number(queues), attributes: type ? { "message.type": type } : {} });
    say(`The topic ${name} was created.`);
    reload();
  });
}

export async function topic({ name, signal, reload, head }) {
  const path = `/topics/${enc(name)}`;
  const about = await get(path, { page_size: 1 }, signal);
  head.note(badgeOf(about));
  head.actions(link(`/messages?topic=${enc(name)}`, "Messages", "button"));
  if (about.kind !== "system") {
    head.actions(button("Send a message", () => send(name), "change"), button("Edit", () => change(about, reload), "change"),
      button("Delete", () => end(name), "danger change"));
  }
  const facts = el("div", {});
  const rights = (of) => [of.perm.read ? "read" : "", of.perm.write ? "write" : ""].filter(Boolean).join(", ") || "nothing";
  const queues = (of) => (of.read_queues === of.write_queues ? number(of.read_queues) : `${of.read_queues} to read, ${of.write_queues} to write`);
  function show(items, of) {
    const attributes = Object.entries(of.attributes).map(([key, value]) => el("div", {}, `${key} = ${value}`));
    facts.replaceChildren(cards([
      ["Messages", count(of.messages)],
      ["In, per second", rate(of.rate_in)],
      ["Queues", queues(of)],
      ["Clients may", rights(of)],
      ["In order", of.order ? "yes" : "no"],
      ["Attributes", attributes.length > 0 ? attributes : "none"],
    ]));
    return table("Queues", [
      ["Queue", (queue) => link(`/messages?topic=${enc(name)}&by=offset&queue=${queue.queue}`, queue.queue)],
      ["First offset", (queue) => number(queue.min), "number extra"],
      ["Next offset", (queue) => number(queue.max), "number"],
      ["Messages", (queue) => count(queue.max - queue.min), "number"],
    ], items, "It has no queues.");
  }
  const groups = (items) => table("Groups that consume it", [
    ["Group", (of) => link(`/groups/${enc(of.group)}?topic=${enc(name)}`, of.group)],
    ["Members", (of) => (of.members > 0 ? number(of.members) : badge("offline")), "number"],
    ["Behind", (of) => count(of.lag), "number"],
  ], items, "No group has consumed it yet.");
  return [
    facts,
    el("h2", {}, "Queues"),
    pages((after) => get(path, { after }, signal), show),
    el("h2", {}, "Groups"),
    pages((after) => get(`${path}/groups`, { after }, signal), groups),
  ];
}

function change(about, reload) {
  const queues = Math.max(about.read_queues, about.write_queues);
  const known = about.attributes["message.type"] ?? "";
  const asked = ask(`Edit ${about.name}`, [
    field("Queues", "queues", { kind: "number", min: 1, max: 1024, value: queues, required: true, hint: "Fewer: the messages of the others are kept, but not consumed." }),
    typeField("any"),
    field("Clients may read", "read", { kind: "checkbox", checked: about.perm.read }),
    field("Clients may write", "write", { kind: "checkbox", checked: about.perm.write }),
    field("Messages are in order", "order", { kind: "checkbox", checked: about.order }),
  ], "Save", async (values) => {
    const [read, write, order] = ["read", "write", "order"].map((of) => of in values);
    const changes = { read, write, order };
    if (Number(values.queues) !== queues) changes.queues = Number(values.queues);
    if (values.type !== known) changes.attributes = { "message.type": values.type || null };
    await edit(`/topics/${enc(about.name)}`, changes);
    say(`The topic ${about.name} was changed.`);
    reload();
  });
  asked.elements.type.value = known;
}

function end(name) {
  ask(`Delete ${name}?`, [
    el("p", {}, "Its messages, and the offsets of all groups in it, are lost."),
    field("Name of the topic, to confirm", "confirm", { required: true, autocomplete: "off", spellcheck: "false" }),
  ], "Delete", async (values) => {
    if (values.confirm !== name) throw new Error("This is not the name of the topic.");
    await remove(`/topics/${enc(name)}`);
    say(`The topic ${name} was deleted.`);
    location.hash = "/topics";
  }, true);
}

/** Asks for a message to send; `like` has values to begin with. */
export function send(name, like = {}) {
  const asked = ask(`Send a message to ${name}`, [
    field("Body", "body", { kind: "area", spellcheck: "false" }),
    field("Tag", "tag", { value: like.tag ?? "", autocomplete: "off" }),
    field("Keys", "keys", { value: like.keys ?? "", autocomplete: "off", hint: "Separated by spaces" }),
    field("Properties", "properties", { kind: "area", spellcheck: "false", hint: "One NAME=VALUE per line" }),
  ], "Send", async ({ tag, keys, properties: lines, body }) => {
    const properties = {};
    for (const line of lines.split("\n").map((text) => text.trim()).filter(Boolean)) {
      const at = line.indexOf("=");
      if (at < 1) throw new Error(`A property is NAME=VALUE, not ${line}`);
      properties[line.slice(0, at)] = line.slice(at + 1);
    }
    const sent = await post("/messages", { topic: name, tag, keys, properties, body });
    say(`Stored in queue ${sent.queue} at offset ${sent.offset}.`);
  });
  asked.elements.body.value = like.body ?? "";
  asked.elements.properties.value = like.properties ?? "";
}
