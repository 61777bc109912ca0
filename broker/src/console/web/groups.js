// Groups of consumers: the list, one of them, and resets of its offsets.

import { enc, get, post } from "./api.js";
import { ask, button, cards, el, field, form, link, number, pages, say, table } from "./dom.js";

export async function groups({ params, signal }) {
  const prefix = params.get("prefix") ?? "";
  const search = form([
    field("Name begins with", "prefix", { value: prefix, kind: "search" }),
    el("button", {}, "Search"),
  ], (values) => { location.hash = `/groups?prefix=${enc(values.prefix)}`; }, { class: "row" });
  const show = (items) => table("Groups of consumers", [
    ["Name", (of) => link(`/groups/${enc(of.name)}`, of.name)],
    ["Members", (of) => number(of.members), "number"],
  ], items, "There is no such group.");
  return [search, pages((after) => get("/groups", { prefix, after }, signal), show)];
}

export async function group({ name, params, signal, reload }) {
  const path = `/groups/${enc(name)}`;
  const of = await get(path, { page_size: 1 }, signal);
  const dead = of.dead_letters;
  const here = (topic) => `/groups/${enc(name)}?topic=${enc(topic)}`;
  const topics = (items) => table("Topics", [
    ["Topic", (topic) => link(`/topics/${enc(topic.topic)}`, topic.topic)],
    ["Lag", (topic) => link(here(topic.topic), number(topic.lag)), "number"],
    ["Subscription", (topic) => topic.subscription ?? "–"],
    ["", (topic) => button(`Reset in ${topic.topic}`, () => reset(name, topic.topic, reload))],
  ], items, "The group has consumed nothing.");
  const members = table("Members", [
    ["Client", (member) => member.id],
    ["Address", (member) => member.address],
    ["Language", (member) => member.language],
    ["Version", (member) => member.version],
  ], of.members, "The group has no members.");
  const contents = [
    cards([
      ["Members", number(of.member_count)],
      ["Model", of.model ?? "–"],
      ["Dead letters", dead ? link(`/messages?topic=${enc(dead.topic)}`, number(dead.messages)) : "0"],
      ["Retries, at most", number(of.settings.retryMaxTimes)],
      ["May consume", of.settings.consumeEnable ? "yes" : "no"],
    ]),
    el("h2", {}, "Topics"),
    pages((after) => get(path, { after }, signal), topics),
    el("h2", {}, "Members"),
    members,
  ];
  const topic = params.get("topic");
  if (topic) {
    const lag = (items) => table(`Queues of ${topic}`, [
      ["Queue", (queue) => queue.queue, "number"],
      ["Offset of the group", (queue) => number(queue.offset), "number"],
      ["Next offset", (queue) => number(queue.max), "number"],
      ["Lag", (queue) => number(queue.lag), "number"],
    ], items, "There are no queues.");
    contents.splice(1, 0, el("h2", {}, `Lag in ${topic}`),
      pages((after) => get(`${path}/lag`, { topic, after }, signal), lag));
  }
  return contents;
}

function reset(group, topic, reload) {
  const ways = [["end", "to the end"], ["time", "to a time, all queues"], ["offset", "to an offset, one queue"]];
  ask(`Reset ${group} in ${topic}`, [
    el("p", {}, "The group goes on from there with its next pull. Messages may be consumed again, or not at all."),
    field("Where", "where", { options: ways }),
    field("Time", "time", { kind: "datetime-local" }),
    field("Queue", "queue", { kind: "number", min: 0 }),
    field("Offset", "offset", { kind: "number", min: 0 }),
  ], "Reset", async (values) => {
    const change = { topic };
    if (values.where === "end") change.time = -1;
    if (values.where === "time") {
      if (!values.time) throw new Error("choose a time");
      change.time = new Date(values.time).getTime();
    }
    if (values.where === "offset") {
      if (values.queue === "" || values.offset === "") throw new Error("choose a queue and an offset");
      change.queue = Number(values.queue);
      change.offset = Number(values.offset);
    }
    const done = await post(`/groups/${enc(group)}/reset`, change);
    say(`${done.items.length} queues were reset.`);
    reload();
  }, true);
}
