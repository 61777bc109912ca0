//! Requests of tenants, and their answers.

use super::Tenant;
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::message::{Properties, SendHeader, property};
use rocketmq_tower_core::subject::{Action, Change, Kind, Rewritten, Subject, SubjectError};
use rocketmq_tower_core::{Abort, ExtFields, RemotingCommand, RequestCode, ResponseCode};

/// The end of the names of topics for replies, one for each cluster. Tenants share them: they send replies,
/// which brokers push to the client that waits, and cannot read them.
const REPLY_TOPIC: &str = "_REPLY_TOPIC";

/// Gives the names in a tenant's request those in the cluster. Refuses what would reach beyond the tenant.
pub(super) fn enter(tenant: &Tenant, request: &mut RemotingCommand) -> Result<(), Abort> {
    let code = request.request_code();
    check(request, code)?;
    let group = popped_by(request, code).map(str::to_owned);
    let mut refused = None;
    let rewritten = Subject::rewrite(request, |kind, name| match kind {
        Kind::Template if name == SendHeader::DEFAULT_TOPIC => Change::Keep,
        Kind::Topic if is_shared(code, name) => Change::Keep,
        _ => tenant.inside(kind, name, group.as_deref()).map_or_else(
            || {
                refused =
                    Some(format!("the name of a {kind} has a %, which ends the name of a tenant"));
                Change::Remove
            },
            Change::Replace,
        ),
    });
    let refused = match rewritten {
        Err(error) => Some(chain_text(&error)),
        Ok(Rewritten::Gone) => Some(refused.unwrap_or_else(|| format!("{code} is not known"))),
        Ok(Rewritten::Kept) => refused,
    };
    refused.map_or(Ok(()), |text| Err(no_permission(text)))
}

/// Returns the group that has popped the message which a request names by its topic: it may be the retry topic
/// of the group for a topic.
fn popped_by(request: &RemotingCommand, code: RequestCode) -> Option<&str> {
    let acts = matches!(code, RequestCode::ACK_MESSAGE | RequestCode::CHANGE_MESSAGE_INVISIBLETIME);
    acts.then(|| request.ext_fields().get("consumerGroup")).flatten()
}

fn check(request: &RemotingCommand, code: RequestCode) -> Result<(), Abort> {
    let action = Action::of(code);
    let is_of_clients =
        !matches!(action, Action::Broker | Action::Client | Action::AdminCluster | Action::Unknown);
    // The names are not looked for here: a body that cannot be read is refused later.
    if !(Subject::is_named(request) && (is_of_clients || is_of_order(code))) {
        return Err(no_permission(match action {
            Action::Unknown => {
                format!("{code} is not known: what it acts on may be another tenant's")
            }
            _ => format!("{code} acts on the cluster, not on what is a tenant's"),
        }));
    }
    if action == Action::Send {
        check_send(request, code)?;
    }
    Ok(())
}

/// The order of a topic's queues, which name servers keep.
fn is_of_order(code: RequestCode) -> bool {
    matches!(code, RequestCode::PUT_KV_CONFIG | RequestCode::DELETE_KV_CONFIG)
}

/// Refuses messages that act on others which are not looked up by a topic or a group.
fn check_send(request: &RemotingCommand, code: RequestCode) -> Result<(), Abort> {
    let field = match code {
        RequestCode::SEND_MESSAGE | RequestCode::SEND_REPLY_MESSAGE => "properties",
        RequestCode::SEND_MESSAGE_V2
        | RequestCode::SEND_BATCH_MESSAGE
        | RequestCode::SEND_REPLY_MESSAGE_V2 => "i",
        _ => return Ok(()),
    };
    let properties = Properties::new(request.ext_fields().get(field).unwrap_or_default());
    let names = [property::TIMER_DEL_UNIQKEY, property::TRAN_MSG, property::PGROUP];
    match properties.get_all(names) {
        [Some(_), _, _] => {
            Err(no_permission("delayed messages are recalled with RECALL_MESSAGE".into()))
        }
        [_, Some(_), None] => {
            Err(no_permission("a transaction needs the group of its producers".into()))
        }
        _ => Ok(()),
    }
}

