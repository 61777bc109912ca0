# Short names for the scripts in .ci. Install `just` (cargo install just), or run the scripts.

# Lists the recipes.
default:
    @just --list

# Formatting, lints, documentation and unit tests: for every commit.
quick:
    .ci/quick

# The whole gate.
gate:
    .ci/run

# Runs the broker with its defaults.
broker *options:
    cargo run --release -p rocketmq-tower-broker -- {{options}}

# All tests.
test:
    cargo test --workspace --all-features

# Instructions per request beside the baseline; `just instructions --update` writes the baseline.
instructions *options:
    .ci/instructions {{options}}

# Fuzzes every target for SECONDS each.
fuzz seconds="20":
    .ci/fuzz {{seconds}}

# Runs SEEDS seeds of the simulation.
simulation seeds="2000":
    .ci/simulation {{seeds}}

# Half a minute of everything at once, then each sabotage.
soak:
    .ci/soak

# Apache's clients and servers against this project: remoting, apache, broker, or all.
interop *suite:
    tests/interop/run {{suite}}

# The server beside its peers.
bench *options:
    benches/run {{options}}
