'use strict';

const { once } = require('node:events');
const net = require('node:net');

/** A client of RocketMQ's remoting protocol: frames with headers in JSON. */
class Client {
  static async connect(address) {
    const client = new Client();
    const at = address.lastIndexOf(':');
    client.socket = net.connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true });
    client.waiting = new Map();
    client.opaque = 0;
    let read = Buffer.alloc(0);
    client.socket.on('data', data => {
      read = Buffer.concat([read, data]);
      while (read.length >= 4 && read.length >= 4 + read.readUInt32BE(0)) {
        const end = 4 + read.readUInt32BE(0);
        const header = 8 + (read.readUInt32BE(4) & 0xffffff);
        client.answered(JSON.parse(read.subarray(8, header)), read.subarray(header, end));
        read = read.subarray(end);
      }
    });
    client.socket.on('close', () => client.waiting.forEach(({ reject }) => reject(new Error('the connection has ended'))));
    client.socket.on('error', () => {});
    await once(client.socket, 'connect');
    return client;
  }

  answered(header, body) {
    // Requests of the broker are notices, such as of changes of a group.
    if ((header.flag & 1) === 0) return;
    this.waiting.get(header.opaque)?.resolve({ header, body });
    this.waiting.delete(header.opaque);
  }

  /** Calls, and expects success. */
  async call(code, extFields, body = Buffer.alloc(0)) {
    this.opaque += 1;
    const opaque = this.opaque;
    const header = Buffer.from(JSON.stringify({ code, language: 'JAVA', version: 475, opaque, flag: 0, extFields }));
    const start = Buffer.alloc(8);
    start.writeUInt32BE(4 + header.length + body.length, 0);
    start.writeUInt32BE(header.length, 4);
    const answer = new Promise((resolve, reject) => this.waiting.set(opaque, { resolve, reject }));
    this.socket.write(Buffer.concat([start, header, body]));
    const answered = await answer;
    if (answered.header.code !== 0) throw new Error(`${code}: ${answered.header.code} ${answered.header.remark}`);
    return answered;
  }

  send(topic, queue, body, properties = '') {
    return this.call(10, {
      producerGroup: 'shop', topic, defaultTopic: 'TBW102', defaultTopicQueueNums: 4, queueId: queue, sysFlag: 0,
      bornTimestamp: Date.now(), flag: 0, properties, reconsumeTimes: 0, unitMode: false,
    }, Buffer.from(body));
  }

  /** Is a client that produces for groups, and consumes a topic as a group. */
  beat(id, { produces = [], consumes = [] }) {
    const consumer = ({ group, topic, expression = '*' }) => ({
      groupName: group, consumeType: 'CONSUME_PASSIVELY', messageModel: 'CLUSTERING', consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      subscriptionDataSet: [{ topic, subString: expression, tagsSet: [], codeSet: [], subVersion: 1, expressionType: 'TAG' }],
    });
    const body = { clientID: id, producerDataSet: produces.map(groupName => ({ groupName })), consumerDataSet: consumes.map(consumer) };
    return this.call(34, {}, Buffer.from(JSON.stringify(body)));
  }

  commit(consumerGroup, topic, queueId, commitOffset) {
    return this.call(15, { consumerGroup, topic, queueId, commitOffset });
  }

  pull(consumerGroup, topic, queueId, queueOffset) {
    return this.call(11, {
      consumerGroup, topic, queueId, queueOffset, maxMsgNums: 32, sysFlag: 4, commitOffset: 0, suspendTimeoutMillis: 0,
      subscription: '*', subVersion: 0, expressionType: 'TAG',
    });
  }

  /** Gives a message up, so that it is a dead letter of the group. `id` is that of the broker. */
  giveUp(group, topic, id) {
    return this.call(36, { group, offset: BigInt(`0x${id.slice(16)}`).toString(), delayLevel: -1, originTopic: topic, originMsgId: id });
  }

  /** Creates topics with one queue, at most 1,000. */
  createTopics(names) {
    const topicConfigList = names.map(topicName => ({ topicName, readQueueNums: 1, writeQueueNums: 1, perm: 6 }));
    return this.call(18, {}, Buffer.from(JSON.stringify({ topicConfigList })));
  }

  close() {
    this.socket.destroy();
  }
}

module.exports = { Client };
