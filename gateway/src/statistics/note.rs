//! Notes of what clients tell about themselves.

use rocketmq_tower::subject::Subject;
use rocketmq_tower::{Channel, RemotingCommand};
use rocketmq_tower_core::sync::lock;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// The maximum number of groups of each kind, and the maximum length of a name, in bytes. More are left out.
const MAX_GROUPS: usize = 20;
const MAX_NAME: usize = 255;

/// Notes about a client, among the extensions of its connection: at most 10 KiB.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) since: SystemTime,
    told: Mutex<Option<Arc<Told>>>,
}

/// The contents of a client's last heartbeat.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) produces: Vec<String>,
    pub(crate) consumes: Vec<String>,
}

impl Note {
    /// Creates the note of a connection that begins.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { since: SystemTime::now(), told: Mutex::default() })
    }

    pub(crate) fn of(client: &Channel) -> Option<&Arc<Self>> {
        client.extensions().get::<Arc<Self>>()
    }

    /// Reads a heartbeat.
    pub(crate) fn heartbeat(request: &RemotingCommand) {
        let Some(note) = request.channel().and_then(|client| Self::of(client)) else { return };
        if let Some(told) = Told::read(request) {
            *lock(&note.told) = Some(Arc::new(told));
        }
    }

    pub(crate) fn told(&self) -> Option<Arc<Told>> {
        lock(&self.told).clone()
    }
}

impl Told {
    /// Reads a heartbeat; `None` if it cannot be read, of which its broker says more.
    fn read(request: &RemotingCommand) -> Option<Self> {
        let subject = Subject::of(request).ok()?;
        let fits = |name: &&str| name.len() <= MAX_NAME;
        Some(Self {
            id: subject.client().filter(fits).unwrap_or_default().to_owned(),
            produces: first(subject.producer_groups().filter(fits)),
            consumes: first(subject.groups().filter(fits)),
        })
    }
}

fn first<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.take(MAX_GROUPS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{MAX_GROUPS, MAX_NAME, Told};
    use rocketmq_tower::protocol::{ConsumerData, HeartbeatData, ProducerData};
    use rocketmq_tower::{RemotingCommand, RequestCode};

    #[test]
    fn what_a_client_tells_is_kept_within_bounds() {
        let told = |id: &str, groups: usize, length: usize| {
            let name = |n: usize| format!("{n:0length$}");
            let producer = |n| ProducerData { group_name: name(n) };
            let consumer = |n| ConsumerData { group_name: name(n), ..Default::default() };
            let data = HeartbeatData {
                client_id: id.into(),
                producer_data_set: (0..groups).map(producer).collect(),
                consumer_data_set: (0..groups).map(consumer).collect(),
                ..Default::default()
            };
            let request = RemotingCommand::request(RequestCode::HEART_BEAT).with_json(&data);
            Told::read(&request.unwrap()).unwrap()
        };
        let some = told("client", 1, 1);
        assert_eq!(
            (&*some.id, &some.produces, &some.consumes),
            ("client", &vec!["0".into()], &vec!["0".into()])
        );
        let many = told("client", 100, MAX_NAME);
        assert_eq!((many.produces.len(), many.consumes.len()), (MAX_GROUPS, MAX_GROUPS));
        assert_eq!(told(&"x".repeat(MAX_NAME + 1), 100, MAX_NAME + 1), Told::default());
        let bad = RemotingCommand::request(RequestCode::HEART_BEAT).with_body("{");
        assert_eq!(Told::read(&bad), None);
    }
}
