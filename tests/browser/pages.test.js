// Each page shows what the broker has.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Broker } = require('./support/broker');
const { go, loaded, open, withBrowser } = require('./support/browser');
const { key, seed } = require('./support/seed');

withBrowser();
let broker;
let client;
let sent;
before(async () => {
  broker = await Broker.start();
  ({ client, sent } = await seed(broker));
});
after(() => client?.close());

/** Returns the rows of a table, as lists of texts. */
const rows = (page, name) => page.getByRole('region', { name, exact: true }).locator('tbody tr')
  .evaluateAll(all => all.map(row => [...row.cells].map(cell => cell.innerText.trim())));

/** Returns the value of a fact. */
const fact = (page, name) => page.locator('.cards > div', { has: page.locator('dt', { hasText: name }) }).locator('dd').first().innerText();

test('the overview has facts, and plots that go on', async t => {
  const page = await open(t, broker.url);
  await loaded(page);
  assert.equal(await page.title(), 'Overview – RocketMQ console');
  assert.equal(await fact(page, 'Groups'), '10');
  assert.match(await fact(page, 'Memory'), /MiB/);
  assert.equal(await page.locator('figure').count(), 4);
  const busiest = await rows(page, 'Busiest topics');
  assert.equal(busiest.length, 5);
  const curve = page.locator('figure', { hasText: 'Stored' }).locator('polyline');
  const points = async () => (await curve.getAttribute('points') ?? '').split(' ').length;
  const first = await points();
  await page.waitForFunction(at => document.querySelectorAll('figure')[2].querySelector('polyline').getAttribute('points').split(' ').length > at, first);
  const label = page.locator('figure', { hasText: 'Messages per second' }).locator('svg');
  for (let at = 0; at < 20; at += 1) await broker.send('Stock', { body: 'x' });
  await page.waitForFunction(() => /at most ([1-9]|\d\d)/.test(document.querySelector('figure svg').getAttribute('aria-label')));
  assert.match(await label.getAttribute('aria-label'), /^Messages per second, now: in /);
  await label.hover();
  assert.match(await page.locator('figure .at').first().innerText(), /^\d\d:\d\d:\d\d$/);
});

test('topics are listed, filtered by a part of the name and by kind, and lead to one', async t => {
  const page = await open(t, `${broker.url}/#/topics`);
  await loaded(page);
  const names = async () => (await rows(page, 'Topics')).map(([name]) => name);
  assert.deepEqual(await names(), ['Audit', 'Carts', 'Customers', 'Invoices', 'Orders', 'Payments', 'Refunds', 'Shipments', 'Stock']);
  await page.getByLabel('Name contains').fill('ord');
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  assert.deepEqual(await names(), ['Orders']);
  await page.getByRole('combobox', { name: 'Topics' }).selectOption('all');
  await page.getByLabel('Name contains').fill('%dlq%');
  await page.getByRole('link', { name: '%DLQ%billing' }).waitFor();
  await page.reload();
  await page.getByRole('link', { name: '%DLQ%billing' }).waitFor();
  await page.getByLabel('Name contains').fill('no such topic');
  await page.getByText('No topic matches.').waitFor();
  await page.getByLabel('Name contains').fill('Orders');
  await page.getByRole('link', { name: 'Orders', exact: true }).click();
  await loaded(page);
  assert.equal(await page.locator('h1').innerText(), 'Orders');
  assert.equal(await fact(page, 'Messages'), '24');
  await page.getByRole('region', { name: 'Queues' }).waitFor();
  assert.deepEqual(await rows(page, 'Queues'), [0, 1, 2, 3].map(queue => [String(queue), '0', '6', '6']));
  await page.getByRole('region', { name: 'Groups that consume it' }).waitFor();
  const [billing, reporting] = await rows(page, 'Groups that consume it');
  assert.deepEqual([billing, reporting], [['billing', '1', '12'], ['reporting', 'offline', '23']]);
});

test('a list shows what is new without a reload, and keeps the focus', async t => {
  const page = await open(t, `${broker.url}/#/topics/Carts`);
  await loaded(page);
  await page.getByRole('link', { name: '3', exact: true }).focus();
  await broker.send('Carts', { queue: 3, body: 'x' });
  await page.waitForFunction(() => document.querySelectorAll('tbody tr')[3].cells[3].innerText === '1');
  assert.equal(await page.evaluate(() => document.activeElement.innerText), '3');
});

