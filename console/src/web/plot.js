// Plots in SVG, made with DOM calls. Labels are HTML beside the drawing, which is stretched to its place.

import { el } from "./dom.js";

const svg = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

/** The time that a plot shows, in ms, and the size of its drawing. */
const SPAN = 300000;
const [WIDTH, HEIGHT] = [300, 100];

/** Returns the change per second between samples, as [time, value]. */
export function rates(samples, name) {
  const points = [];
  for (let at = 1; at < samples.length; at += 1) {
    const [old, now] = [samples[at - 1], samples[at]];
    const seconds = (now.at - old.at) / 1000;
    if (seconds > 0) points.push([now.at, Math.max(0, now[name] - old[name]) / seconds]);
  }
  return points;
}

/** Returns the change per second in the last 5 s. */
export function recent(samples, name) {
  const of = rates(samples.slice(-6), name);
  return of.reduce((sum, [, value]) => sum + value, 0) / Math.max(1, of.length);
}

export const values = (samples, name) => samples.map((sample) => [sample.at, sample[name]]);

/** Returns a round number that is at least this one: 1, 2 or 5 times a power of ten, in units of `base`. */
function round(value, base) {
  let unit = 1;
  while (base > 1 && value > unit * base * 0.999) unit *= base;
  const ten = 10 ** Math.floor(Math.log10(Math.max(value / unit, 1)));
  const step = [1, 2, 5, 10].find((of) => of * ten * unit >= value) ?? 10;
  return Math.min(step * ten, base > 1 ? base : Infinity) * unit;
}

/** A bar that is filled to a part. */
export function bar(part, label) {
  const filled = Math.max(0, Math.min(1, part)) * 100;
  const drawing = svg("svg", { class: part > 0.9 ? "bar full" : "bar", viewBox: "0 0 100 4", preserveAspectRatio: "none", role: "img", "aria-label": label });
  drawing.append(svg("rect", { class: "all", width: 100, height: 4 }), svg("rect", { class: "part", width: filled, height: 4 }));
  return drawing;
}

/**
 * A plot of the last minutes. `lines` are the names of its curves, `format` writes values; `base` 1024 makes
 * round numbers of bytes, `least` is the smallest height. Its `show(curves)` draws [time, value] pairs.
 */
export function plot(title, lines, format, { base = 1, least = 1 } = {}) {
  const drawing = svg("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  for (const part of [0, 0.5, 1]) drawing.append(svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: part * HEIGHT, y2: part * HEIGHT }));
  for (let minute = 1; minute < 5; minute += 1) {
    drawing.append(svg("line", { class: "grid", x1: minute * 60, x2: minute * 60, y1: 0, y2: HEIGHT }));
  }
  const curves = lines.map((_, at) => {
    const [area, line] = [svg("polygon", { class: `area of-${at}` }), svg("polyline", { class: `of-${at}` })];
    drawing.append(area, line);
    return { area, line };
  });
  const cursor = svg("line", { class: "cursor", y1: 0, y2: HEIGHT, visibility: "hidden" });
  drawing.append(cursor);
  const shown = lines.map(() => el("b", {}, "–"));
  const at = el("span", { class: "at" });
  const legend = el("p", { class: "legend" }, at, lines.map((name, of) => el("span", { class: `key of-${of}` }, `${name} `, shown[of])));
  const marks = [1, 0.5, 0].map(() => el("span", {}));
  const figure = el("figure", {}, el("figcaption", {}, title), legend, el("div", { class: "axes" },
    el("div", { class: "y", "aria-hidden": "true" }, marks), drawing,
    el("div", { class: "x", "aria-hidden": "true" }, ["5 min ago", "4 min", "3 min", "2 min", "1 min", "now"].map((text) => el("span", {}, text)))));

  let [drawn, now, under] = [[], 0, null];
  /** Writes the values at the pointer, or the last ones. */
  function write() {
    const time = under === null ? null : now - SPAN + under * SPAN;
    const near = (points) => (time === null ? points.at(-1) : points.findLast(([of]) => of <= time + 500));
    const found = drawn.map(near);
    shown.forEach((value, of) => { value.textContent = found[of] ? format(found[of][1]) : "–"; });
    at.textContent = time === null ? "" : new Date(time).toTimeString().slice(0, 8);
    cursor.setAttribute("visibility", time === null ? "hidden" : "visible");
    if (time !== null) for (const name of ["x1", "x2"]) cursor.setAttribute(name, under * WIDTH);
  }
  drawing.addEventListener("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    under = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    write();
  });
  drawing.addEventListener("pointerleave", () => { under = null; write(); });

  figure.show = (series) => {
    now = Math.max(...series.map((points) => points.at(-1)?.[0] ?? 0));
    drawn = series.map((points) => points.filter(([of]) => of >= now - SPAN));
    const most = Math.max(least, ...drawn.flat().map(([, value]) => value));
    const top = round(most, base);
    const x = (of) => (((of - now) / SPAN + 1) * WIDTH).toFixed(1);
    const y = (value) => ((1 - value / top) * HEIGHT).toFixed(1);
    drawn.forEach((points, of) => {
      const line = points.map(([time, value]) => `${x(time)},${y(value)}`);
      curves[of].line.setAttribute("points", line.join(" "));
      const ends = points.length > 0 ? [`${x(points[0][0])},${HEIGHT}`, ...line, `${x(points.at(-1)[0])},${HEIGHT}`] : [];
      curves[of].area.setAttribute("points", ends.join(" "));
    });
    [top, top / 2, 0].forEach((value, of) => { marks[of].textContent = format(value); });
    const said = drawn.map((points, of) => `${lines[of]} ${points.length > 0 ? format(points.at(-1)[1]) : "unknown"}`);
    drawing.setAttribute("aria-label", `${title}, now: ${said.join(", ")}; at most ${format(most)} in 5 minutes`);
    write();
  };
  return figure;
}
