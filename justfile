# Short names for the scripts in .ci. Install `just` (cargo install just), or run the scripts.

# Lists the recipes.
default:
    @just --list

# Checks for every commit: formatting, lints, documentation and unit tests.
quick:
    .ci/quick

# Runs all checks that a change must pass.
gate:
    .ci/run

# Runs the broker, with its default options unless others are given.
broker *options:
    cargo run --release -p rocketmq-tower-broker -- {{options}}

# Runs all tests.
test:
    cargo test --workspace --all-features

# Compares instructions per request with the baseline; `just instructions --update` writes the baseline.
instructions *options:
    .ci/instructions {{options}}

# Fuzzes every target for SECONDS each.
fuzz seconds="20":
    .ci/fuzz {{seconds}}

# Runs SEEDS seeds of the simulation.
simulation seeds="2000":
    .ci/simulation {{seeds}}

# Runs every kind of load and fault for half a minute, then checks that each sabotage is detected.
soak:
    .ci/soak

# Runs Apache's clients and servers against this project: remoting, apache, filter, broker, pops, proxy, spring, go, old, admin, or all.
interop *suite:
    tests/interop/run {{suite}}

# Runs the example tests of an application: java, python, go, node, or all.
languages *language:
    tests/languages/run {{language}}

# Tests the console in headless Chromium; --screenshots also writes the pictures of its document.
browser *options:
    tests/browser/run {{options}}

# Compares the server with servers of other projects.
bench *options:
    benches/run {{options}}
