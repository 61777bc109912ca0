// Groups of consumers: the list, one of them, resets of its offsets, and its end.

import { enc, get, post, remove } from "./api.js";
import { ask, badge, button, cards, count, el, empty, field, form, link, number, pages, say, table, typed } from "./dom.js";

const behind = (lag) => (lag > 0 ? el("strong", {}, count(lag)) : count(lag));

export async function groups({ params, signal }) {
  const search = form([
    field("Name contains", "part", { value: params.get("contains") ?? "", kind: "search", autocomplete: "off", spellcheck: "false" }),
    field("Groups", "kind", { options: [["application", "of applications"], ["system", "of the broker"], ["all", "all"]] }),
  ], () => filter(), { class: "row", role: "search" });
  const { part, kind } = search.elements;
  kind.value = params.get("kind") ?? "application";
  const none = () => (part.value || kind.value !== "application" ? empty("No group matches.")
    : empty("There is no group yet.", el("p", {}, "A group is there as soon as its first consumer is.")));
  const show = (items) => table("Groups of consumers", [
    ["Name", (of) => link(`/groups/${enc(of.name)}`, of.name)],
    ["Members", (of) => (of.members > 0 ? number(of.members) : badge("offline")), "number"],
    ["Behind", (of) => behind(of.lag), "number"],
    ["Dead letters", (of) => (of.dead_letters > 0 ? link(`/messages?topic=${enc(`%DLQ%${of.name}`)}`, count(of.dead_letters)) : "0"), "number"],
  ], items, none());
  const list = pages((after) => get("/groups", { contains: part.value.trim(), kind: kind.value === "all" ? "" : kind.value, after }, signal), show);
  function filter() {
    history.replaceState(null, "", `#/groups?${new URLSearchParams({ contains: part.value.trim(), kind: kind.value })}`);
    list.restart();
  }
  typed(part, filter);
  kind.addEventListener("change", filter);
  return [search, list];
}

const MODELS = { CLUSTERING: "share messages", BROADCASTING: "each get all" };

export async function group({ name, params, signal, reload, head }) {
  const path = `/groups/${enc(name)}`;
  const first = await get(path, { page_size: 1 }, signal);
  head.actions(button("Delete", () => end(first, name), "danger change"));
  const facts = el("div", {});
  const here = (topic) => `/groups/${enc(name)}?topic=${enc(topic)}`;
  function topics(items, of) {
    const dead = of.dead_letters;
    facts.replaceChildren(cards([
      ["Members", number(of.member_count), MODELS[of.model]],
      ["Dead letters", dead?.messages > 0 ? link(`/messages?topic=${enc(dead.topic)}`, count(dead.messages)) : "0"],
      ["Retries", of.settings.retryMaxTimes >= 0 ? `at most ${number(of.settings.retryMaxTimes)}` : "as consumers say"],
      ["May consume", of.settings.consumeEnable ? "yes" : "no"],
      ["Consumers", of.consume_type === "CONSUME_PASSIVELY" ? "push" : of.consume_type ? "pull" : "–"],
    ]));
    return table("Topics", [
      ["Topic", (topic) => link(`/topics/${enc(topic.topic)}`, topic.topic)],
      ["Subscription", (topic) => (topic.subscription === null ? "–" : el("code", {}, topic.subscription)), "extra"],
      ["Behind", (topic) => behind(topic.lag), "number"],
      ["", (topic) => el("span", { class: "tools" }, link(here(topic.topic), "Queues", "button small"),
        el("button", { type: "button", class: "small change", "aria-label": `Reset in ${topic.topic}`, click: () => reset(name, topic.topic, reload) }, "Reset"))],
    ], items, "It has consumed nothing yet.");
  }
  const members = (items) => table("Members", [
    ["Client", (member) => member.id],
    ["Address", (member) => member.address],
    ["Language", (member) => member.language, "extra"],
    ["Version", (member) => member.version, "extra"],
  ], items, "No member is connected.");
  const contents = [facts, el("h2", {}, "Topics"), pages((after) => get(path, { after }, signal), topics)];
  const topic = params.get("topic");
  if (topic) {
    const lag = (items) => table(`Queues of ${topic}`, [
      ["Queue", (queue) => queue.queue],
      ["Group's offset", (queue) => number(queue.offset), "number"],
      ["Next offset", (queue) => number(queue.max), "number extra"],
      ["Behind", (queue) => behind(queue.lag), "number"],
    ], items, "The topic has no queues.");
    contents.push(el("h2", {}, `Queues of ${topic}`), pages((after) => get(`${path}/lag`, { topic, after }, signal), lag));
  }
  const settings = Object.entries(first.settings).filter(([, value]) => value !== null && typeof value !== "object");
  contents.push(el("h2", {}, "Members"), pages((after) => get(`${path}/members`, { after }, signal), members),
    el("details", {}, el("summary", {}, "All settings"), table("Settings of the group", [
      ["Name", ([key]) => el("code", {}, key)],
      ["Value", ([, value]) => String(value)],
    ], settings, "It has no settings.")));
  return contents;
}

function end(of, name) {
  ask(`Delete ${name}?`, [
    el("p", {}, "Its settings and its offsets in all topics are lost. Its retries and dead letters are kept."),
    of.member_count > 0 ? el("p", { class: "error" }, "It has members: with their next heartbeat it is there again, and begins anew.") : null,
    field("Name of the group, to confirm", "confirm", { required: true, autocomplete: "off", spellcheck: "false" }),
  ].filter(Boolean), "Delete", async (values) => {
    if (values.confirm !== name) throw new Error("This is not the name of the group.");
    await remove(`/groups/${enc(name)}`);
    say(`The group ${name} was deleted.`);
    location.hash = "/groups";
  }, true);
}

const WAYS = [["end", "to the end"], ["start", "to the start"], ["time", "to a time"], ["offset", "to an offset in one queue"]];

function reset(group, topic, reload) {
  const more = el("div", { class: "fields" });
  const asked = ask(`Reset ${group}`, [
    el("p", {}, "The group goes on from there in ", el("strong", {}, topic), ". It gets messages again, or not at all."),
    field("Where", "where", { options: WAYS }),
    more,
  ], "Reset", async ({ where, time, queue, offset }) => {
    const change = { topic };
    if (where === "end") change.time = -1;
    else if (where === "start") change.time = 0;
    else if (where === "time") change.time = new Date(time).getTime();
    else Object.assign(change, { queue: Number(queue), offset: Number(offset) });
    const done = await post(`/groups/${enc(group)}/reset`, change);
    const number = done.items.length;
    say(number === 1 ? `Reset in one queue of ${topic}.` : `Reset in ${number} queues of ${topic}.`);
    reload();
  }, true);
  const { where } = asked.elements;
  where.addEventListener("change", () => {
    const fields = {
      time: [field("Time", "time", { kind: "datetime-local", required: true, step: 1 })],
      offset: [field("Queue", "queue", { kind: "number", min: 0, value: 0, required: true }),
        field("Offset", "offset", { kind: "number", min: 0, required: true })],
    };
    more.replaceChildren(...(fields[where.value] ?? []));
  });
}
