'use strict';

/** Returns a number from 0 to 1, always the same one for a text. */
function chance(text) {
  let hash = 7;
  for (const char of text) hash = (hash * 31 + char.charCodeAt(0)) % 1009;
  return hash / 1009;
}

/** Five minutes of a shop's day, one sample per second: the same ones each time. */
function samples(end) {
  const all = [];
  let sum = { messages_in: 4_200_000, bytes_in: 5_100_000_000, messages_out: 8_300_000, bytes_out: 10_060_000_000, stored_bytes: 3_600_000_000 };
  for (let second = 0; second < 300; second += 1) {
    const wave = 1 + 0.35 * Math.sin(second / 23) + 0.15 * Math.sin(second / 5.3) + 0.1 * chance(`${second}`);
    const burst = second > 190 && second < 205 ? 1.7 : 1;
    const [into, out] = [Math.round(1400 * wave * burst), Math.round(2600 * (1 + 0.3 * Math.sin((second - 12) / 23) + 0.08 * chance(`o${second}`)))];
    sum = {
      messages_in: sum.messages_in + into, bytes_in: sum.bytes_in + into * 1210, messages_out: sum.messages_out + out, bytes_out: sum.bytes_out + out * 1210,
      stored_bytes: sum.stored_bytes + into * 1330 - (second === 120 ? 64 * 1024 * 1024 : 0),
    };
    all.push({ at: end - (299 - second) * 1000, ...sum, connections: 38 + Math.round(4 * Math.sin(second / 40)) + (second > 150 ? 5 : 0) });
  }
  return all;
}

/** Lets a page show figures of a broker with load, the same ones each time, in the shape of its answers. */
async function demo(page) {
  const end = Date.now();
  const all = samples(end);
  await page.route('**/api/v1/overview?*', async route => {
    const state = await (await route.fetch()).json();
    const since = Number(new URL(route.request().url()).searchParams.get('since'));
    Object.assign(state, {
      now: all.at(-1), samples: all.filter(sample => sample.at > since), uptime_ms: 273_900_000, topics: 148, groups: 37, memory_bytes: 61_500_000,
      disk: { total_bytes: 107_374_182_400, free_bytes: 66_571_993_088 }, address: '127.0.0.1:10911',
    });
    await route.fulfill({ json: state });
  });
  await page.route(/\/api\/v1\/topics(\/[^/?]+)?(\?.*)?$/, async route => {
    const response = await route.fetch();
    const answer = await response.json();
    for (const topic of [answer, ...(answer.items ?? [])].filter(of => of.kind === 'application')) {
      topic.rate_in = Math.round(chance(topic.name) * 4000) / 10;
      if (topic.name !== 'Orders') topic.messages = Math.round(chance(`m${topic.name}`) ** 4 * 9_000_000);
    }
    if (route.request().url().includes('busiest')) answer.items.sort((one, other) => other.rate_in - one.rate_in);
    await route.fulfill({ response, json: answer });
  });
}

module.exports = { demo };
