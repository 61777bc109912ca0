'use strict';

// Scenarios of Node's client of version 5, over gRPC, concurrently. Arguments: the proxy's endpoints, a label, the names of
// the scenarios. The topic of a scenario has its name after the label, and so has its group, with `-g`; topics and groups exist.

const { Clients } = require('./clients');
const { runAll } = require('./runner');
const scenarios = require('./scenarios');

const [endpoints, label, ...names] = process.argv.slice(2);

async function run(name) {
  if (!(name in scenarios)) throw new Error(`expected one of ${Object.keys(scenarios)}`);
  const clients = new Clients(endpoints);
  try {
    return await scenarios[name](clients, `${label}-${name}`, `${label}-${name}-g`);
  } finally {
    await clients.close();
  }
}

runAll(label, Object.fromEntries(names.map(name => [name, () => run(name)])))
  .then(passed => process.exit(passed ? 0 : 1));
