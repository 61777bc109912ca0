'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { createInterface } = require('node:readline');

/** The environment without options of the broker. */
const environment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ROCKETMQ_')));

/** Those that run. */
const running = new Set();

/** A rocketmq-tower-broker in memory with a console, until `close`. */
class Broker {
  /** Starts one on free ports of 127.0.0.1, or at the addresses of another one that has ended. */
  static async start({ args = [], like, console = '127.0.0.1:0' } = {}) {
    const broker = new Broker();
    const listen = like ? [like.address, like.nameServer] : ['127.0.0.1:0', '127.0.0.1:0'];
    const at = like ? `127.0.0.1:${like.port}` : console;
    broker.process = spawn(process.env.BROKER, ['--in-memory', '--listen', listen[0], '--namesrv', listen[1], '--no-vip-port',
      ...(at ? ['--console', at] : []), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
    running.add(broker);
    broker.ended = new Promise(resolve => broker.process.once('error', resolve).once('close', resolve)).finally(() => running.delete(broker));
    const log = [];
    createInterface(broker.process.stderr).on('line', line => {
      log.push(line);
      if (log.length > 50) log.splice(20, 1);
      const found = /console at http:\/\/\S+:(\d+)\//.exec(line);
      if (found) broker.port = Number(found[1]);
    });
    const deadline = setTimeout(() => broker.process.kill('SIGKILL'), 10_000);
    const [line] = await Promise.race([once(createInterface(broker.process.stdout), 'line'), broker.ended.then(code => [code])]);
    clearTimeout(deadline);
    const ready = /^ready namesrv=(\S+) broker=(\S+)$/.exec(line);
    while (ready && at && !broker.port) await new Promise(setImmediate);
    if (!ready) {
      broker.process.kill('SIGKILL');
      throw new Error(`the broker did not start: ${line}\n${log.join('\n')}`);
    }
    [, broker.nameServer, broker.address] = ready;
    broker.url = `http://127.0.0.1:${broker.port}`;
    return broker;
  }

  /** Calls the console's API. */
  async api(method, path, body) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${this.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    const value = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}`);
    return value;
  }

  topic(name, queues = 1, attributes = {}) {
    return this.api('POST', '/topics', { name, queues, attributes });
  }

  send(topic, message) {
    return this.api('POST', '/messages', { topic, ...message });
  }

  /** Ends it as a crash does. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  static async closeAll() {
    await Promise.all([...running].map(broker => broker.close()));
  }

  async close() {
    this.process.kill('SIGTERM');
    const deadline = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(deadline);
  }
}

module.exports = { Broker };
