// What clients write is text, wherever the console shows it.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Broker } = require('./support/broker');
const { Client } = require('./support/client');
const { go, loaded, open, withBrowser } = require('./support/browser');

const EVIL = '<img src=x onerror="window.hacked=1;alert(1)"><script>window.hacked=1;alert(2)</script><b id=injected>b</b>';

withBrowser();
let broker;
let client;
let sent;
before(async () => {
  broker = await Broker.start();
  await broker.topic('Evil');
  client = await Client.connect(broker.address);
  sent = await broker.send('Evil', { tag: EVIL, keys: `${EVIL.replaceAll(' ', '')} k`, properties: { [EVIL]: EVIL, href: 'javascript:alert(3)' }, body: EVIL });
  await broker.send('Evil', { body: `{"a": ${JSON.stringify(EVIL)}}` });
  await client.beat(EVIL, { produces: [EVIL.slice(0, 60)], consumes: [{ group: 'evil', topic: 'Evil', expression: EVIL }] });
});
after(() => client?.close());

/** Asserts that nothing of it has become an element, or has run. */
async function harmless(page) {
  const found = await page.evaluate(() => ({
    hacked: window.hacked,
    elements: document.querySelectorAll('main img, main script, #injected, dialog img, #status *').length,
    links: [...document.querySelectorAll('a')].filter(a => !a.getAttribute('href').startsWith('#')).length,
  }));
  assert.deepEqual(found, { hacked: undefined, elements: 0, links: 0 });
}

test('bodies, tags, keys, properties, clients and subscriptions never become elements', async t => {
  const page = await open(t, broker.url);
  const shown = text => page.locator('main').getByText(text, { exact: false }).first().waitFor();
  for (const hash of ['/messages?topic=Evil', '/messages?topic=Evil&by=tag&value=%3Cimg', `/messages/${sent.id}`, '/groups/evil', '/connections', '/topics/Evil']) {
    await go(page, hash);
    if (!hash.includes('by=tag') && hash !== '/topics/Evil') await shown('onerror');
    await harmless(page);
  }
  await go(page, `/messages/${sent.id}`);
  for (const view of ['Text', 'JSON', 'Hex', 'Text']) {
    await page.getByRole('button', { name: view, exact: true }).click();
    await harmless(page);
  }
  await page.getByRole('button', { name: 'Send a copy' }).click();
  assert.equal(await page.getByLabel('Body').last().inputValue(), EVIL);
  await harmless(page);
});

test('names in the address are text, too', async t => {
  const page = await open(t, broker.url, { expected: [400, 404] });
  const evil = encodeURIComponent(EVIL);
  for (const hash of [`/topics/${evil}`, `/groups/${evil}`, `/messages/${evil}`, `/messages?topic=${evil}`, `/topics?contains=${evil}`, `/${evil}`, '/constructor', '/topics/%ZZ']) {
    await go(page, hash);
    await harmless(page);
  }
});

test('the policy refuses a script that was injected all the same', async t => {
  const page = await open(t, broker.url, { expected: ['policy'] });
  await loaded(page);
  const refused = await page.evaluate(() => new Promise(resolve => {
    document.addEventListener('securitypolicyviolation', event => resolve(event.effectiveDirective), { once: true });
    const script = document.createElement('script');
    script.textContent = 'window.hacked = 1';
    document.body.append(script);
  }));
  assert.match(refused, /^script-src/);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
});
