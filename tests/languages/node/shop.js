'use strict';

const { Consumer, Message, Producer } = require('ali-ons');

// The first of RocketMQ's levels of delay.
const ONE_SECOND = 1;

// How the client connects. It takes a name server, and then makes no HTTP requests. Clients of a process share connections when their
// instances have the same name, so that the name has to differ between brokers. The process ends when the timers have fired that were
// set before the client was closed: here these are those of 1 s, with the default intervals up to 30 s.
const options = nameServer => ({
  nameSrv: nameServer,
  instanceName: nameServer,
  httpclient: {},
  pollNameServerInteval: 1000,
  heartbeatBrokerInterval: 1000,
  persistConsumerOffsetInterval: 1000,
  rebalanceInterval: 1000,
});

/** A shop sends orders, and reminders of them. */
class Shop {
  constructor(nameServer) {
    this.producer = new Producer({ ...options(nameServer), producerGroup: 'shop' });
  }

  async order(id) {
    await this.producer.send(new Message('Orders', `order ${id}`));
  }

  async remind(id) {
    const reminder = new Message('Orders', `reminder of ${id}`);
    reminder.delayTimeLevel = ONE_SECOND;
    await this.producer.send(reminder);
  }

  async close() {
    await this.producer.close();
  }
}

/** Calls `bill` with the text of each message. */
class Billing {
  constructor(nameServer, bill) {
    const consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
    this.consumer = new Consumer({ ...options(nameServer), consumerGroup: 'billing', consumeFromWhere });
    this.consumer.subscribe('Orders', '*', async message => bill(message.body.toString()));
  }

  async close() {
    await this.consumer.close();
  }
}

/** Closes the producer that the client makes by itself, once for a process. */
async function closeClient() {
  await Producer.defaultProducer?.close();
  Producer.defaultProducer = undefined;
}

module.exports = { Billing, Shop, closeClient };
