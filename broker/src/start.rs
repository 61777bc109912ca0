//! The start of a broker.

use crate::config::{BrokerConfig, StoreConfig};
use crate::log::{self, Log, LogGuard};
use crate::name_server::NameServerState;
use crate::running::Addrs;
use crate::sockets::{Sockets, broker_addrs, local_addr};
use crate::state::{BrokerIdentity, BrokerState};
use crate::storage::{self, DiskOptions, MemoryStorage, Storage, StorageError};
use crate::supervisor::Servers;
use crate::topics::{TopicSettings, names};
use crate::{Flush, RunningBroker, StartError, address, jobs, metrics, open_files, stack};
use rocketmq_tower::{Abort, BoxError};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// Starts a broker on the store that `config` names, and returns its state as well.
pub(crate) async fn start(
    config: BrokerConfig,
) -> Result<(RunningBroker, Arc<BrokerState>), StartError> {
    let sockets = Sockets::bind(&config).await?;
    let storage: Arc<dyn Storage> = match &config.store {
        StoreConfig::Memory => Arc::new(MemoryStorage::default()),
        StoreConfig::Folder(path) => open(path.clone(), config.disk_options()).await?,
    };
    start_on(storage, sockets, &config).await
}

/// Starts a broker on this store.
pub(crate) async fn start_on(
    storage: Arc<dyn Storage>,
    sockets: Sockets,
    config: &BrokerConfig,
) -> Result<(RunningBroker, Arc<BrokerState>), StartError> {
    let flush = match config.store {
        // There is no disk to wait for.
        StoreConfig::Memory => Flush::Async,
        StoreConfig::Folder(_) => config.flush,
    };
    let log = Log::start(storage, flush).map_err(|error| StartError::SetUp(error.into()))?;
    let log = LogGuard::new(log);
    let (servers, addrs, state) = match assemble(log.handle(), sockets, config).await {
        Ok(assembled) => assembled,
        Err(error) => {
            // So that the folder can be opened again.
            log::close(log).await;
            return Err(error);
        }
    };
    let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
    let end = ended.clone().drop_guard();
    let serve = servers.run(log, stop.clone());
    let task = tokio::spawn(async move {
        let _end = end;
        serve.await
    });
    Ok((RunningBroker { addrs, stop, ended, task }, state))
}

/// Opens the store in a folder. That may take long after the process was killed.
async fn open(path: PathBuf, options: DiskOptions) -> Result<Arc<dyn Storage>, StartError> {
    let folder = path.clone();
    let opened = spawn_blocking(move || storage::open(&path, options));
    let opened = opened.await.map_err(|error| StartError::SetUp(error.into()))?;
    Ok(Arc::new(opened.map_err(|error| match error {
        StorageError::Folder(path, source) => StartError::CreateFolder { path, source },
        StorageError::InUse(path) => StartError::FolderInUse { path },
        StorageError::Open(path, source) => StartError::OpenStore { path, source },
        error @ (StorageError::OldFormat(_)
        | StorageError::Damaged { .. }
        | StorageError::Missing(_)
        | StorageError::Tables(..)) => StartError::OpenStore { path: folder, source: error.into() },
        other => StartError::ReadStore(other.into()),
    })?))
}

/// Reads the store, creates topics, and puts both servers together.
async fn assemble(
    log: Arc<Log>,
    sockets: Sockets,
    config: &BrokerConfig,
) -> Result<(Servers, Addrs, Arc<BrokerState>), StartError> {
    let config = &BrokerConfig {
        max_connections: open_files::connections(config.max_connections),
        ..config.clone()
    };
    let name_server = local_addr(&sockets.name_server)?;
    let (broker, vip) = broker_addrs(&sockets)?;
    let advertised = address::advertised(broker, config.advertise.as_deref());
    let identity = Arc::new(BrokerIdentity {
        cluster: config.cluster.clone(),
        name: config.broker_name.clone(),
        stored: address::stored(&advertised).await,
        address: advertised.clone(),
    });
    let (metrics, console) = (sockets.metrics_addr()?, sockets.console_addr());
    let addrs = Addrs { name_server, broker, vip, advertised, metrics, console };

    let state = BrokerState::open(Arc::clone(&identity), Arc::clone(&log), config).await;
    let state = Arc::new(state.map_err(StartError::ReadStore)?);
    for (name, queues) in &config.topics {
        create_topic(&state, name, *queues).await.map_err(|error| StartError::CreateTopic {
            name: name.clone(),
            source: plain(error),
        })?;
    }
    let names = NameServerState::open(&state).map_err(StartError::ReadStore)?;

    let metrics = |server| metrics::layer(&sockets, server);
    let (of_name_server, of_broker) = (metrics("name_server"), metrics("broker"));
    let set_up = |error: BoxError| StartError::SetUp(error);
    let names = Arc::new(names);
    let name_server = stack::name_server(sockets.name_server, &names, config, &of_name_server)
        .map_err(|error| set_up(error.into()))?;
    let broker = stack::broker(sockets.broker, &state, config, &of_broker)
        .map_err(|error| set_up(error.into()))?;
    #[cfg_attr(
        not(any(feature = "metrics-exporter", feature = "console")),
        expect(unused_mut, reason = "nothing to add")
    )]
    let mut jobs = jobs::start(&state);
    #[cfg(feature = "metrics-exporter")]
    if let Some(exporter) = sockets.exporter {
        jobs.spawn(exporter.serve());
    }
    #[cfg(feature = "console")]
    if let Some(console) = sockets.console {
        jobs.spawn(console.serve(Arc::clone(&state)));
    }
    Ok((Servers { name_server, broker, jobs }, addrs, state))
}

/// Creates a topic, unless it exists.
async fn create_topic(state: &BrokerState, name: &str, queues: u32) -> Result<(), BoxError> {
    names::check(name)?;
    state.topics.ensure(name, &TopicSettings::with_queues(queues)).await?;
    Ok(())
}

/// The error without the response code, which clients get.
fn plain(error: BoxError) -> BoxError {
    match error.downcast::<Abort>() {
        Ok(abort) => abort.remark.into(),
        Err(error) => error,
    }
}
