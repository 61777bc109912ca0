//! A broker whose process is killed in the middle of its work has all that it has acknowledged.

mod child;
mod ledger;
mod rounds;
