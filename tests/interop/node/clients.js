'use strict';

const assert = require('node:assert/strict');
const { ConsumeResult, FilterExpression, Producer, PushConsumer, SimpleConsumer } = require('rocketmq-client-nodejs');
const { until } = require('./runner');

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Clients of one scenario, which are closed at the end. */
class Clients {
  #options;
  #open = [];

  constructor(endpoints) {
    this.#options = { endpoints, namespace: '', requestTimeout: 10_000, logger: silent };
  }

  producer(topic, options = {}) {
    return this.#start(new Producer({ ...this.#options, topic, ...options }));
  }

  /** Returns a consumer that gives its messages to `listener`, which returns whether it has consumed one. */
  push(group, topic, expression, listener) {
    return this.#start(new PushConsumer({
      ...this.#options,
      consumerGroup: group,
      subscriptions: new Map([[topic, new FilterExpression(expression)]]),
      longPollingTimeout: 5_000,
      messageListener: { consume: async message => await listener(message) ? ConsumeResult.SUCCESS : ConsumeResult.FAILURE },
    }));
  }

  simple(group, topic, expression) {
    return this.#start(new SimpleConsumer({
      ...this.#options,
      consumerGroup: group,
      subscriptions: new Map([[topic, expression]]),
      awaitDuration: 5_000,
    }));
  }

  async #start(client) {
    await client.startup();
    this.#open.push(client);
    return client;
  }

  async close() {
    for (const client of this.#open.reverse()) await client.shutdown();
  }
}

/** Receives until there are this number of messages. */
async function receive(consumer, count, invisibleMs) {
  const all = [];
  await until(`${count} messages`, async () => {
    all.push(...await consumer.receive(16, invisibleMs));
    return all.length >= count;
  });
  assert.equal(all.length, count);
  return all;
}

const message = (topic, body, options = {}) => ({ topic, body: Buffer.from(body), ...options });

const body = received => received.body.toString();

module.exports = { Clients, body, message, receive };
