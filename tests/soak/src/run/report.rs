//! The figures of a run.

use super::audit::Memory;
use super::books::{Books, Called, Served, Visits};
use super::probes::Probes;

pub(crate) fn print(books: &Books, memory: &Memory, before: &Probes, after: &Probes) {
    let Called { begun, answered, failed, timed_out, given_up, refused, lost, .. } = &books.called;
    println!(
        "calls        {} = {} answered + {} failed as asked + {} timed out as asked + {} dropped \
         + {} refused while a server was down + {} lost \
         with a server",
        begun.get(),
        answered.get(),
        failed.get(),
        timed_out.get(),
        given_up.get(),
        refused.get(),
        lost.get()
    );
    let Called { oneways, confirmed, clients, .. } = &books.called;
    println!(
        "oneways      {}, of which {} confirmed; {} clients for three calls each",
        oneways.get(),
        confirmed.get(),
        clients.get()
    );
    let Served { begun, answered, failed, oneways, deferred, cut, .. } = &books.served;
    println!(
        "requests     {} = {} answered + {} failed as asked + {} oneway + {} deferred + {} aborted",
        begun.get(),
        answered.get(),
        failed.get(),
        oneways.get(),
        deferred.get(),
        cut.get()
    );
    let Served { late_answers, late_for_nobody, pushes, pushes_answered, pushes_lost, .. } =
        &books.served;
    println!(
        "deferred     {} answered, {} for disconnected peers",
        late_answers.get(),
        late_for_nobody.get()
    );
    println!(
        "pushes       {} = {} answered + {} lost",
        pushes.get(),
        pushes_answered.get(),
        pushes_lost.get()
    );
    let Visits { begun, done, lost, answers, resets, half_closes } = &books.visits;
    println!(
        "visits       {} = {} done + {} lost with a server; {} responses, {} resets, {} half-closes",
        begun.get(),
        done.get(),
        lost.get(),
        answers.get(),
        resets.get(),
        half_closes.get()
    );
    let Served { connected, disconnected, idle, graceful, abrupt, .. } = &books.served;
    println!(
        "connections  {} opened, {} closed, {} of them idle",
        connected.get(),
        disconnected.get(),
        idle.get()
    );
    println!("restarts     {} graceful, {} abrupt", graceful.get(), abrupt.get());
    println!(
        "memory       {} KiB warm, {} KiB at the end of the load (bound {}), peak {}, {} after the end",
        memory.warm,
        memory.last,
        memory.bound(),
        after.peak,
        after.resident
    );
    println!(
        "left         {} tasks (before: {}), {} open files (before: {})",
        after.tasks, before.tasks, after.files, before.files
    );
}
