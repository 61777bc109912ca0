//! The clusters behind the gateway, and their brokers.

use super::Shared;
use axum::extract::State;
use rocketmq_tower_console::answer::{Answer, ApiError, Name, Page, Params, answer};
use rocketmq_tower_core::clock;
use rocketmq_tower_gateway::{BrokerPort, PortConnections, UpstreamState};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

pub(super) async fn list(State(shared): State<Arc<Shared>>, Params(page): Params<Page>) -> Answer {
    let (upstreams, next) = page.of(shared.status.upstreams(), |upstream| &upstream.name);
    let items: Vec<_> = upstreams.iter().map(summary).collect();
    answer(&json!({ "items": items, "next": next }))
}

fn summary(upstream: &UpstreamState) -> Value {
    let answered = upstream.answered.map(clock::time_ms);
    json!({
        "name": upstream.name,
        "name_servers": upstream.name_servers,
        "listens": upstream.listens,
        "reachable": upstream.answers,
        "answered": answered,
        "answered_ms_ago": answered.map(|answered| (clock::now_ms() - answered).max(0)),
        "routes": upstream.routes,
        "requests": upstream.requests,
        "errors": upstream.errors,
    })
}

/// Answers with a cluster, and a page of its brokers, in the order of their names and ids as texts.
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    Name(name): Name,
    Params(page): Params<Page>,
) -> Answer {
    let upstreams = shared.status.upstreams();
    let Some(upstream) = upstreams.iter().find(|upstream| upstream.name == name) else {
        return Err(ApiError::not_found(format!("there is no cluster {name}")));
    };
    let _turn = shared.turns.take().await?;
    let brokers = shared.status.brokers().into_iter();
    let brokers = brokers.filter(|broker| broker.upstream == name);
    let brokers = brokers.map(|broker| (format!("{}/{}", broker.name, broker.id), broker));
    let (brokers, next) = page.of(brokers.collect(), |(target, _)| target);
    let ports = shared.status.connections().await.into_iter();
    let ports = ports.filter(|port| port.upstream == name);
    let ports: HashMap<_, _> = ports.map(|port| (port.target.clone(), port)).collect();
    let items = brokers.iter().map(|(target, broker)| item(broker, ports.get(target)));
    let mut value = summary(upstream);
    value["name_server_clients"] = ports.get("name-server").map(|port| port.clients).into();
    value["items"] = items.collect();
    value["next"] = json!(next);
    answer(&value)
}

fn item(broker: &BrokerPort, port: Option<&PortConnections>) -> Value {
    let (clients, connections) = port.map_or((0, 0), |port| (port.clients, port.brokers));
    json!({
        "name": broker.name,
        "id": broker.id,
        "address": broker.inside,
        "advertised": broker.advertised,
        "clients": clients,
        "connections": connections,
        "reachable": if connections > 0 { Some(true) } else { broker.reachable },
    })
}
