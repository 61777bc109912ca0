//! Tests that look inside of the broker, or need a store that fails. The others are in
//! `tests/end_to_end`.

mod bare;
mod faulty;
mod load;
mod long_polling;
mod lookups;
mod memory;
#[allow(dead_code, reason = "shared with tests/end_to_end, which uses all of it")]
#[path = "../../tests/support/peer.rs"]
mod peer;
mod pulls;
#[allow(dead_code, reason = "shared with tests/end_to_end, which uses all of it")]
#[path = "../../tests/support/requests.rs"]
mod requests;
mod retention;
#[path = "../../tests/support/soon.rs"]
mod soon;
mod statistics;
mod store_failure;
mod store_faults;
mod stores;
mod transactions;

use soon::{PATIENCE, soon};
