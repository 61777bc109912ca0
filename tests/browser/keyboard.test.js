// All of it works without a pointer, and the focus is seen.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { Broker } = require('./support/broker');
const { loaded, open, said, withBrowser } = require('./support/browser');

withBrowser();
let broker;
before(async () => { broker = await Broker.start({ args: ['--topic', 'Orders'] }); });

/** Returns what has the focus: its text or label, whether it is seen, and whether it is in a dialog. */
const focus = page => page.evaluate(() => {
  const element = document.activeElement;
  const name = element.labels?.[0]?.innerText ?? element.innerText;
  return { name: name.trim(), outlined: getComputedStyle(element).outlineStyle !== 'none', inDialog: element.closest('dialog') !== null, isBody: element === document.body };
});

/** Presses Tab until this has the focus, and asserts that each stop is seen. */
async function tabTo(page, name, key = 'Tab') {
  const seen = [];
  while (seen.length < 30) {
    await page.keyboard.press(key);
    const at = await focus(page);
    seen.push(at.name);
    assert.ok(at.outlined || at.isBody, `the focus on ${at.name} is seen`);
    if (at.name === name) return seen;
  }
  throw new Error(`${name} is not among ${seen.join(', ')}`);
}

test('pages are chosen in order, and the content is one step away', async t => {
  const page = await open(t, broker.url);
  await loaded(page);
  assert.deepEqual(await tabTo(page, 'Settings'), ['Skip to content', 'Overview', 'Topics', 'Messages', 'Groups', 'Connections', 'Settings']);
  await tabTo(page, 'Topics', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Topics' }).waitFor();
  await loaded(page);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  assert.deepEqual(await tabTo(page, 'Orders'), ['New topic', 'Name contains', 'Topics', 'Orders']);
  await tabTo(page, 'Skip to content', 'Shift+Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  assert.match(page.url(), /#\/topics$/);
});

test('a dialog keeps the focus, gives it back, and is answered with Enter', async t => {
  const page = await open(t, `${broker.url}/#/topics`);
  await loaded(page);
  await page.locator('main').focus();
  await tabTo(page, 'New topic');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  assert.deepEqual(await focus(page), { name: 'Name', outlined: true, inDialog: true, isBody: false });
  for (let at = 0; at < 12; at += 1) {
    await page.keyboard.press(at < 8 ? 'Tab' : 'Shift+Tab');
    const { inDialog, isBody, name } = await focus(page);
    assert.ok(inDialog || isBody, `${name} is behind the dialog`);
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal((await focus(page)).name, 'New topic');
  await page.keyboard.press('Space');
  await page.keyboard.type('Typed');
  await page.keyboard.press('Enter');
  await said(page, 'The topic Typed was created.');
  await page.getByRole('link', { name: 'Typed' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main', 'the button is gone, as the page was shown again');
  await tabTo(page, 'Typed');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Typed' }).waitFor();
});
