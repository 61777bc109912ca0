'use strict';

const assert = require('node:assert/strict');
const { FilterExpression } = require('rocketmq-client-nodejs');
const { TransactionResolution, FilterType } = require('rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb');
const { body, message, receive } = require('./clients');
const { until } = require('./runner');

const LONG = 60_000;

/** Messages with a tag are pushed once; one that is refused comes again. */
async function push(clients, topic, group) {
  const producer = await clients.producer(topic);
  const expected = [];
  for (let i = 0; i < 40; i++) {
    const tag = i % 4 === 3 ? 'blue' : 'red';
    const properties = new Map([['n', `${i}`]]);
    await producer.send(message(topic, `message ${i}`, { tag, keys: [`key-${i}`], properties }));
    if (tag === 'red') expected.push(`message ${i}`);
  }
  const seen = [];
  await clients.push(group, topic, 'red', received => {
    seen.push(received);
    return body(received) !== 'message 0' || received.deliveryAttempt > 1;
  });
  expected.push('message 0');
  await until('all messages', () => seen.length >= expected.length);
  assert.deepEqual(seen.map(body).sort(), expected.sort());
  const again = seen.find(received => received.deliveryAttempt > 1);
  assert.equal(body(again), 'message 0');
  assert.equal(again.topic, topic);
  assert.equal(again.tag, 'red');
  assert.deepEqual(again.keys, ['key-0']);
  assert.equal(again.properties.get('n'), '0');
  return `${seen.length} messages by tag, one twice`;
}

/** Messages are received, acknowledged, given back, and kept for longer. */
async function simple(clients, topic, group) {
  const producer = await clients.producer(topic);
  for (let i = 0; i < 3; i++) await producer.send(message(topic, `${i}`));
  const consumer = await clients.simple(group, topic, '*');
  for (const received of await receive(consumer, 3, 15_000)) {
    assert.equal(received.deliveryAttempt, 1);
    if (body(received) === '0') await consumer.ack(received);
    if (body(received) === '1') await consumer.changeInvisibleDuration(received, 10_000);
  }
  // One comes back after 10 s, the other one after 15 s.
  for (const expected of ['1', '2']) {
    const [back] = await receive(consumer, 1, LONG);
    assert.equal(body(back), expected);
    assert.equal(back.deliveryAttempt, 2);
    assert.equal(back.topic, topic);
    await consumer.ack(back);
  }
  assert.deepEqual((await consumer.receive(16, LONG)).map(body), []);
  return 'acknowledged, given back, not acknowledged in time';
}

/** A simple consumer gets the messages of an expression. */
async function sql(clients, topic, group) {
  const producer = await clients.producer(topic);
  for (let i = 0; i < 12; i++) {
    await producer.send(message(topic, `${i}`, { tag: i % 2 ? 'odd' : 'even', properties: new Map([['n', `${i}`]]) }));
  }
  const consumer = await clients.simple(group, topic, new FilterExpression("n > 6 AND TAGS = 'odd'", FilterType.SQL));
  const received = await receive(consumer, 3, LONG);
  assert.deepEqual(received.map(body).sort(), ['11', '7', '9']);
  for (const one of received) await consumer.ack(one);
  return '3 of 12 messages';
}

/** Messages of a group arrive in order, also after one was refused. */
async function fifo(clients, topic, group) {
  const producer = await clients.producer(topic);
  const expected = [];
  for (let i = 0; i < 20; i++) {
    await producer.send(message(topic, `${i}`, { messageGroup: 'one' }));
    expected.push(`${i}`);
  }
  const seen = [];
  let refused = false;
  await clients.push(group, topic, '*', received => {
    if (body(received) === '5' && !refused) {
      refused = true;
      return false;
    }
    seen.push(body(received));
    return true;
  });
  await until('all messages', () => seen.length >= expected.length);
  assert.deepEqual(seen, expected);
  assert(refused);
  return '20 messages in order, one of them refused once';
}

async function delay(clients, topic, group) {
  const producer = await clients.producer(topic);
  const due = Date.now() + 3_000;
  await producer.send(message(topic, 'later', { deliveryTimestamp: new Date(due) }));
  const consumer = await clients.simple(group, topic, '*');
  const [received] = await receive(consumer, 1, LONG);
  const late = Date.now() - due;
  assert(late >= 0, `it came ${-late} ms too early`);
  await consumer.ack(received);
  return `${late} ms late`;
}

/** One is committed, one rolled back, and one committed when the producer is asked. */
async function transaction(clients, topic, group) {
  const asked = [];
  const checker = {
    async check(received) {
      asked.push(body(received));
      return body(received) === 'rolled back' ? TransactionResolution.ROLLBACK : TransactionResolution.COMMIT;
    },
  };
  const producer = await clients.producer(topic, { checker });
  for (const text of ['rolled back', 'committed', 'asked']) {
    const transaction = producer.beginTransaction();
    await producer.send(message(topic, text), transaction);
    if (text === 'committed') await transaction.commit();
    if (text === 'rolled back') await transaction.rollback();
  }
  const consumer = await clients.simple(group, topic, '*');
  const received = await receive(consumer, 2, LONG);
  assert.deepEqual(received.map(body).sort(), ['asked', 'committed']);
  assert(asked.includes('asked'));
  return 'committed, rolled back, asked';
}

/** A message that is always refused is tried as often as the group allows, and becomes a dead letter. */
async function dead(clients, topic, group) {
  const producer = await clients.producer(topic);
  await producer.send(message(topic, 'bad', { keys: ['key'] }));
  const attempts = [];
  await clients.push(group, topic, '*', received => {
    attempts.push(received.deliveryAttempt);
    return false;
  });
  const letter = await deadLetter(clients, group);
  assert.equal(body(letter), 'bad');
  assert.deepEqual(letter.keys, ['key']);
  assert.deepEqual(attempts, [1, 2]);
  return `${attempts.length} attempts, then a dead letter`;
}

/** The same in order: the message that follows waits until then. */
async function fifoDead(clients, topic, group) {
  const producer = await clients.producer(topic);
  for (const text of ['bad', 'good']) await producer.send(message(topic, text, { messageGroup: 'one' }));
  const attempts = [];
  await clients.push(group, topic, '*', received => {
    attempts.push(`${body(received)} ${received.deliveryAttempt}`);
    return body(received) === 'good';
  });
  assert.equal(body(await deadLetter(clients, group)), 'bad');
  await until('the message that follows', () => attempts.length >= 3);
  assert.deepEqual(attempts, ['bad 1', 'bad 2', 'good 1']);
  return '2 attempts, then a dead letter, then the next message';
}

async function deadLetter(clients, group) {
  // Its topic exists from the first dead letter on.
  let letters;
  await until('a topic of dead letters', async () => {
    letters = await clients.simple(`${group}-undertakers`, `%DLQ%${group}`, '*').catch(() => undefined);
    return letters;
  });
  const [letter] = await receive(letters, 1, LONG);
  return letter;
}

module.exports = { push, simple, sql, fifo, 'fifo-dead': fifoDead, delay, transaction, dead };
