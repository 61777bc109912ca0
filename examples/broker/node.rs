//! A name server and a broker that are one.

use crate::broker::{Broker, Identity};
use crate::exporter::Exporter;
use crate::log::Log;
use crate::name_server::NameServer;
use crate::options::Options;
use crate::storage::{self, Memory, Storage};
use crate::topics::{Settings, names};
use crate::transactions::Checks;
use crate::{address, jobs, stack};
use rocketmq_tower::layers::MetricsLayer;
use rocketmq_tower::server::BoundServer;
use rocketmq_tower::server::listener::{Accept, Retry, TcpAcceptor, TcpOptions};
use rocketmq_tower::{Addr, BoxError};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Both, listening.
pub(crate) struct Node {
    name_server: BoundServer<Retry<TcpAcceptor>>,
    broker: BoundServer<Retry<TcpAcceptor>>,
    identity: Arc<Identity>,
    log: Arc<Log>,
    jobs: JoinSet<()>,
    exporter: Option<Exporter>,
}

impl Node {
    /// Opens the store and listens.
    pub(crate) async fn start(options: &Options) -> Result<Self, BoxError> {
        let storage: Arc<dyn Storage> = match options.in_memory {
            true => Arc::new(Memory::default()),
            false => Arc::new(storage::open(&options.data)?),
        };
        let log = Arc::new(Log::start(storage, options.flush.into())?);
        let names = TcpAcceptor::bind(&options.namesrv, &TcpOptions::default()).await?;
        let tcp = TcpAcceptor::bind(&options.listen, &TcpOptions::default()).await?;
        let listening = tcp.local_addr().socket_addr().ok_or("a socket without an address")?;
        let address = address::advertised(listening, options.advertise.as_deref());
        let identity = Arc::new(Identity {
            cluster: options.cluster.clone(),
            name: options.broker_name.clone(),
            stored: address::stored(&address).await,
            address,
        });
        let checks = Checks {
            first: Duration::from_secs(options.transaction_timeout.into()),
            interval: Duration::from_secs(options.transaction_check_interval.into()),
        };
        let broker = Broker::open(Arc::clone(&identity), Arc::clone(&log), checks).await?;
        let broker = Arc::new(broker);
        for topic in &options.topic {
            make_topic(&broker, topic).await?;
        }
        let topics = Arc::clone(&broker.topics);
        let state = NameServer::open(Arc::clone(&identity), topics, Arc::clone(&log))?;
        let exporter = match &options.metrics {
            Some(addr) => Some(Exporter::bind(addr).await?),
            None => None,
        };
        let metrics = |server| {
            exporter.as_ref().map_or_else(MetricsLayer::new, |exporter| exporter.layer(server))
        };
        let keep = Duration::from_secs(u64::from(options.retention) * 3600);
        Ok(Self {
            name_server: stack::name_server(
                Retry::new(names),
                &Arc::new(state),
                options,
                &metrics("name_server"),
            )?,
            broker: stack::broker(Retry::new(tcp), &broker, options, &metrics("broker"))?,
            identity,
            log,
            jobs: jobs::start(&broker, keep),
            exporter,
        })
    }

    /// Where the name server listens.
    pub(crate) fn name_server_addr(&self) -> String {
        self.name_server.local_addr().to_string()
    }

    /// Where clients reach the broker.
    pub(crate) fn broker_addr(&self) -> &str {
        &self.identity.address
    }

    /// Where metrics are read, if anywhere.
    pub(crate) fn metrics_addr(&self) -> Option<Addr> {
        self.exporter.as_ref().map(Exporter::local_addr)
    }

    /// Serves until `signal` resolves. Then all that was asked is answered, and stored. A store that
    /// has failed ends it, too: it has to be opened anew.
    pub(crate) async fn serve_until(mut self, signal: impl Future) -> Result<(), BoxError> {
        if let Some(exporter) = self.exporter.take() {
            self.jobs.spawn(exporter.serve());
        }
        let stop = CancellationToken::new();
        let log = self.log;
        let (names, broker, ()) = tokio::join!(
            async {
                let served = self.name_server.serve_until(stop.cancelled()).await;
                // Neither is of use without the other.
                stop.cancel();
                served
            },
            async {
                let served = self.broker.serve_until(stop.cancelled()).await;
                stop.cancel();
                served
            },
            async {
                tokio::select! {
                    _ = signal => {}
                    () = log.broken() => {}
                    () = stop.cancelled() => {}
                }
                stop.cancel();
            },
        );
        drop(self.jobs);
        let is_broken = log.is_broken();
        tokio::task::spawn_blocking(move || log.close()).await?;
        names?;
        broker?;
        if is_broken {
            Err("the store has failed, and has to be opened anew".into())
        } else {
            Ok(())
        }
    }
}

/// Makes a topic of `NAME` or `NAME:QUEUES`, if it is not there.
async fn make_topic(broker: &Broker, text: &str) -> Result<(), BoxError> {
    let (name, queues) = text.rsplit_once(':').unwrap_or((text, "4"));
    names::check(name)?;
    let queues = queues.parse().map_err(|_| format!("{text}: how many queues?"))?;
    broker.topics.ensure(name, &Settings::with_queues(queues)).await?;
    Ok(())
}
