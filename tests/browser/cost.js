// What the console costs the broker; see `cost`.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const { setTimeout: sleep } = require('node:timers/promises');
const { chromium } = require('playwright-core');
const { Broker } = require('./support/broker');
const { Client } = require('./support/client');

const ROUNDS = 5;
const MESSAGES = 50_000;
const WINDOW = 30;
const TICKS = Number(execFileSync('getconf', ['CLK_TCK']));

/** The time of the processors that a broker has used, in seconds. */
function processor(broker) {
  const stat = fs.readFileSync(`/proc/${broker.process.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(stat[11]) + Number(stat[12])) / TICKS;
}

/** The resident memory of a broker, in KiB. */
const memory = broker => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${broker.process.pid}/status`, 'utf8'))[1]);

const median = values => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];
const starts = { without: { console: null }, with: {} };

/** Sends messages, 64 at a time, and returns the time of the processors for each, in microseconds. */
async function perMessage(broker) {
  const client = await Client.connect(broker.address);
  await client.createTopics(['Load']);
  const body = 'x'.repeat(200);
  const send = async number => { for (let at = 0; at < number; at += 1) await client.send('Load', 0, body); };
  const all = number => Promise.all(Array.from({ length: 64 }, () => send(Math.ceil(number / 64))));
  await all(5000);
  const before = processor(broker);
  await all(MESSAGES);
  const used = processor(broker) - before;
  client.close();
  return used * 1e6 / MESSAGES;
}

async function main() {
  const [idle, used, after] = [{ without: [], with: [] }, { without: [], with: [] }, { without: [], with: [] }];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [kind, options] of Object.entries(starts)) {
      const broker = await Broker.start({ args: ['--log', 'info'], ...options });
      await sleep(3000);
      idle[kind].push(memory(broker));
      used[kind].push(await perMessage(broker));
      after[kind].push(memory(broker));
      await broker.close();
    }
  }
  const broker = await Broker.start();
  await broker.topic('Orders', 4);
  const rest = async () => {
    const before = processor(broker);
    await sleep(WINDOW * 1000);
    return (processor(broker) - before) * 100 / WINDOW;
  };
  const closed = await rest();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  const page = await browser.newPage();
  await page.goto(broker.url);
  await page.locator('figure').first().waitFor();
  const open = await rest();
  const shown = memory(broker);
  await browser.close();
  await broker.close();

  const print = (name, ...values) => console.log(`${name.padEnd(62)}${values.map(value => value.padStart(14)).join('')}`);
  const mib = kib => `${(kib / 1024).toFixed(1)} MiB`;
  const both = (of, write) => [write(median(of.without)), write(median(of.with))];
  console.log(`load average before the last measurement: ${os.loadavg().map(load => load.toFixed(1)).join(', ')}; ${os.cpus().length} processors; medians of ${ROUNDS}`);
  print('', 'without', '--console');
  print('resident memory 3 s after the start', ...both(idle, mib));
  print(`resident memory after ${MESSAGES.toLocaleString('en')} messages`, ...both(after, mib));
  print('processor per message, no browser', ...both(used, value => `${value.toFixed(2)} us`));
  print(`processor in ${WINDOW} s, idle, no browser`, '', `${closed.toFixed(2)} %`);
  print(`processor in ${WINDOW} s, idle, the overview shown`, '', `${open.toFixed(2)} %`);
  print('resident memory then', '', mib(shown));
}

main();
