//! Checks that runs detect sabotage, and can be replayed.

use crate::options::Options;
use crate::plan::Plan;
use crate::run::run;
use crate::sabotage::Sabotage;

/// Each sabotage is detected within this number of seeds.
const SEEDS: u64 = 12;

fn finds(sabotage: Sabotage, invariant: &str) {
    let found = (1..=SEEDS).any(|seed| {
        let outcome = run(Plan::new(seed), Some(sabotage), false);
        outcome.violations.iter().any(|violation| violation.invariant == invariant)
    });
    assert!(found, "{sabotage:?} is not found by '{invariant}'");
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    for seed in 1..=SEEDS {
        assert_eq!(run(Plan::new(seed), None, false).violations, []);
    }
}

#[test]
fn an_answer_to_the_wrong_caller_is_found() {
    finds(Sabotage::WrongCaller, "right answers");
}

#[test]
fn a_second_answer_is_found() {
    finds(Sabotage::AnswersTwice, "one answer per request");
}

#[test]
fn a_second_run_of_a_request_is_found() {
    finds(Sabotage::RunsTwice, "runs at most once");
}

#[test]
fn a_call_without_deadline_is_found() {
    finds(Sabotage::NoEnd, "calls end in time");
}

#[test]
fn a_forgotten_event_is_found() {
    finds(Sabotage::NoDisconnected, "events");
}

#[test]
fn a_permit_that_is_kept_is_found() {
    finds(Sabotage::KeepsPermit, "nothing is left");
}

#[test]
fn a_server_that_does_not_recover_is_found() {
    finds(Sabotage::NoRecovery, "recovery");
}

#[test]
fn a_shutdown_that_takes_too_long_is_found() {
    finds(Sabotage::SlowShutdown, "shutdown in time");
}

#[test]
fn a_server_that_ends_connections_too_early_is_found() {
    finds(Sabotage::NoFarewell, "graceful ends lose nothing");
}

#[test]
fn every_sabotage_can_be_asked_for() {
    for sabotage in Sabotage::ALL {
        let arguments = ["--sabotage", sabotage.name()].map(str::to_owned);
        let options = Options::parse(arguments.into_iter()).unwrap();
        assert_eq!(options.sabotage, Some(sabotage));
    }
}

#[test]
fn a_run_that_differs_is_found() {
    let mut outcome = run(Plan::new(1), None, false);
    outcome.compare(&run(Plan::new(2), None, false));
    assert_eq!(outcome.violations.len(), 1);
}
