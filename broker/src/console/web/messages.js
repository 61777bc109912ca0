// Messages: searches, and one of them.

import { enc, get, post } from "./api.js";
import { ask, badge, button, bytes, cards, count, el, empty, exact, field, form, link, number, pages, say, table, typed, when } from "./dom.js";
import { send } from "./topics.js";

const KINDS = [["newest", "the newest"], ["offset", "from an offset"], ["time", "from a time"], ["key", "with a key"], ["tag", "with a tag"], ["id", "with an id"]];

/** The fields of each kind of search, with the values that the page has. */
const FIELDS = {
  newest: () => [],
  offset: (queue, value) => [queueField(queue), field("Offset", "value", { kind: "number", min: 0, value, placeholder: "first" })],
  time: (queue, value) => [queueField(queue), field("Time", "value", { kind: "datetime-local", step: 1, value, required: true })],
  key: (_, value) => [field("Key, or the producer's id", "value", { value, required: true, autocomplete: "off", spellcheck: "false" })],
  tag: (_, value) => [field("Tag", "value", { value, required: true, autocomplete: "off", spellcheck: "false" })],
  id: (_, value) => [field("Id of the broker", "value", { value, required: true, autocomplete: "off", spellcheck: "false" })],
};

const queueField = (value) => field("Queue", "queue", { kind: "number", min: 0, value: value || "0", required: true });

export async function messages({ params, signal, reload, head }) {
  const [topic, queue, value] = ["topic", "queue", "value"].map((name) => params.get(name) ?? "");
  const by = params.get("by") in FIELDS ? params.get("by") : "newest";
  const names = el("datalist", { id: "topics" });
  const more = el("div", { class: "row" });
  const search = form([
    field("Topic", "topic", { value: topic, list: "topics", autocomplete: "off", spellcheck: "false" }), names,
    field("Find", "by", { options: KINDS }),
    more,
    el("button", { class: "main" }, "Search"),
  ], (values) => {
    const hash = values.by === "id" ? `#/messages/${enc(values.value.trim())}` : `#/messages?${new URLSearchParams(values)}`;
    if (location.hash === hash) reload();
    else location.hash = hash;
  }, { class: "row", role: "search" });
  const { topic: input, by: kind } = search.elements;
  function choose() {
    const own = kind.value === by;
    more.replaceChildren(...FIELDS[kind.value](queue, own ? value : ""));
    input.required = kind.value !== "id";
  }
  kind.value = by;
  kind.addEventListener("change", choose);
  choose();
  typed(input, () => suggest().catch(() => {}));
  async function suggest() {
    const found = await get("/topics", { contains: input.value.trim(), page_size: 20 }, signal);
    names.replaceChildren(...found.items.map((of) => el("option", { value: of.name })));
  }
  suggest().catch(() => {});
  if (!topic) return [search, empty("Choose a topic to look at its messages.", el("p", {}, "Or search for the id that the broker gave a message."))];
  if (!topic.startsWith("%")) head.actions(button("Send a message", () => send(topic), "change"));
  const query = { topic };
  if (by === "newest") query.newest = true;
  if (by === "key" || by === "tag") query[by] = value;
  if (by === "offset" || by === "time") query.queue = queue || "0";
  if (by === "offset") query.offset = value;
  if (by === "time") {
    query.time = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
    if (Number.isNaN(query.time)) return [search, empty(`${value || "This"} is no time.`)];
  }
  const load = (after) => get("/messages", { ...query, after }, signal);
  return [search, pages(load, (items, answer) => found(items, answer, by), { live: false })];
}

const BOUNDS = { newest: "The newest messages of all queues.", key: "The newest messages with this key.", tag: "The newest messages with this tag." };

function found(items, answer, by) {
  const bounds = answer.max > answer.min ? `The queue has the offsets ${number(answer.min)} to ${number(answer.max - 1)}.` : "The queue is empty.";
  return el("div", {}, el("p", { class: "hint" }, BOUNDS[by] ?? bounds), table("Messages", [
    ["Queue / offset", (of) => link(`/messages/${of.id}`, `${of.queue} / ${of.offset}`)],
    ["Stored", (of) => when(of.stored), "short"],
    ["Tag", (of) => (of.tag ? badge(of.tag) : "–"), "cut extra"],
    ["Keys", (of) => of.keys ?? "–", "cut extra"],
    ["Size", (of) => bytes(of.body_bytes), "number extra"],
    ["Body", (of) => (of.compressed ? "compressed" : asText(decode(of.body_base64).slice(0, 300))), "text"],
  ], items, "No message was found."));
}

