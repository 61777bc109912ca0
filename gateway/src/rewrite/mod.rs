//! Changes what clients are told of addresses: they learn the gateway's in place of the brokers'.
//!
//! | code | place |
//! |---|---|
//! | 10, 310, 320, 324, 325 | the ids of stored messages in the answer's field `msgId` |
//! | 11, 361, 12, 33, 200050, 200052 | the store hosts of the messages in the answer's body |
//! | 105, 106, 304, 901, 907 | addresses in the answer's JSON text |
//! | 36 | the field `originMsgId` of the request, which gets the broker's own address again |
//! | 39, 309, to a client | the store host of the message in the body, and the field `offsetMsgId` |
//! | 326, to a client | the field `storeHost` |
//!
//! Everything else passes as it is.

mod ids;
mod records;
mod text;

use crate::brokers::{AddressBook, Broker};
use rocketmq_tower::{RemotingCommand, RequestCode};
use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;

/// Rewrites what passes between clients and one broker.
#[derive(Clone, Debug)]
pub(crate) struct Rewriter {
    book: Arc<AddressBook>,
    broker: Arc<Broker>,
}

impl Rewriter {
    pub(crate) fn new(book: Arc<AddressBook>, broker: Arc<Broker>) -> Self {
        Self { book, broker }
    }

    pub(crate) fn broker(&self) -> &Broker {
        &self.broker
    }

    /// Returns the address for clients in place of one in the cluster.
    fn outside(&self, inside: SocketAddr) -> Option<SocketAddr> {
        if self.broker.inside() == Some(inside) {
            return Some(self.broker.outside);
        }
        self.book.outside(inside)
    }

    /// Rewrites a request of a client.
    pub(crate) fn request(&self, request: &mut RemotingCommand) {
        if request.request_code() == RequestCode::CONSUMER_SEND_MSG_BACK {
            ids::replace(request, "originMsgId", |outside| self.book.inside(outside));
        }
    }

    /// Rewrites the broker's answer to a request with this code.
    pub(crate) fn response(&self, code: RequestCode, response: &mut RemotingCommand) {
        match code {
            RequestCode::SEND_MESSAGE
            | RequestCode::SEND_MESSAGE_V2
            | RequestCode::SEND_BATCH_MESSAGE
            | RequestCode::SEND_REPLY_MESSAGE
            | RequestCode::SEND_REPLY_MESSAGE_V2 => self.id(response, "msgId"),
            RequestCode::PULL_MESSAGE
            | RequestCode::LITE_PULL_MESSAGE
            | RequestCode::QUERY_MESSAGE
            | RequestCode::VIEW_MESSAGE_BY_ID
            | RequestCode::POP_MESSAGE
            | RequestCode::PEEK_MESSAGE => self.messages(response),
            RequestCode::GET_BROKER_MEMBER_GROUP | RequestCode::GET_BROKER_HA_STATUS => {
                addresses(&self.book, response);
            }
            _ => {}
        }
    }

    /// Rewrites a request of the broker to a client.
    pub(crate) fn push(&self, request: &mut RemotingCommand) {
        match request.request_code() {
            RequestCode::CHECK_TRANSACTION_STATE => {
                self.id(request, "offsetMsgId");
                self.messages(request);
            }
            RequestCode::CONSUME_MESSAGE_DIRECTLY => self.messages(request),
            RequestCode::PUSH_REPLY_MESSAGE_TO_CLIENT => {
                let host = request.ext_fields().get("storeHost");
                let outside = host.and_then(|host| self.book.advertised(host));
                if let Some(broker) = outside {
                    request.ext_fields_mut().insert("storeHost", &broker.outside.to_string());
                }
            }
            _ => {}
        }
    }

    fn id(&self, command: &mut RemotingCommand, field: &str) {
        ids::replace(command, field, |inside| self.outside(inside));
    }

    fn messages(&self, command: &mut RemotingCommand) {
        if command.body().is_empty() {
            return;
        }
        let body = records::patch(command.take_body(), |inside| self.outside(inside));
        command.set_body(body);
    }
}

/// Replaces the addresses of brokers in an answer's JSON text, and leaves out those of slaves if clients are told masters only.
pub(crate) fn addresses(book: &AddressBook, response: &mut RemotingCommand) {
    if !book.has_slaves() {
        if let Cow::Owned(text) = text::keep_masters(response.body()) {
            response.set_body(text);
        }
    }
    let body = response.body();
    let new = text::replace_strings(body, |inside| {
        // Most strings are not addresses.
        let broker = inside.contains(':').then(|| book.advertised(inside)).flatten()?;
        Some(broker.advertised.clone())
    });
    if let Cow::Owned(text) = new {
        response.set_body(text);
    }
}
