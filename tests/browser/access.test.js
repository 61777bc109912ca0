// Who may do what: passwords, and the console that other machines reach.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Broker } = require('./support/broker');
const { go, loaded, open, said, withBrowser } = require('./support/browser');

withBrowser();

test('a wrong password shows nothing, and the right one all', async t => {
  const broker = await Broker.start({ args: ['--console-password', 'open sesame'] });
  for (const credentials of [undefined, { username: 'admin', password: 'wrong' }]) {
    const page = await open(t, 'about:blank', { credentials, expected: [401, 'gone'] });
    // The browser shows the answer, or its own page if it has sent a password that was refused.
    const answered = await page.goto(broker.url).catch(error => assert.match(error.message, /ERR_INVALID_AUTH_CREDENTIALS/));
    assert.equal(answered?.status() ?? 401, 401);
    assert.equal(await page.locator('nav').count(), 0);
    const answer = await page.request.get(`${broker.url}/api/v1/topics`);
    assert.equal(answer.status(), 401);
    assert.match((await answer.json()).error, credentials ? /password is wrong/ : /has a password/);
  }
  const page = await open(t, broker.url, { credentials: { username: 'admin', password: 'open sesame' }, expected: [401] });
  await go(page, '/topics');
  await page.getByRole('button', { name: 'New topic' }).click();
  await page.getByLabel('Name', { exact: true }).fill('New');
  await page.getByRole('button', { name: 'Create' }).click();
  await said(page, 'The topic New was created.');
});

test('without a password, other machines only read', async t => {
  const broker = await Broker.start({ console: '0.0.0.0:0', args: ['--topic', 'Orders'] });
  const page = await open(t, broker.url, { expected: [403] });
  await loaded(page);
  await page.getByText('Read-only: other machines').waitFor();
  for (const [hash, actions] of [['/topics', ['New topic']], ['/topics/Orders', ['Send a message', 'Edit', 'Delete']], ['/messages?topic=Orders', ['Send a message']]]) {
    await go(page, hash);
    for (const name of actions) assert.equal(await page.getByRole('button', { name }).count(), 0, name);
  }
  const status = await page.evaluate(() => fetch('/api/v1/topics/Orders', { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: '{}' }).then(answer => answer.status));
  assert.equal(status, 403);
});
