// Each action of the console, and what it does in the broker.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Broker } = require('./support/broker');
const { loaded, open, said, withBrowser } = require('./support/browser');
const { seed } = require('./support/seed');

withBrowser();
let broker;
let client;
let sent;
before(async () => {
  broker = await Broker.start();
  ({ client, sent } = await seed(broker));
});
after(() => client?.close());

/** Presses the button of a dialog. */
const press = (page, name) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click();

test('a topic is created, changed and deleted', async t => {
  const page = await open(t, `${broker.url}/#/topics`, { expected: [400, 409] });
  await loaded(page);
  await page.getByRole('button', { name: 'New topic' }).click();
  const dialog = page.getByRole('dialog', { name: 'New topic' });
  await dialog.getByLabel('Name').fill('Orders');
  await press(page, 'Create');
  await dialog.getByRole('alert').filter({ hasText: 'already' }).waitFor();
  await dialog.getByLabel('Name').fill('no spaces');
  await press(page, 'Create');
  await dialog.getByRole('alert').filter({ hasText: 'a topic\'s name has' }).waitFor();
  await dialog.getByLabel('Name').fill('Returns');
  await dialog.getByLabel('Queues').fill('3');
  await dialog.getByLabel('Messages').selectOption('FIFO');
  await press(page, 'Create');
  await said(page, 'The topic Returns was created.');
  await page.getByRole('link', { name: 'Returns' }).click();
  await page.getByText('message.type = FIFO').waitFor();

  await page.getByRole('button', { name: 'Edit' }).click();
  const editing = page.getByRole('dialog', { name: 'Edit Returns' });
  assert.equal(await editing.getByLabel('Messages', { exact: true }).inputValue(), 'FIFO');
  await editing.getByLabel('Queues').fill('5');
  await editing.getByLabel('Messages', { exact: true }).selectOption('');
  await editing.getByLabel('Clients may write').uncheck();
  await editing.getByLabel('Messages are in order').check();
  await press(page, 'Save');
  await said(page, 'The topic Returns was changed.');
  const topic = await broker.api('GET', '/topics/Returns');
  assert.deepEqual([topic.read_queues, topic.write_queues, topic.perm, topic.order, topic.attributes],
    [5, 5, { read: true, write: false }, true, {}]);

  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByLabel('Name of the topic').fill('Orders');
  await press(page, 'Delete');
  await page.getByRole('alert').filter({ hasText: 'not the name' }).waitFor();
  await page.getByLabel('Name of the topic').fill('Returns');
  await press(page, 'Delete');
  await said(page, 'The topic Returns was deleted.');
  await page.getByRole('heading', { name: 'Topics' }).waitFor();
  await assert.rejects(broker.api('GET', '/topics/Returns'), /no topic/);
});

test('a message is sent, and sent again with changes', async t => {
  const page = await open(t, `${broker.url}/#/topics/Stock`);
  await loaded(page);
  await page.getByRole('button', { name: 'Send a message' }).click();
  await page.getByLabel('Body').fill('hello\nyou');
  await page.getByLabel('Tag').fill('greeting');
  await page.getByLabel('Keys').fill('k1 k2');
  await page.getByRole('textbox', { name: 'Properties' }).fill('colour red');
  await press(page, 'Send');
  await page.getByRole('alert').filter({ hasText: 'NAME=VALUE' }).waitFor();
  await page.getByRole('textbox', { name: 'Properties' }).fill('colour=red\n\nsize=a=b');
  await press(page, 'Send');
  await said(page, 'at offset 0');
  const found = await broker.api('GET', '/messages?topic=Stock&key=k2');
  const [stored] = found.items;
  assert.equal(Buffer.from(stored.body_base64, 'base64').toString(), 'hello\nyou');
  assert.deepEqual([stored.tag, stored.properties.colour, stored.properties.size], ['greeting', 'red', 'a=b']);

  await page.getByRole('link', { name: 'Messages' }).last().click();
  await page.getByRole('link', { name: / \/ 0$/ }).click();
  await page.getByRole('button', { name: 'Send a copy' }).click();
  assert.equal(await page.getByRole('textbox', { name: 'Properties' }).inputValue(), 'colour=red\nsize=a=b');
  await page.getByRole('textbox', { name: 'Body' }).fill('hello again');
  await press(page, 'Send');
  await said(page, 'Stored in queue');
  assert.equal((await broker.api('GET', '/messages?topic=Stock&key=k1')).items.length, 2);
});

