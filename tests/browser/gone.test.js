// A broker that dies while the page is open, and comes back.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Broker } = require('./support/broker');
const { go, loaded, open, withBrowser } = require('./support/browser');

withBrowser();

test('the page says that the broker is gone, keeps what it knows, and goes on when it is back', async t => {
  const first = await Broker.start({ args: ['--topic', 'Orders'] });
  const page = await open(t, `${first.url}/#/topics`, { expected: ['gone'] });
  await loaded(page);
  await page.getByRole('link', { name: 'Orders' }).waitFor();
  const banner = page.getByText('The broker does not answer. The page shows');
  assert.equal(await banner.isVisible(), false);
  await first.kill();
  await banner.waitFor();
  assert.equal(await page.locator('#alive').innerText(), 'does not answer');
  await page.getByRole('link', { name: 'Orders' }).waitFor();
  // Another page has nothing to show yet, and a change fails.
  await page.getByRole('button', { name: 'New topic' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Lost');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('dialog').getByRole('alert').filter({ hasText: 'does not answer' }).waitFor();
  await page.keyboard.press('Escape');
  await go(page, '/groups');
  await page.locator('main').getByRole('alert').filter({ hasText: 'does not answer' }).waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  assert.equal(await banner.isVisible(), true);

  await Broker.start({ like: first });
  await banner.waitFor({ state: 'hidden' });
  await page.getByText('There is no group yet.').waitFor();
  await page.locator('#alive', { hasText: 'up for' }).waitFor();
});
