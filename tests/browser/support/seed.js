'use strict';

const { Client } = require('./client');

/** The key of message `at` of Orders. */
const key = at => `order-${1000 + at}`;

/** Fills a broker as a shop would, so that each page has something to show. Returns the connected client. */
async function seed(broker) {
  await broker.topic('Orders', 4);
  await broker.topic('Payments', 2, { 'message.type': 'FIFO' });
  await broker.topic('Audit', 1, { 'message.type': 'NORMAL', 'reserve.time': '86400000' });
  for (const name of ['Carts', 'Customers', 'Invoices', 'Refunds', 'Shipments', 'Stock']) await broker.topic(name, 4);
  const sent = [];
  for (let at = 0; at < 24; at += 1) {
    const order = { order: 1000 + at, customer: `c-${at % 5}`, lines: [{ item: 'kettle', number: 1 + (at % 3) }], total: 19.5 + at };
    sent.push(await broker.send('Orders', {
      queue: at % 4, tag: at % 3 === 0 ? 'paid' : 'created', keys: key(at), properties: { region: at % 2 ? 'eu' : 'us' }, body: JSON.stringify(order),
    }));
  }
  await broker.send('Payments', { queue: 0, tag: 'card', keys: key(0), body: 'order=1000 amount=19.50 EUR' });
  await broker.send('Audit', { body_base64: Buffer.from([0, 1, 2, 255, 254, 65, 66]).toString('base64') });
  const client = await Client.connect(broker.address);
  await client.beat('10.1.0.7@shop-1', { produces: ['shop'], consumes: [{ group: 'billing', topic: 'Orders', expression: 'paid || created' }] });
  for (const [queue, offset] of [[0, 6], [1, 4], [2, 2]]) await client.commit('billing', 'Orders', queue, offset);
  await client.pull('billing', 'Orders', 0, 0);
  const reporting = await Client.connect(broker.address);
  await reporting.beat('10.1.0.9@reports', { consumes: [{ group: 'reporting', topic: 'Orders' }] });
  reporting.close();
  while ((await broker.api('GET', '/groups/reporting')).member_count > 0) await new Promise(setImmediate);
  await client.commit('reporting', 'Orders', 0, 1);
  await client.commit('reporting', 'Payments', 0, 1);
  await client.giveUp('billing', 'Orders', sent[3].id);
  await client.giveUp('billing', 'Orders', sent[6].id);
  return { client, sent };
}

module.exports = { seed, key };
