'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { createInterface } = require('node:readline');

/** A rocketmq-tower-broker in memory, on free ports of 127.0.0.1, until `close`. */
class TestBroker {
  /** Starts a broker with topics such as `Orders,Payments`. */
  static async start(topics) {
    const broker = new TestBroker();
    broker.process = spawn('rocketmq-tower-broker', ['--in-memory', '--listen', '127.0.0.1:0', '--namesrv', '127.0.0.1:0',
      '--no-vip-port', '--log', 'warn', '--topic', topics], { stdio: ['ignore', 'pipe', 'inherit'] });
    broker.ended = new Promise(resolve => broker.process.once('error', resolve).once('close', resolve));
    const deadline = setTimeout(() => broker.process.kill('SIGKILL'), 10_000);
    const line = await Promise.race([once(createInterface(broker.process.stdout), 'line'), broker.ended]);
    clearTimeout(deadline);
    const ready = /^ready namesrv=(\S+) broker=(\S+)$/.exec(line);
    if (!ready) {
      broker.process.kill('SIGKILL');
      throw new Error(`rocketmq-tower-broker did not start, see its stderr: ${line}`);
    }
    [, broker.nameServer, broker.address] = ready;
    return broker;
  }

  async close() {
    this.process.kill('SIGTERM');
    const deadline = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    const code = await this.ended;
    clearTimeout(deadline);
    if (code !== 0) throw new Error(`the broker ended with ${code}`);
  }
}

module.exports = { TestBroker };
