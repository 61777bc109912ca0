'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before } = require('node:test');
const { chromium } = require('playwright-core');
const { Broker } = require('./broker');

/** Notes violations of the content security policy. */
const watch = () => {
  window.violations = [];
  document.addEventListener('securitypolicyviolation', event => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
};

/** Answers with a file of the first of these folders that has it, and the broker's headers. */
async function fromFolders(route, folders) {
  const response = await route.fetch();
  const name = path.basename(new URL(route.request().url()).pathname) || 'index.html';
  const file = folders.map(folder => path.join(folder, name)).find(file => fs.existsSync(file));
  const own = response.ok() && file ? { body: fs.readFileSync(file) } : {};
  await route.fulfill({ response, ...own });
}

let browser;

/** Starts the browser before the tests of a file, and ends it, and then all brokers, after them. */
function withBrowser() {
  before(async () => {
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  });
  after(async () => {
    await browser?.close();
    await Broker.closeAll();
  });
}

/**
 * Opens a page of the console in a new window, until the test `t` ends. Then nothing may have happened that is wrong:
 * errors in scripts, dialogs of the browser, violations of the policy, answers with a status from 400 on. Those that the test
 * expects are in `expected`, such as 404, 'gone' for a broker that does not answer, or 'policy' for a violation.
 */
async function open(t, url, { expected = [], credentials, width = 1280, height = 800, scheme = 'light', prepare } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, httpCredentials: credentials, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  const [isGone, isRefused] = ['gone', 'policy'].map(of => expected.includes(of));
  page.on('dialog', dialog => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss().catch(() => {}); });
  page.on('pageerror', error => problems.push(`error: ${error.stack}`));
  page.on('console', message => {
    // Answers with errors are noted below.
    const isKnown = message.text().startsWith('Failed to load resource') || (isRefused && message.text().includes('Content Security Policy'));
    if (['error', 'warning'].includes(message.type()) && !isKnown) problems.push(`console: ${message.text()}`);
  });
  page.on('response', response => {
    if (response.status() >= 400 && !expected.includes(response.status())) problems.push(`${response.status()} ${response.url()}`);
  });
  page.on('requestfailed', request => {
    const why = request.failure().errorText;
    if (!isGone && why !== 'net::ERR_ABORTED') problems.push(`${request.url()}: ${why}`);
  });
  await page.addInitScript(watch);
  if (process.env.FILES) await page.route(/\.(js|css|svg)$|\/$/, route => fromFolders(route, process.env.FILES.split(':')).catch(() => route.abort().catch(() => {})));
  await prepare?.(page);
  t.after(async () => {
    const violations = await page.evaluate(() => window.violations ?? []);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await context.close();
    // A test that has failed does not tell what this assertion says.
    if (problems.length > 0) console.error(problems.join('\n'));
    assert.deepEqual([...problems, ...(isRefused ? [] : violations)], []);
  });
  await page.goto(url);
  return page;
}

/** Waits until the page's content is there. */
async function loaded(page) {
  await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.loading'));
}

/** Goes to another page of the console. */
async function go(page, hash) {
  await page.evaluate(to => new Promise(resolve => {
    // After the page's own listener.
    window.addEventListener('hashchange', resolve, { once: true });
    if (location.hash === `#${to}`) resolve();
    location.hash = to;
  }), hash);
  await loaded(page);
}

/** Waits for a text in the status, in which the console says what it has done. */
const said = (page, text) => page.locator('#status', { hasText: text }).waitFor();

module.exports = { withBrowser, open, loaded, go, said };
