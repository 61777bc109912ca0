//! Runs Apache RocketMQ's own clients and servers against rocketmq-tower.
//!
//! * `interop remoting CLASS_PATH` runs Java's remoting against ours.
//! * `interop ends CLASS_PATH CALLS` makes this number of calls with Java's remoting while connections end.
//! * `interop apache CLASS_PATH` runs our client against Apache's name server and broker.
//! * `interop broker CLASS_PATH` runs the official Java client against `rocketmq-tower-broker`.
//! * `interop pops CLASS_PATH` runs consumers that pop under load, while one of them, or the broker, is killed.
//! * `interop old CLASSES VERSION..` runs these versions of that client, whose classes and libraries are in `CLASSES/VERSION`.
//! * `interop admin CLASS_PATH [COMMAND..]` compares mqadmin's output for Apache's broker and for ours.
//! * `interop reference CLASS_PATH SERVERS` runs the scenarios of `broker` against Apache's servers.
//! * `interop filter CLASS_PATH [SEED]` compares Java's filter by SQL92 with that of `rocketmq-tower-broker`.
//! * `interop proxy CLASS_PATH NODE PROXY [SCENARIO..]` runs Java's and Node's clients over gRPC against `rocketmq-tower-broker` behind Apache's proxy.
//! * `interop spring CLASS_PATH [SCENARIO..]` runs an application with Spring's starter against `rocketmq-tower-broker`.
//! * `interop go PROGRAM [SCENARIO..]` runs Go's client and its admin against `rocketmq-tower-broker`.
//! * `interop gateway [PART..]` runs clients and tools through `rocketmq-tower-gateway`, which cannot reach the brokers themselves.
//! * `interop connect ADDR` and `interop proxy-topics BROKER..` connect to an address and create the topics of `proxy`, for `gateway`,
//!   which does that in namespaces of the network.
//! * `interop throughput CLASS_PATH` measures, and checks nothing.
//!
//! Each suite prints one line per check, and stops at the first check that fails.

mod admin;
mod apache;
mod broker;
mod check;
mod filter;
mod gateway;
mod go;
mod place;
mod proxy;
mod remoting;
mod spring;
mod throughput;

use rocketmq_tower::BoxError;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // A signal drops the running suite, which kills the Java processes that it started.
    tokio::select! {
        done = run(&arguments) => done?,
        () = told_to_end()? => return Err("interrupted".into()),
    }
    println!("all is well");
    Ok(())
}

async fn run(arguments: &[&str]) -> Result<(), BoxError> {
    match arguments {
        ["remoting", class_path] => remoting::run(class_path).await,
        ["ends", class_path, calls] => {
            remoting::ends::check_for_long(class_path, calls.parse()?).await
        }
        ["apache", class_path] => apache::run(class_path).await,
        ["broker", class_path, some @ ..] => broker::run(class_path, some).await,
        ["pops", class_path, some @ ..] => broker::pops::run(class_path, some).await,
        ["old", classes, versions @ ..] => broker::versions::run(classes, versions).await,
        ["admin", class_path, show @ ..] => admin::run(class_path, show).await,
        ["reference", class_path, servers, some @ ..] => {
            broker::reference(class_path, servers, some).await
        }
        ["filter", class_path] => filter::run(class_path).await,
        ["filter", class_path, seed] => filter::compare(class_path, seed.parse()?).await,
        ["proxy", class_path, node, proxy, some @ ..] => {
            proxy::run(class_path, node, proxy, some).await
        }
        ["spring", class_path, some @ ..] => spring::run(class_path, some).await,
        ["go", program, some @ ..] => go::run(program, some).await,
        ["gateway", parts @ ..] => gateway::run(parts).await,
        ["proxy-topics", brokers @ ..] => proxy::create_all(brokers).await,
        ["connect", addr] => gateway::connect(addr).await,
        ["throughput", class_path, options @ ..] => throughput::run(class_path, options).await,
        _ => {
            let usage = "usage: interop remoting|apache CLASS_PATH, ends CLASS_PATH CALLS, broker|pops CLASS_PATH [SCENARIO..], \
                         old CLASSES VERSION.., admin CLASS_PATH [COMMAND..], \
                         reference CLASS_PATH SERVERS [SCENARIO..], filter CLASS_PATH [SEED], \
                         proxy CLASS_PATH NODE PROXY [SCENARIO..], \
                         spring CLASS_PATH [SCENARIO..], go PROGRAM [SCENARIO..], \
                         gateway [PART..], connect ADDR, \
                         throughput CLASS_PATH [OPTION..]";
            Err(usage.into())
        }
    }
}

fn told_to_end() -> Result<impl Future<Output = ()>, BoxError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
