//! What a client has told about itself.

use rocketmq_tower::subject::Subject;
use rocketmq_tower::{Channel, RemotingCommand};
use rocketmq_tower_core::sync::lock;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// The maximum number of groups of each kind, and the maximum length of a name, in bytes. More are left out.
const MAX_GROUPS: usize = 20;
const MAX_NAME: usize = 255;

/// What is known of a client, among the extensions of its connection: at most 10 KiB.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) since: SystemTime,
    told: Mutex<Option<Arc<Told>>>,
}

/// What the last heartbeat of a client has told.
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
        let note = request.channel().and_then(|client| Self::of(client));
        // Its broker says what is wrong with one that cannot be read.
        let (Some(note), Ok(subject)) = (note, Subject::of(request)) else { return };
        let fits = |name: &&str| name.len() <= MAX_NAME;
        let told = Told {
            id: subject.client().filter(fits).unwrap_or_default().to_owned(),
            produces: first(subject.producer_groups().filter(fits)),
            consumes: first(subject.groups().filter(fits)),
        };
        *lock(&note.told) = Some(Arc::new(told));
    }

    pub(crate) fn told(&self) -> Option<Arc<Told>> {
        lock(&self.told).clone()
    }
}

fn first<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.take(MAX_GROUPS).map(str::to_owned).collect()
}
