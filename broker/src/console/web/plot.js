// Plots in SVG, made with DOM calls.

const svg = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

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

export const values = (samples, name) => samples.map((sample) => [sample.at, sample[name]]);

/** A plot with a title. Its `show(points)` draws [time, value] pairs, `format` writes values. */
export function plot(title, format) {
  const [width, height] = [300, 100];
  const drawing = svg("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" });
  const base = svg("line", { x1: 0, x2: width, y1: height - 1, y2: height - 1 });
  const curve = svg("polyline", {});
  drawing.append(base, curve);
  const [caption, now] = [document.createElement("figcaption"), document.createElement("span")];
  caption.append(title, now);
  const figure = document.createElement("figure");
  figure.append(caption, drawing);
  figure.show = (points) => {
    if (points.length === 0) return;
    const max = Math.max(...points.map(([, value]) => value), 0);
    const [first, last] = [points[0][0], points[points.length - 1][0]];
    const x = (at) => ((at - first) / Math.max(1, last - first)) * width;
    const y = (value) => height - 2 - (value / (max || 1)) * (height - 6);
    curve.setAttribute("points", points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
    const text = `now ${format(points[points.length - 1][1])}, at most ${format(max)}`;
    now.textContent = text;
    drawing.setAttribute("aria-label", `${title}: ${text}`);
  };
  return figure;
}