test('a dead letter is sent again', async t => {
  const page = await open(t, `${broker.url}/#/groups/billing`);
  await loaded(page);
  await page.locator('.cards').getByRole('link', { name: '2' }).click();
  await page.getByRole('link', { name: '0 / 0' }).click();
  await page.getByRole('button', { name: 'Send again' }).click();
  await press(page, 'Send again');
  await said(page, 'Stored in queue');
  assert.equal((await broker.api('GET', '/topics/Orders')).messages, 25);
});

test('offsets of a group are reset to the end, the start, a time and an offset', async t => {
  const page = await open(t, `${broker.url}/#/groups/billing?topic=Orders`, { expected: [422] });
  await loaded(page);
  const offsets = async () => (await broker.api('GET', '/groups/billing/lag?topic=Orders')).items.map(queue => queue.offset);
  const ends = (await broker.api('GET', '/topics/Orders')).items.map(queue => queue.max);
  async function reset(where, fields = {}) {
    await page.getByRole('button', { name: 'Reset in Orders' }).click();
    await page.getByLabel('Where').selectOption(where);
    for (const [name, value] of Object.entries(fields)) await page.getByRole('dialog').getByLabel(name, { exact: true }).fill(value);
    await press(page, 'Reset');
  }
  await reset('end');
  await said(page, 'Reset in 4 queues of Orders.');
  assert.deepEqual(await offsets(), ends);
  await reset('start');
  await page.getByRole('region', { name: 'Queues of Orders' }).getByRole('cell', { name: '0', exact: true }).nth(3).waitFor();
  assert.deepEqual(await offsets(), [0, 0, 0, 0]);
  await reset('time', { Time: '2090-01-01T00:00:00' });
  await page.waitForFunction(() => document.querySelectorAll('dialog').length === 0);
  assert.deepEqual(await offsets(), ends);
  await reset('offset', { Queue: '2', Offset: '99' });
  await page.getByRole('alert').filter({ hasText: 'not in consume queue range' }).waitFor();
  await page.getByRole('dialog').getByLabel('Offset', { exact: true }).fill('3');
  await press(page, 'Reset');
  await said(page, 'Reset in one queue of Orders.');
  assert.equal((await offsets())[2], 3);
});

test('a group is deleted', async t => {
  const page = await open(t, `${broker.url}/#/groups/reporting`);
  await loaded(page);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByLabel('Name of the group').fill('reporting');
  await press(page, 'Delete');
  await said(page, 'The group reporting was deleted.');
  await page.getByRole('link', { name: 'billing' }).waitFor();
  assert.deepEqual((await broker.api('GET', '/groups?kind=application')).items.map(group => group.name), ['billing']);
});

test('what does not exist is said', async t => {
  const page = await open(t, `${broker.url}/#/topics/Nothing`, { expected: [400, 404] });
  await page.getByRole('alert').filter({ hasText: 'there is no topic Nothing' }).waitFor();
  await page.goto(`${broker.url}/#/messages/xyz`);
  await page.getByRole('alert').filter({ hasText: 'hex digits' }).waitFor();
  await page.goto(`${broker.url}/#/messages/${sent[0].id.slice(0, 16)}0000000000FFFFFF`);
  await page.getByRole('alert').filter({ hasText: 'there is no message' }).waitFor();
  await page.goto(`${broker.url}/#/groups/nobody`);
  await page.getByRole('alert').filter({ hasText: 'there is no group nobody' }).waitFor();
});
