//! The handling of requests for name servers, by code.

use rocketmq_tower::RequestCode;

/// The way in which a request for name servers is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handling {
    /// Forward it to one name server, and the answer as it is. Also codes that nobody here knows.
    Forward,
    /// Forward it to all name servers, as it changes something.
    All,
    /// The route of a topic.
    Route,
    /// Replace addresses in the answer.
    Addresses,
    /// A request of brokers and controllers.
    Refuse,
}

pub(super) fn handling(code: RequestCode) -> Handling {
    match code {
        RequestCode::GET_ROUTEINFO_BY_TOPIC => Handling::Route,
        RequestCode::GET_BROKER_CLUSTER_INFO
        | RequestCode::GET_SYSTEM_TOPIC_LIST_FROM_NS
        | RequestCode::GET_BROKER_MEMBER_GROUP => Handling::Addresses,
        RequestCode::PUT_KV_CONFIG
        | RequestCode::DELETE_KV_CONFIG
        | RequestCode::WIPE_WRITE_PERM_OF_BROKER
        | RequestCode::ADD_WRITE_PERM_OF_BROKER
        | RequestCode::DELETE_TOPIC_IN_NAMESRV
        | RequestCode::REGISTER_TOPIC_IN_NAMESRV
        | RequestCode::UPDATE_NAMESRV_CONFIG => Handling::All,
        RequestCode::REGISTER_BROKER
        | RequestCode::UNREGISTER_BROKER
        | RequestCode::QUERY_DATA_VERSION
        | RequestCode::BROKER_HEARTBEAT => Handling::Refuse,
        code if (1001..=1018).contains(&code.as_i32()) => Handling::Refuse,
        _ => Handling::Forward,
    }
}