fn is_shared(code: RequestCode, topic: &str) -> bool {
    use RequestCode as C;
    match code {
        C::GET_ROUTEINFO_BY_TOPIC => topic == SendHeader::DEFAULT_TOPIC || is_of_replies(topic),
        C::SEND_REPLY_MESSAGE | C::SEND_REPLY_MESSAGE_V2 | C::PUSH_REPLY_MESSAGE_TO_CLIENT => {
            is_of_replies(topic)
        }
        _ => false,
    }
}

fn is_of_replies(topic: &str) -> bool {
    topic.ends_with(REPLY_TOPIC) && !topic.contains('%')
}

/// Takes from an answer what is not the tenant's, and gives the rest its plain names.
pub(super) fn leave(tenant: &Tenant, code: RequestCode, answer: &mut RemotingCommand) {
    let rewritten =
        Subject::rewrite_answer(code, answer, |kind, name| tenant.to_outside(kind, name));
    match rewritten {
        Ok(Rewritten::Kept) => {}
        Ok(Rewritten::Gone) => without_body(code, answer),
        Err(error) => unreadable(&error, answer),
    }
    // Whether there is a message at this offset depends on all tenants.
    if code == RequestCode::VIEW_MESSAGE_BY_ID && !answer.response_code().is_success() {
        replace(answer, ResponseCode::SYSTEM_ERROR, "there is no message of this id");
    }
    if let Some(text) = answer.remark().filter(|text| text.contains('%')) {
        let text = remark(tenant, text);
        answer.set_remark(text);
    }
}

/// Nothing in the body is the tenant's.
fn without_body(code: RequestCode, answer: &mut RemotingCommand) {
    use RequestCode as C;
    match code {
        // The offsets go on.
        C::PULL_MESSAGE | C::LITE_PULL_MESSAGE | C::POP_MESSAGE | C::PEEK_MESSAGE => {}
        C::QUERY_MESSAGE => {
            replace(answer, ResponseCode::QUERY_NOT_FOUND, "no message has this key")
        }
        _ => replace(answer, ResponseCode::SYSTEM_ERROR, "the answer has nothing of the tenant's"),
    }
}

fn unreadable(error: &SubjectError, answer: &mut RemotingCommand) {
    tracing::error!(error = chain_text(error), "an answer to a tenant cannot be read");
    let text = "the answer cannot be read, and may have names of other tenants";
    replace(answer, ResponseCode::SYSTEM_ERROR, text);
}

fn replace(answer: &mut RemotingCommand, code: ResponseCode, text: &'static str) {
    answer.set_code(code);
    answer.set_remark(text);
    answer.set_body(Vec::new());
    *answer.ext_fields_mut() = ExtFields::new();
}

/// Returns a remark for the tenant.
pub(super) fn remark(tenant: &Tenant, text: &str) -> String {
    tenant.text(text).unwrap_or_else(|| "the reason has names that are not the tenant's".into())
}

/// Gives the names in a request to a tenant's client its plain ones. Refuses what is not the tenant's.
pub(super) fn leave_request(tenant: &Tenant, request: &mut RemotingCommand) -> Result<(), Abort> {
    let code = request.request_code();
    let rewritten = Subject::rewrite(request, |kind, name| match kind {
        Kind::Template => Change::Keep,
        Kind::Topic if is_shared(code, name) => Change::Keep,
        _ => tenant.to_outside(kind, name),
    });
    match rewritten {
        Ok(Rewritten::Kept) => Ok(()),
        Ok(Rewritten::Gone) => Err(no_permission("it is not the tenant's".into())),
        Err(error) => Err(no_permission(chain_text(&error))),
    }
}

/// Gives the names in the answer of a tenant's client those in the cluster.
pub(super) fn enter_answer(tenant: &Tenant, code: RequestCode, answer: &mut RemotingCommand) {
    match Subject::rewrite_answer(code, answer, |kind, name| tenant.to_inside(kind, name)) {
        Ok(Rewritten::Kept) => {}
        Ok(Rewritten::Gone) => answer.set_body(Vec::new()),
        Err(error) => {
            replace(answer, ResponseCode::SYSTEM_ERROR, "the client's answer cannot be read");
            tracing::debug!(
                error = chain_text(&error),
                "the answer of a tenant's client cannot be read"
            );
        }
    }
}

fn no_permission(text: String) -> Abort {
    Abort::new(ResponseCode::NO_PERMISSION, text)
}
