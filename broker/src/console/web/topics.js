// Topics: the list, one of them, its creation and its end.

import { enc, get, post, remove } from "./api.js";
import { ask, button, cards, el, field, form, link, number, pages, say, table } from "./dom.js";

export async function topics({ params, signal, reload }) {
  const prefix = params.get("prefix") ?? "";
  const search = form([
    field("Name begins with", "prefix", { value: prefix, kind: "search" }),
    el("button", {}, "Search"),
    button("New topic", () => create(reload), "main"),
  ], (values) => { location.hash = `/topics?prefix=${enc(values.prefix)}`; }, { class: "row" });
  const show = (items) => table("Topics", [
    ["Name", (of) => link(`/topics/${enc(of.name)}`, of.name)],
    ["Queues", (of) => number(Math.max(of.read_queues, of.write_queues)), "number"],
    ["Messages", (of) => number(of.messages), "number"],
    ["In, per second", (of) => of.rate_in.toFixed(1), "number"],
    ["Kind", (of) => (of.system ? "of the broker" : "")],
  ], items, "There is no such topic.");
  return [search, pages((after) => get("/topics", { prefix, after }, signal), show)];
}

function create(reload) {
  const kinds = ["NORMAL", "FIFO", "DELAY", "TRANSACTION", "PRIORITY", "UNSPECIFIED"];
  ask("New topic", [
    field("Name", "name", { required: true, maxlength: 127 }),
    field("Queues", "queues", { kind: "number", min: 1, max: 1024, value: 4, required: true }),
    field("Kind of messages", "message_type", { options: [["", "any"], ...kinds.map((kind) => [kind, kind])] }),
  ], "Create", async ({ name, queues, message_type: kind }) => {
    await post("/topics", { name, queues: Number(queues), ...(kind ? { message_type: kind } : {}) });
    say(`The topic ${name} was created.`);
    reload();
  });
}

export async function topic({ name, signal }) {
  const path = `/topics/${enc(name)}`;
  const about = await get(path, { page_size: 1 }, signal);
  const rights = [about.perm.read ? "read" : "", about.perm.write ? "write" : ""].filter(Boolean).join(", ");
  const attributes = Object.entries(about.attributes).map(([key, value]) => `${key}=${value}`).join(", ");
  const end = () => ask(`Delete ${name}?`, [
    el("p", {}, "Its messages, and the offsets of all groups in it, are lost."),
    field("Name of the topic", "confirm", { required: true, autocomplete: "off" }),
  ], "Delete", async (values) => {
    if (values.confirm !== name) throw new Error("this is not the name of the topic");
    await remove(path);
    say(`The topic ${name} was deleted.`);
    location.hash = "/topics";
  }, true);
  const actions = [link(`/messages?topic=${enc(name)}`, "Messages")];
  if (!about.system) actions.push(button("Send a message", () => send(name)), button("Delete", end, "danger"));
  const show = (items) => table("Queues", [
    ["Queue", (of) => link(`/messages?topic=${enc(name)}&queue=${of.queue}`, of.queue), "number"],
    ["First offset", (of) => number(of.min), "number"],
    ["Next offset", (of) => number(of.max), "number"],
    ["Messages", (of) => number(of.max - of.min), "number"],
  ], items, "It has no queues.");
  return [
    el("p", { class: "actions" }, actions),
    cards([
      ["Messages", number(about.messages)],
      ["Queues to read, write", `${about.read_queues}, ${about.write_queues}`],
      ["Clients may", rights || "nothing"],
      ["In order", about.order ? "yes" : "no"],
      ["Attributes", attributes || "–"],
    ]),
    pages((after) => get(path, { after }, signal), show),
  ];
}

export function send(name) {
  ask(`Send a message to ${name}`, [
    field("Tag", "tag"),
    field("Keys, separated by spaces", "keys"),
    field("Properties, one NAME=VALUE per line", "properties", { kind: "area" }),
    field("Body", "body", { kind: "area" }),
  ], "Send", async ({ tag, keys, properties: lines, body }) => {
    const properties = {};
    for (const line of lines.split("\n").map((text) => text.trim()).filter(Boolean)) {
      const at = line.indexOf("=");
      if (at < 1) throw new Error(`a property is NAME=VALUE, not ${line}`);
      properties[line.slice(0, at)] = line.slice(at + 1);
    }
    const sent = await post("/messages", { topic: name, tag, keys, properties, body });
    say(`Stored in queue ${sent.queue} at offset ${sent.offset}.`);
  });
}
