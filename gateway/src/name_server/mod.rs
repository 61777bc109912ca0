//! The name-server port: answers of the cluster's name servers, with the gateway's addresses.

mod codes;
mod routes;

use crate::brokers::{AddressBook, BrokerId};
use crate::doors::{Doors, OpenError};
use crate::statistics::Counts;
use crate::{Upstream, rewrite};
use codes::{Handling, handling};
use rocketmq_tower::client::{Client, InvokeError, NameServers};
use rocketmq_tower::error::chain_text;
use rocketmq_tower::protocol::{BrokerData, ClusterInfo, MASTER_ID, TopicRouteData};
use rocketmq_tower::{Abort, Addr, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_core::clock;
use routes::KnownRoutes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// The name servers of one upstream cluster.
///
/// All clients share the connections to them. The routes that they have answered last are kept for the time when none of them answers.
pub(crate) struct NameServer {
    upstream: Arc<str>,
    client: Client,
    servers: NameServers,
    patience: Duration,
    book: Arc<AddressBook>,
    doors: Arc<Doors>,
    routes: KnownRoutes,
    /// Whether a name server has answered last.
    answers: AtomicBool,
    /// When it was, in ms since 1970; 0 before the first time.
    answered: AtomicI64,
    /// Of the requests of clients, if they are counted.
    counts: Option<Arc<Counts>>,
}

impl NameServer {
    pub(crate) fn new(
        upstream: &Upstream,
        patience: Duration,
        book: Arc<AddressBook>,
        doors: Arc<Doors>,
        counts: Option<Arc<Counts>>,
    ) -> Self {
        let client = client(upstream);
        let servers = client.name_servers(upstream.name_servers.iter().map(String::as_str));
        let upstream = upstream.name.as_str().into();
        let (routes, answers) = (KnownRoutes::new(), AtomicBool::new(false));
        let answered = AtomicI64::new(0);
        Self { upstream, client, servers, patience, book, doors, routes, answers, answered, counts }
    }

    /// Returns the name of the cluster.
    pub(crate) fn upstream(&self) -> &str {
        &self.upstream
    }

    /// Whether a name server has answered the last request.
    pub(crate) fn answers(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    /// Returns when a name server has answered last.
    pub(crate) fn answered(&self) -> Option<SystemTime> {
        let millis = u64::try_from(self.answered.load(Ordering::Relaxed)).unwrap_or(0);
        (millis > 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
    }

    /// Returns the addresses of the name servers.
    pub(crate) fn addrs(&self) -> Vec<Addr> {
        self.servers.addrs()
    }

    /// Returns the number of routes that are kept.
    pub(crate) fn routes(&self) -> usize {
        self.routes.len()
    }

    /// Returns the counts of requests, if they are counted.
    pub(crate) fn counts(&self) -> Option<&Counts> {
        self.counts.as_deref()
    }

    /// Answers a request of a client.
    pub(crate) async fn call(
        &self,
        request: RemotingCommand,
    ) -> Result<Option<RemotingCommand>, Abort> {
        let Some(counts) = &self.counts else { return self.handle(request).await };
        counts.request();
        let answer = self.handle(request).await;
        match &answer {
            Ok(Some(response)) => counts.answered(Some(response.response_code())),
            Ok(None) => {}
            Err(_) => counts.answered(None),
        }
        answer
    }

    async fn handle(&self, request: RemotingCommand) -> Result<Option<RemotingCommand>, Abort> {
        let is_oneway = request.is_oneway();
        let code = request.request_code();
        let response = match handling(code) {
            Handling::Refuse => return Err(refusal(code)),
            Handling::All => self.call_all(request).await?,
            Handling::Route => self.route(request).await?,
            Handling::Addresses => {
                let mut response = self.forward(request).await?;
                self.learn_cluster(&response).await?;
                rewrite::addresses(&self.book, &mut response);
                response
            }
            Handling::Forward => self.forward(request).await?,
        };
        Ok((!is_oneway).then_some(response))
    }

    /// Asks for the brokers of the cluster, and opens a port for each.
    pub(crate) async fn follow(&self) {
        let request = RemotingCommand::request(RequestCode::GET_BROKER_CLUSTER_INFO);
        let upstream = &self.upstream;
        match self.forward(request).await {
            Ok(response) => {
                if let Err(error) = self.learn_cluster(&response).await {
                    tracing::error!(%upstream, %error, "a broker has no port");
                }
            }
            Err(error) => tracing::warn!(%upstream, %error, "the name servers do not answer"),
        }
    }

    async fn forward(&self, request: RemotingCommand) -> Result<RemotingCommand, Abort> {
        let answer = self.servers.invoke(request, self.patience).await;
        self.answers.store(answer.is_ok(), Ordering::Relaxed);
        if answer.is_ok() {
            self.answered.store(clock::now_ms(), Ordering::Relaxed);
        }
        answer.map_err(|error| self.unreachable(&error))
    }

    /// Sends a request that changes something to every name server: they do not tell each other. Returns the first answer that is an error,
    /// or else the last one.
    async fn call_all(&self, request: RemotingCommand) -> Result<RemotingCommand, Abort> {
        let mut last = None;
        for addr in self.servers.addrs() {
            let answer = self.client.invoke(addr, request.clone(), self.patience).await;
            let answer = answer.map_err(|error| self.unreachable(&error))?;
            if !answer.response_code().is_success() {
                return Ok(answer);
            }
            last = Some(answer);
        }
        last.ok_or_else(|| self.unreachable(&InvokeError::NoNameServer))
    }

    /// Answers where the queues of a topic are; from memory if no name server answers.
    async fn route(&self, request: RemotingCommand) -> Result<RemotingCommand, Abort> {
        let key = KnownRoutes::key(&request);
        let mut response = match self.forward(request).await {
            Ok(response) => response,
            Err(abort) => return self.routes.get(&key).ok_or(abort),
        };
        if response.response_code().is_success() {
            let route: TopicRouteData = response.json().map_err(|error| unreadable(&error))?;
            self.learn(&route.broker_datas).await?;
            rewrite::addresses(&self.book, &mut response);
            self.routes.put(key, &response);
        } else {
            self.routes.remove(&key);
        }
        Ok(response)
    }

    /// Opens ports for the brokers in an answer about the cluster.
    async fn learn_cluster(&self, response: &RemotingCommand) -> Result<(), Abort> {
        if !response.response_code().is_success() || response.body().is_empty() {
            return Ok(());
        }
        let cluster: ClusterInfo = response.json().map_err(|error| unreadable(&error))?;
        self.learn(cluster.broker_addr_table.values()).await
    }

    async fn learn<'a>(
        &self,
        brokers: impl IntoIterator<Item = &'a BrokerData>,
    ) -> Result<(), Abort> {
        for broker in brokers {
            let name: Arc<str> = broker.broker_name.as_str().into();
            let told = |id| id == MASTER_ID || self.book.has_slaves();
            for (&id, addr) in broker.broker_addrs.iter().filter(|(id, _)| told(**id)) {
                let id =
                    BrokerId { upstream: Arc::clone(&self.upstream), name: Arc::clone(&name), id };
                self.doors.open(&self.book, id, addr).await.map_err(|error| no_port(&error))?;
            }
        }
        Ok(())
    }

    fn unreachable(&self, error: &InvokeError) -> Abort {
        tracing::debug!(upstream = %self.upstream, error = chain_text(error), "no name server answers");
        Abort::new(ResponseCode::SERVICE_NOT_AVAILABLE, "no name server answers the gateway")
    }
}

/// Returns the client of a cluster's name servers.
fn client(upstream: &Upstream) -> Client {
    let mut builder = Client::builder();
    if let Some(hook) = &upstream.hook {
        builder = builder.hook(Arc::clone(hook));
    }
    #[cfg(feature = "tls")]
    if let Some(tls) = &upstream.tls {
        use rocketmq_tower::client::{Connector, transport::TlsTransport};
        builder = builder.connector(Connector::new().transport(TlsTransport::new(tls.clone())));
    }
    builder.build()
}

fn refusal(code: RequestCode) -> Abort {
    Abort::new(
        ResponseCode::NO_PERMISSION,
        format!("{code} is a request of brokers, which do not register through the gateway"),
    )
}

fn no_port(error: &OpenError) -> Abort {
    Abort::new(ResponseCode::SYSTEM_ERROR, chain_text(error))
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> Abort {
    let remark = format!("the gateway cannot read the name server's answer: {}", chain_text(error));
    Abort::new(ResponseCode::SYSTEM_ERROR, remark)
}
