'use strict';

const assert = require('node:assert');
const { once, EventEmitter } = require('node:events');
const { connect } = require('node:net');
const { test } = require('node:test');
const { TestBroker } = require('./broker');
const { Billing, Shop, closeClient } = require('./shop');

/** Starts the application with a broker of its own, until the test ends. Returns the shop, and what is billed next. */
async function run(t) {
  const broker = await TestBroker.start('Orders:1');
  let shop, billing;
  // Also when the test fails.
  t.after(async () => {
    try {
      await shop?.close();
      await billing?.close();
      await closeClient();
    } finally {
      await broker.close();
    }
  });
  const billed = new EventEmitter();
  billing = new Billing(broker.nameServer, text => billed.emit('text', text));
  shop = new Shop(broker.nameServer);
  return { shop, next: once(billed, 'text', { signal: AbortSignal.timeout(20_000) }) };
}

test('an order is billed', { timeout: 40_000 }, async t => {
  const { shop, next } = await run(t);
  await shop.order('7');
  assert.deepStrictEqual(await next, ['order 7']);
});

test('a reminder comes after a second', { timeout: 40_000 }, async t => {
  const { shop, next } = await run(t);
  const start = performance.now();
  await shop.remind('8');
  assert.deepStrictEqual(await next, ['reminder of 8']);
  assert.ok(performance.now() - start >= 1000);
});

test('a broker leaves nothing', { timeout: 40_000 }, async () => {
  const broker = await TestBroker.start('Orders');
  await broker.close();
  assert.strictEqual(broker.process.exitCode, 0);
  for (const address of [broker.nameServer, broker.address]) {
    const [host, port] = address.split(':');
    await assert.rejects(once(connect(port, host), 'connect'), { code: 'ECONNREFUSED' });
  }
});