test('messages are found by queue and offset, time, key, tag and id', async t => {
  const page = await open(t, `${broker.url}/#/messages`);
  await loaded(page);
  await page.getByText('Choose a topic').waitFor();
  const search = () => page.getByRole('button', { name: 'Search' }).click();
  const places = async () => (await rows(page, 'Messages')).map(([place]) => place);
  await page.getByLabel('Topic').fill('Ord');
  await page.locator('datalist option[value=Orders]').waitFor({ state: 'attached' });
  await page.getByLabel('Topic').fill('Orders');
  await search();
  await page.getByText('The newest messages of all queues.').waitFor();
  assert.deepEqual((await places()).slice(0, 5), ['3 / 5', '2 / 5', '1 / 5', '0 / 5', '3 / 4']);

  await page.getByLabel('Find').selectOption('offset');
  await page.getByLabel('Queue').fill('2');
  await page.getByLabel('Offset', { exact: true }).fill('4');
  await search();
  await page.getByText('The queue has the offsets 0 to 5.').waitFor();
  assert.deepEqual(await places(), ['2 / 4', '2 / 5']);

  await page.getByLabel('Find').selectOption('time');
  await page.getByLabel('Time').fill('2020-01-01T00:00:00');
  await search();
  await page.getByRole('link', { name: '2 / 0' }).waitFor();
  assert.equal((await places()).length, 6);
  await page.getByLabel('Time').fill('2090-01-01T00:00:00');
  await search();
  await page.getByText('No message was found.').waitFor();

  await page.getByLabel('Find').selectOption('key');
  await page.getByLabel('Key').fill(key(5));
  await search();
  await page.getByText('The newest messages with this key.').waitFor();
  assert.deepEqual(await places(), ['1 / 1']);

  await page.getByLabel('Find').selectOption('tag');
  await page.getByLabel('Tag', { exact: true }).fill('paid');
  await search();
  await page.getByText('The newest messages with this tag.').waitFor();
  assert.equal((await places()).length, 8);

  await page.getByLabel('Find').selectOption('id');
  await page.getByLabel('Id of the broker').fill(sent[5].id);
  await search();
  await page.getByRole('heading', { name: 'Message 1 of queue 1' }).waitFor();
});

test('a message has its body as text, JSON and hex, its properties, and who has consumed it', async t => {
  const page = await open(t, `${broker.url}/#/messages/${sent[1].id}`);
  await loaded(page);
  const body = page.getByRole('region', { name: 'Body' });
  const view = page.getByRole('group', { name: 'View' });
  const pressed = () => view.locator('[aria-pressed=true]').innerText();
  assert.equal(await pressed(), 'JSON');
  assert.match(await body.innerText(), /^\{\n {2}"order": 1001,/);
  await view.getByRole('button', { name: 'Text' }).click();
  assert.match(await body.innerText(), /^\{"order":1001,"customer"/);
  await view.getByRole('button', { name: 'Hex' }).click();
  assert.match(await body.innerText(), /^000000 {2}7b 22 6f 72 64 65 72 22 .*\{"order":1001,"c\n000010/);
  const properties = Object.fromEntries(await rows(page, 'Properties'));
  assert.deepEqual([properties.KEYS, properties.region, properties.id], [key(1), 'eu', sent[1].id]);
  assert.deepEqual(await rows(page, 'Groups of the topic'), [['billing', 'consumed', '4', 'online'], ['reporting', 'not yet', '–', 'offline']]);
  await go(page, '/messages?topic=Audit');
  await page.getByRole('link', { name: '0 / 0' }).click();
  await body.waitFor();
  assert.equal(await pressed(), 'Hex', 'the body is no text');
});

test('groups are listed, and one has members, subscriptions, and how far it is behind by queue', async t => {
  const page = await open(t, `${broker.url}/#/groups`);
  await loaded(page);
  assert.deepEqual(await rows(page, 'Groups of consumers'), [['billing', '1', '12', '2'], ['reporting', 'offline', '23', '0']]);
  await page.getByLabel('Name contains').fill('BILL');
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  await page.getByRole('link', { name: 'billing', exact: true }).click();
  await page.getByRole('link', { name: 'Queues', exact: true }).first().waitFor();
  const [orders] = (await rows(page, 'Topics')).filter(([topic]) => topic === 'Orders');
  assert.deepEqual(orders.slice(0, 3), ['Orders', 'paid || created', '12']);
  assert.equal(await fact(page, 'Dead letters'), '2');
  const [member] = await rows(page, 'Members');
  assert.deepEqual([member[0], member[2]], ['10.1.0.7@shop-1', 'JAVA']);
  await page.getByRole('row', { name: 'Orders' }).getByRole('link', { name: 'Queues' }).click();
  await page.getByRole('heading', { name: 'Queues of Orders' }).waitFor();
  await page.getByRole('region', { name: 'Queues of Orders' }).waitFor();
  assert.deepEqual(await rows(page, 'Queues of Orders'), [['0', '6', '6', '0'], ['1', '4', '6', '2'], ['2', '2', '6', '4'], ['3', '–', '6', '6']]);
  await page.getByText('All settings').click();
  await page.getByRole('cell', { name: 'consumeEnable' }).waitFor();
});

test('connections have clients and their groups; settings are found by name and value', async t => {
  const page = await open(t, `${broker.url}/#/connections`);
  await loaded(page);
  const all = await rows(page, 'Connections that have clients');
  assert.deepEqual(all[0].slice(1, 4), ['10.1.0.7@shop-1', 'shop', 'billing']);
  await page.getByRole('link', { name: 'billing' }).click();
  await page.getByRole('heading', { name: 'billing' }).waitFor();
  await go(page, '/settings');
  await page.getByLabel('Name or value contains').fill('fileReserved');
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  assert.deepEqual(await rows(page, 'Settings of the broker'), [['fileReservedTime', '72']]);
});
