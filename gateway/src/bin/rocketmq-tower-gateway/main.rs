//! The command `rocketmq-tower-gateway`.

mod audits;
mod config;
mod console;
mod current;
mod http;
mod live;
mod log;
mod memory;
mod options;
mod pages;
mod policies;

use clap::Parser;
use config::Config;
use console::Console;
use http::{HttpServer, Metrics};
use live::{Hangups, Live};
use log::Log;
use options::Options;
use policies::Policies;
use rocketmq_tower::BoxError;
use rocketmq_tower::error::chain_text;
use rocketmq_tower::layers::TlsLayer;
use rocketmq_tower::layers::tls::ServerTls;
use rocketmq_tower::server::shutdown_signal;
use rocketmq_tower_gateway::RunningGateway;
use std::io::{self, Write};
use std::process::ExitCode;
use tower::util::option_layer;

fn main() -> ExitCode {
    memory::set_up();
    run_to_end()
}

#[tokio::main]
async fn run_to_end() -> ExitCode {
    let options = Options::parse();
    let done = match options.pages.print() {
        Ok(true) => Ok(()),
        Ok(false) if options.check => check(&options),
        Ok(false) => run(options).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            _ = writeln!(io::stderr(), "error: {}", chain_text(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Reads all settings and the files that they name.
fn check(options: &Options) -> Result<(), BoxError> {
    let config = options.config()?;
    config.builder()?.check()?;
    config.console_options()?;
    server_tls(&config)?;
    Policies::new(&config, None)?;
    log::filter(config.log.as_deref())?;
    writeln!(io::stdout(), "the settings are valid")?;
    Ok(())
}

/// Serves until a signal arrives.
async fn run(options: Options) -> Result<(), BoxError> {
    let (signal, hangups) = (shutdown_signal()?, Hangups::new()?);
    let log = Log::start();
    let config = options.config()?;
    let tls = server_tls(&config)?;
    let mut live = Live::new(options, config.clone(), log, tls.clone()).await?;
    let metrics = match config.health {
        Some(_) if config.metrics != Some(false) => Some(Metrics::new()?),
        _ => None,
    };
    let console = match config.console_options()? {
        Some(options) => Some(Console::bind(&options).await?),
        None => None,
    };
    let gateway = start(&config, &live, metrics.as_ref(), tls).await?;
    let http = match &config.health {
        Some(addr) => Some(HttpServer::start(addr, gateway.status(), metrics.as_ref()).await?),
        None => None,
    };
    // It ends when this is dropped.
    let _console = console.map(|console| {
        console.start(gateway.status(), live.in_force(), metrics.as_ref().map(Metrics::handle))
    });
    tell(&gateway, http.as_ref())?;
    tokio::select! {
        () = signal => {}
        () = live.follow(hangups) => {}
    }
    gateway.shutdown().await;
    live.end().await;
    tracing::info!("stopped");
    Ok(())
}

fn server_tls(config: &Config) -> Result<Option<ServerTls>, BoxError> {
    config.tls.as_ref().map(|tls| tls.server()).transpose()
}

/// Starts the gateway with all layers.
async fn start(
    config: &Config,
    live: &Live,
    metrics: Option<&Metrics>,
    tls: Option<ServerTls>,
) -> Result<RunningGateway, BoxError> {
    let measured = metrics.map(|metrics| metrics.layer(config.max_topics()));
    let tls = tls.zip(config.tls.as_ref());
    let tls = tls.map(|(server, config)| TlsLayer::new(server).mode(config.mode()));
    let builder = config
        .builder()?
        .layer(option_layer(measured.clone()))
        .layer(live.layer())
        // Without a recorder, it does next to nothing; as an option, it would double the code of all connections.
        .connection_layer(measured.unwrap_or_default())
        .connection_layer(config.proxy_protocol.clone().unwrap_or_default().layer())
        .connection_layer(option_layer(tls));
    Ok(builder.start().await?)
}

/// Prints where clients connect.
fn tell(gateway: &RunningGateway, http: Option<&HttpServer>) -> io::Result<()> {
    let names = gateway.name_server_addrs();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let health = http.map(|http| format!(" health={}", http.addr())).unwrap_or_default();
    writeln!(io::stdout(), "ready namesrv={}{health}", names.join(","))?;
    for broker in gateway.brokers() {
        let id = format!("{}/{}", broker.name, broker.id);
        writeln!(io::stdout(), "broker {id} at {} is {}", broker.inside, broker.advertised)?;
    }
    Ok(())
}
