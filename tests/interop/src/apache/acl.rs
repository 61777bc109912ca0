//! A broker that requires every request to be signed.

use super::client::Client;
use super::command_line;
use super::message::decode_all;
use super::requests::{create_topic, pull, request, send};
use super::servers::{Servers, USER};
use crate::check::{Checked, equal, report};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode, SerializeType};

const TOPIC: &str = "Signed";

pub(super) async fn check(servers: &Servers, serialize_type: SerializeType) -> Checked {
    let (user, password) = USER;
    let unsigned = Client::new(serialize_type);
    let signed = Client::signing(user, password, serialize_type);
    let wrong = Client::signing(user, "wrong", serialize_type);
    let nobody = Client::signing("nobody", password, serialize_type);
    report("unsigned is refused", refused(servers, &unsigned, "username cannot be null.")).await?;
    report("signed passes", passes(servers, &signed)).await?;
    report("a wrong password is refused", refused(servers, &wrong, "check signature failed."))
        .await?;
    report("an unknown user is refused", refused(servers, &nobody, "User:nobody is not found."))
        .await?;
    let keys = ["--access-key", user, "--secret-key", password];
    report("the command line, signed", command_line::check(servers, &keys)).await
}

async fn refused(servers: &Servers, client: &Client, remark: &str) -> Checked {
    // The broker verifies the signature first, even of requests with an unknown code.
    let unknown = RemotingCommand::request(7777);
    let requests = [create_topic(TOPIC, 1)?, send(TOPIC, 0, "not mine", ""), unknown];
    for request in requests {
        let answer = client.call(&servers.broker, request).await?;
        equal(answer.response_code(), ResponseCode::NO_PERMISSION)?;
        equal(answer.remark(), Some(remark))?;
    }
    Ok(())
}

async fn passes(servers: &Servers, client: &Client) -> Checked {
    client.ask(&servers.broker, create_topic(TOPIC, 1)?).await?;
    let properties = "KEYS\u{1}é𝄞\u{2}";
    client.ask(&servers.broker, send(TOPIC, 0, "signed", properties)).await?;
    let answer = client.ask(&servers.broker, pull(TOPIC, 0, 0, true)?).await?;
    equal(decode_all(answer.body())?.iter().all(|message| message.body == b"signed"), true)?;
    // Fields with empty values are signed as well, in a way that depends on the header encoding. Java
    // sorts names by their UTF-16 code units.
    let fields = [("topic", TOPIC), ("queueId", "0"), ("bname", ""), ("～", "2"), ("😀", "1")];
    client.ask(&servers.broker, request(RequestCode::GET_MAX_OFFSET, &fields)).await?;
    Ok(())
}
