//! The ids of stored messages in header fields.

use rocketmq_tower::RemotingCommand;
use rocketmq_tower::message::MessageId;
use std::net::SocketAddr;

/// Replaces the broker's address in an id of a stored message, or in a list of them with commas: `new` returns the address for the one in
/// the id. A text that is something else stays as it is.
pub(super) fn replace(
    command: &mut RemotingCommand,
    field: &str,
    new: impl Fn(SocketAddr) -> Option<SocketAddr>,
) {
    let Some(ids) = command.ext_field(field) else { return };
    let replaced = match ids.contains(',') {
        false => replaced(ids, &new),
        true => {
            let each = ids.split(',').map(|id| replaced(id, &new));
            each.collect::<Option<Vec<_>>>().map(|ids| ids.join(","))
        }
    };
    if let Some(ids) = replaced {
        command.set_ext_field(field, &ids);
    }
}

fn replaced(id: &str, new: &impl Fn(SocketAddr) -> Option<SocketAddr>) -> Option<String> {
    let MessageId { host, commit_log_offset } = id.parse().ok()?;
    Some(MessageId { host: new(host)?, commit_log_offset }.to_string())
}

#[cfg(test)]
mod tests {
    use super::replace;
    use rocketmq_tower::RemotingCommand;
    use std::net::SocketAddr;

    fn replaced(ids: &str) -> String {
        let mut command = RemotingCommand::response(0).with_ext_field("msgId", ids);
        replace(&mut command, "msgId", |host| {
            let inside: SocketAddr = ([10, 0, 0, 1], 10_911).into();
            (host == inside).then(|| ([192, 0, 2, 9], 20_911).into())
        });
        command.ext_fields().get("msgId").unwrap().to_owned()
    }

    #[test]
    fn ids_get_the_address_of_the_gateway() {
        let (inside, outside) =
            ("0A00000100002A9F00000000000004D2", "C0000209000051AF00000000000004D2");
        assert_eq!(replaced(inside), outside);
        assert_eq!(replaced(&format!("{inside},{inside}")), format!("{outside},{outside}"));
        for other in ["", ",", "0A00000200002A9F00000000000004D2", "AC110001A1B2C3"] {
            assert_eq!(replaced(other), other);
        }
    }
}