const decode = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const asText = (data) => new TextDecoder().decode(data);

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
  if (data.length > 65536) lines.push(`The other ${number(data.length - 65536)} bytes are not shown.`);
  return lines.join("\n");
}

/** Returns the view that fits these bytes best. */
function viewOf(data) {
  const text = asText(data);
  if (/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text)) return "Hex";
  return /^\s*[[{]/.test(text) && asJson(data) !== "This is not JSON." ? "JSON" : "Text";
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

const VIEWS = { Text: asText, JSON: asJson, Hex: asHex };

export async function message({ name, signal, head }) {
  const of = await get(`/messages/${enc(name)}`, {}, signal);
  const data = await inflate(of);
  head.title(`Message ${number(of.offset)} of queue ${of.queue}`, [`/messages?topic=${enc(of.topic)}`, of.topic]);
  const body = el("pre", { tabindex: "0", role: "region", "aria-label": "Body" });
  const buttons = Object.keys(VIEWS).map((title) => button(title, () => choose(title)));
  function choose(chosen) {
    body.textContent = VIEWS[chosen](data);
    for (const each of buttons) each.setAttribute("aria-pressed", String(each.textContent === chosen));
  }
  choose(viewOf(data));
  const tools = [el("span", { class: "choice", role: "group", "aria-label": "View" }, buttons)];
  if (navigator.clipboard) {
    tools.push(button("Copy", () => navigator.clipboard.writeText(body.textContent).then(() => say("The body was copied."), () => say("The browser does not allow it."))));
  }
  head.actions(link(`/messages?${new URLSearchParams({ topic: of.topic, by: "offset", queue: of.queue, value: of.offset })}`, "Messages after it", "button"));
  if (of.topic.startsWith("%DLQ%")) head.actions(button("Send again", () => again(of, name), "main change"));
  else if (!of.topic.startsWith("%") && viewOf(data) !== "Hex" && !of.body_cut) head.actions(button("Send a copy", () => send(of.topic, copy(of, data)), "change"));
  const track = (items) => table("Groups of the topic", [
    ["Group", (group) => link(`/groups/${enc(group.group)}?topic=${enc(of.topic)}`, group.group)],
    ["Message", (group) => (group.consumed ? badge("consumed", "good") : badge("not yet", "warn"))],
    ["Its offset", (group) => number(group.offset), "number"],
    ["Group is", (group) => (group.online ? "online" : "offline"), "extra"],
  ], items, "No group consumes the topic.");
  const size = [bytes(of.body_bytes), of.compressed ? " compressed" : "", data.length > of.body_bytes ? `, ${bytes(data.length)} inflated` : ""].join("");
  return [
    cards([
      ["Topic", link(`/topics/${enc(of.topic)}`, of.topic)],
      ["Stored", when(of.stored), exact(of.stored)],
      ["Created", when(of.born), exact(of.born)],
      ...(of.born_host.startsWith("0.0.0.0") ? [] : [["Sender", of.born_host]]),
      ["Tag", of.tag ?? "–"],
      ["Keys", of.keys ?? "–"],
      ["Retries", count(of.reconsume_times)],
    ]),
    el("h2", {}, of.body_cut ? "Body, its first part" : "Body", " ", el("small", {}, size)),
    el("p", { class: "actions" }, tools),
    body,
    el("h2", {}, "Consumers"),
    pages((after) => get(`/messages/${enc(name)}/track`, { after }, signal), track),
    el("h2", {}, "Properties"),
    table("Properties", [
      ["Name", ([key]) => el("code", {}, key)],
      ["Value", ([, text]) => text],
    ], [["id", of.id], ...Object.entries(of.properties)]),
  ];
}

function again(of, name) {
  ask("Send the dead letter again?", [
    el("p", {}, "A copy goes to its first topic. All groups of that topic get it."),
  ], "Send again", async () => {
    const sent = await post(`/messages/${enc(name)}/resend`);
    say(`Stored in queue ${sent.queue} at offset ${sent.offset}.`);
  });
}

/** Properties that a copy gets anew. */
const OWN = ["TAGS", "KEYS", "UNIQ_KEY", "WAIT", "CLUSTER", "MSG_REGION", "TRACE_ON", "TRAN_MSG", "PGROUP"];

const copy = (of, data) => ({
  tag: of.tag,
  keys: of.keys,
  body: asText(data),
  properties: Object.entries(of.properties).filter(([key]) => !OWN.includes(key)).map(([key, value]) => `${key}=${value}`).join("\n"),
});
