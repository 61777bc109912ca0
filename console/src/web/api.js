// Requests to the API. Whether the broker answers is told to one listener.

let onReachable = () => {};

export const reachable = (listener) => { onReachable = listener; };

export const enc = encodeURIComponent;

async function call(method, path, body, signal) {
  const options = { method, signal, headers: {} };
  if (method !== "GET") {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body ?? {});
  }
  let response;
  let text;
  try {
    response = await fetch(`/api/v1${path}`, options);
    text = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    onReachable(false);
    throw new Error("The server does not answer.");
  }
  onReachable(true);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`the answer is no JSON (status ${response.status})`);
  }
  if (!response.ok) throw new Error(value.error ?? `status ${response.status}`);
  return value;
}

/** Reads; parameters that are empty are left out. */
export function get(path, params = {}, signal = undefined) {
  const set = Object.entries(params).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const query = new URLSearchParams(set).toString();
  return call("GET", query ? `${path}?${query}` : path, undefined, signal);
}

export const post = (path, body) => call("POST", path, body);
export const edit = (path, body) => call("PATCH", path, body);
export const remove = (path) => call("DELETE", path);
