// How the pages look: no contrast that is too low, nothing beside the window at the width of a phone; and the pictures of the documents.
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const axe = require('axe-core').source;
const { Broker } = require('./support/broker');
const { Client } = require('./support/client');
const { demo } = require('./support/demo');
const { go, loaded, open, withBrowser } = require('./support/browser');
const { seed } = require('./support/seed');

withBrowser();
let broker;
let client;
let pages;
const folder = process.env.SCREENSHOTS ?? fs.mkdtempSync(path.join(os.tmpdir(), 'console-'));
before(async () => {
  broker = await Broker.start();
  const seeded = await seed(broker);
  client = seeded.client;
  pages = {
    overview: '/',
    topics: '/topics',
    topic: '/topics/Orders',
    messages: '/messages?topic=Orders',
    message: `/messages/${seeded.sent[1].id}`,
    groups: '/groups',
    group: '/groups/billing?topic=Orders',
    connections: '/connections',
    settings: '/settings',
  };
});
after(async () => {
  client?.close();
  if (!process.env.SCREENSHOTS) fs.rmSync(folder, { recursive: true });
});

/** Asserts that axe, which knows the rules of WCAG 2.2 AA, finds nothing. */
async function accessible(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'],
  }));
  const text = violations.map(of => `${of.id}: ${of.help}\n${of.nodes.slice(0, 3).map(node => `  ${node.html}\n  ${node.failureSummary}`).join('\n')}`);
  assert.equal(text.join('\n'), '', `${name} is accessible`);
}

/** Asserts that the page is not wider than the window. */
async function fits(page, name) {
  const [wide, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(wide <= window_, `${name} is ${wide} pixels wide, of ${window_}`);
}

async function picture(page, name) {
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

for (const [kind, width, height, scheme] of [['light', 1280, 800, 'light'], ['dark', 1280, 800, 'dark'], ['phone', 390, 844, 'light'], ['phone in the dark', 390, 844, 'dark']]) {
  test(`each page is accessible, and fits: ${kind}`, async t => {
    const page = await open(t, broker.url, { width, height, scheme, prepare: demo });
    for (const [name, hash] of Object.entries(pages)) {
      await go(page, hash);
      // Those that read lists show them later.
      await page.waitForFunction(() => [...document.querySelectorAll('.list')].every(list => list.querySelector('table, .empty, .error')));
      await fits(page, name);
      await accessible(page, name);
      const tallest = () => Math.max(...[...document.querySelectorAll('tbody tr')].map(row => row.offsetHeight));
      if (name === 'messages') assert.ok(await page.evaluate(tallest) < 50, 'a message in a list takes one line');
      if (kind !== 'phone in the dark') await picture(page, `${name}-${kind}`);
    }
    for (const [hash, button, name] of [['/topics', 'New topic', 'new-topic'], ['/topics/Orders', 'Send a message', 'send'], ['/groups/billing', 'Reset in Orders', 'reset']]) {
      await go(page, hash);
      await page.getByRole('button', { name: button }).click();
      await fits(page, name);
      await accessible(page, name);
      if (name === 'send' && kind === 'light') await picture(page, `${name}-${kind}`);
      await page.keyboard.press('Escape');
    }
  });
}

test('long names break', async t => {
  const long = await Broker.start();
  const [topic, id] = ['T'.repeat(127), 'c'.repeat(200)];
  await long.topic(topic);
  const sent = await long.send(topic, { tag: 't'.repeat(150), keys: 'k'.repeat(150), properties: { ['p'.repeat(150)]: 'v'.repeat(600) }, body: 'b'.repeat(3000) });
  const other = await Client.connect(long.address);
  t.after(() => other.close());
  await other.beat(id, { produces: ['p'.repeat(120)], consumes: [{ group: 'g'.repeat(200), topic, expression: 's'.repeat(120) }] });
  for (const width of [390, 1280]) {
    const page = await open(t, long.url, { width });
    for (const hash of ['/', '/topics', `/topics/${topic}`, `/messages?topic=${topic}`, `/messages/${sent.id}`, '/groups', `/groups/${'g'.repeat(200)}?topic=${topic}`, '/connections']) {
      await go(page, hash);
      await page.waitForFunction(() => [...document.querySelectorAll('.list')].every(list => list.querySelector('table, .empty, .error')));
      await fits(page, `${hash} at ${width}`);
    }
    assert.ok(await loaded(page) === undefined);
  }
});

test('empty pages say what to do', async t => {
  const fresh = await Broker.start();
  const page = await open(t, fresh.url);
  for (const [hash, text] of [['/topics', 'There is no topic yet.'], ['/groups', 'There is no group yet.'], ['/connections', 'No client is connected.'], ['/messages', 'Choose a topic']]) {
    await go(page, hash);
    await page.getByText(text).waitFor();
  }
  await go(page, '/topics');
  await accessible(page, 'topics');
});

test('the pictures are small', { skip: !process.env.SCREENSHOTS }, () => {
  const files = fs.readdirSync(folder).filter(name => name.endsWith('.png')).map(name => path.join(folder, name));
  execFileSync('pngquant', ['--force', '--ext', '.png', '--skip-if-larger', '--nofs', '64', ...files]);
  const sizes = files.map(file => fs.statSync(file).size);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 1_500_000, `${sizes}`);
});
