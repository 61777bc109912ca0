// Messages: searches, and one of them.

import { enc, get, post } from "./api.js";
import { ask, bytes, button, cards, el, field, form, link, number, pages, say, table, time } from "./dom.js";

const KINDS = [["offset", "by offset"], ["time", "by time"], ["key", "by key, or the producer's id"], ["tag", "by tag"], ["id", "by the broker's id"]];

export async function messages({ params, signal }) {
  const by = params.get("by") ?? "offset";
  const [topic, queue, value] = ["topic", "queue", "value"].map((name) => params.get(name) ?? "");
  const search = form([
    field("Topic", "topic", { value: topic }),
    field("Find", "by", { options: KINDS }),
    field("Queue", "queue", { value: queue || "0", kind: "number", min: 0 }),
    field("Offset, time, key, tag or id", "value", { value, placeholder: "2026-01-31 12:00" }),
    el("button", { class: "main" }, "Search"),
  ], (values) => {
    const id = values.value.trim();
    if (values.by === "id") location.hash = `/messages/${enc(id)}`;
    else location.hash = `/messages?${new URLSearchParams(values)}`;
  }, { class: "row" });
  search.elements.by.value = by;
  if (!topic) return [search, el("p", { class: "empty" }, "Choose a topic, or search for the id that the broker gave a message.")];
  const query = { topic };
  if (by === "key" || by === "tag") query[by] = value;
  else query.queue = queue || "0";
  if (by === "offset" && value) query.offset = value;
  if (by === "time" && value) {
    const at = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
    if (Number.isNaN(at)) throw new Error(`${value} is no time`);
    query.time = at;
  }
  return [search, pages((after) => get("/messages", { ...query, after }, signal), list)];
}

const list = (items) => table("Messages", [
  ["Offset", (of) => link(`/messages/${of.id}`, `${of.queue} / ${of.offset}`), "number"],
  ["Stored", (of) => time(of.stored)],
  ["Tag", (of) => of.tag ?? "–"],
  ["Keys", (of) => of.keys ?? "–"],
  ["Size", (of) => bytes(of.body_bytes), "number"],
  ["Body", (of) => (of.compressed ? "compressed" : preview(decode(of.body_base64)))],
], items, "No message was found.");

const decode = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const asText = (data) => new TextDecoder().decode(data);

function preview(data) {
  const text = asText(data.slice(0, 400));
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function asJson(data) {
  try {
    return JSON.stringify(JSON.parse(asText(data)), null, 2);
  } catch {
    return "This is not JSON.";
  }
}

function asHex(data) {
  const lines = [];
  for (let at = 0; at < Math.min(data.length, 65536); at += 16) {
    const row = [...data.slice(at, at + 16)];
    const digits = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(47);
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${digits}  ${text}`);
  }
  return lines.join("\n");
}

/** Inflates a body that its producer has compressed with zlib; others stay as they are. */
async function inflate(of) {
  const data = decode(of.body_base64);
  // Bits 8 to 10 name the way: 3 and, in old clients, 0 are zlib.
  if (!of.compressed || of.body_cut || ![0, 3].includes((of.sys_flag >> 8) & 7)) return data;
  try {
    const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    const parts = [];
    // At most 1 MiB of it is shown.
    for (let size = 0; size < 1048576;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.length;
    }
    reader.cancel().catch(() => {});
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } catch {
    return data;
  }
}

export async function message({ name, signal }) {
  const of = await get(`/messages/${enc(name)}`, {}, signal);
  const data = await inflate(of);
  const body = el("pre", { tabindex: "0", "aria-label": "Body" });
  const views = { Text: asText, JSON: asJson, Hex: asHex };
  const buttons = Object.entries(views).map(([title, view]) => button(title, (event) => choose(event.target, view)));
  function choose(chosen, view) {
    body.textContent = view(data);
    for (const each of buttons) each.setAttribute("aria-pressed", each === chosen ? "true" : "false");
  }
  choose(buttons[0], asText);
  const properties = Object.entries(of.properties);
  const track = (items) => table("Groups of the topic", [
    ["Group", (group) => link(`/groups/${enc(group.group)}`, group.group)],
    ["Has consumed it", (group) => (group.consumed ? "yes" : "no")],
    ["Its offset", (group) => number(group.offset), "number"],
    ["Has members", (group) => (group.online ? "yes" : "no")],
  ], items, "No group consumes the topic.");
  const actions = [];
  if (of.topic.startsWith("%DLQ%")) {
    actions.push(button("Send again", () => ask("Send the dead letter again?", [
      el("p", {}, "A copy goes to its first topic. All groups of that topic get it."),
    ], "Send again", async () => {
      const sent = await post(`/messages/${enc(name)}/resend`);
      say(`Stored in queue ${sent.queue} at offset ${sent.offset}.`);
    })));
  }
  return [
    el("p", { class: "actions" }, actions),
    cards([
      ["Topic", link(`/topics/${enc(of.topic)}`, of.topic)],
      ["Queue, offset", `${of.queue}, ${of.offset}`],
      ["Stored", time(of.stored)],
      ["Created", time(of.born)],
      ["Sender", of.born_host],
      ["Size", bytes(of.body_bytes)],
      ["Retries", number(of.reconsume_times)],
    ]),
    el("h2", {}, of.body_cut ? "Body, its first part" : "Body"),
    el("p", { class: "actions" }, buttons),
    body,
    table("Properties", [["Name", (of) => of[0]], ["Value", (of) => of[1]]], properties, "It has no properties."),
    el("h2", {}, "Consumers"),
    pages((after) => get(`/messages/${enc(name)}/track`, { after }, signal), track),
  ];
}
