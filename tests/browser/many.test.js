// 10,000 topics: lists stay short, and what is wanted is found.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Broker } = require('./support/broker');
const { Client } = require('./support/client');
const { go, loaded, open, withBrowser } = require('./support/browser');

const TOPICS = 10_000;
const name = at => `topic-${String(at).padStart(5, '0')}`;

withBrowser();
let broker;
let client;
before(async () => {
  broker = await Broker.start();
  client = await Client.connect(broker.address);
  for (let at = 0; at < TOPICS; at += 1000) await client.createTopics(Array.from({ length: 1000 }, (_, of) => name(at + of)));
});
after(() => client?.close());

test('ten thousand topics are listed page by page, and filtered', async t => {
  const page = await open(t, `${broker.url}/#/topics`);
  await loaded(page);
  const first = page.locator('tbody tr').first().locator('a');
  const shows = async (row, text) => {
    await first.filter({ hasText: row }).waitFor();
    assert.ok(await page.locator('tbody tr').count() <= 50);
    if (text) await page.getByText(text, { exact: true }).waitFor();
  };
  await shows(name(0), 'Page 1');
  await page.getByRole('button', { name: 'Next' }).click();
  await shows(name(50), 'Page 2');
  await page.getByRole('button', { name: 'Next' }).click();
  await shows(name(100), 'Page 3');
  await page.getByRole('button', { name: 'Previous' }).click();
  await shows(name(50), 'Page 2');
  await page.getByLabel('Name contains').fill('PIC-099');
  await shows(name(9900), 'Page 1');
  await page.getByLabel('Name contains').fill('9999');
  await shows(name(9999));
  assert.equal(await page.locator('tbody tr').count(), 1);
  await first.click();
  await page.getByRole('heading', { name: name(9999) }).waitFor();
});

test('the overview and the search for messages name a few of them', async t => {
  const page = await open(t, broker.url);
  await loaded(page);
  assert.match(await page.locator('.cards').innerText(), /10,0\d\d/);
  assert.equal(await page.locator('tbody tr').count(), 5);
  await go(page, '/messages');
  await page.getByLabel('Topic').fill('0777');
  await page.locator(`datalist option[value=${name(777)}]`).waitFor({ state: 'attached' });
  assert.ok(await page.locator('datalist option').count() <= 20);
});
