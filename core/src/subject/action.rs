use std::fmt;

/// The class of a request's code: how it uses the topics and groups that it names.
///
/// Java's `@RocketMQAction` of the request's header, in the words of its `Action`, is in parentheses.
/// Codes that Java's classes do not annotate are classified by what Java's processors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Sends messages, or ends or recalls what was sent (`PUB`).
    Send,
    /// Reads messages, and all that a consumer does to get and to acknowledge them: offsets, locks,
    /// assignments, messages that it sends back (`SUB`).
    Receive,
    /// Asks about topics, groups, clients or brokers; returns no messages (`GET`, `LIST`).
    Describe,
    /// Keeps or ends the session of a client: heartbeats (`PUB` and `SUB` of a group).
    Session,
    /// Creates, changes or deletes topics (`CREATE`, `UPDATE`, `DELETE` of a topic).
    AdminTopic,
    /// Creates, changes or deletes groups, or moves their offsets (the same of a group).
    AdminGroup,
    /// Changes brokers, name servers, users or the cluster, or reads their settings and secrets
    /// (`UPDATE` and `GET` of the cluster).
    AdminCluster,
    /// A request of brokers, controllers and name servers to each other. Clients never send it.
    Broker,
    /// A request of a broker to a client. Clients never send it.
    Client,
    /// RocketMQ does not define the code.
    Unknown,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 10] = [
        Self::Send,
        Self::Receive,
        Self::Describe,
        Self::Session,
        Self::AdminTopic,
        Self::AdminGroup,
        Self::AdminCluster,
        Self::Broker,
        Self::Client,
        Self::Unknown,
    ];

    /// Returns the name of the action in lower case, words joined by `-`, such as `admin-topic`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Describe => "describe",
            Self::Session => "session",
            Self::AdminTopic => "admin-topic",
            Self::AdminGroup => "admin-group",
            Self::AdminCluster => "admin-cluster",
            Self::Broker => "broker",
            Self::Client => "client",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Parses the [`name`](Action::name) of an action.
impl std::str::FromStr for Action {
    type Err = crate::command::UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|action| action.name() == text).ok_or(crate::command::UnknownName)
    }
}

/// The kind of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A topic.
    Topic,
    /// A group of consumers.
    Group,
    /// A group of producers. It is no resource in Java's authorization.
    ProducerGroup,
    /// The id of a client. Only [`Subject::rewrite`](super::Subject::rewrite) and
    /// [`Subject::rewrite_answer`](super::Subject::rewrite_answer) have names of this kind.
    Client,
    /// A topic whose settings brokers copy for one that does not exist yet, usually `TBW102`. As
    /// [`Client`](Self::Client), it is no subject of a request.
    Template,
}

impl Kind {
    /// Returns `topic`, `group`, `producer group`, `client` or `template`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Group => "group",
            Self::ProducerGroup => "producer group",
            Self::Client => "client",
            Self::Template => "template",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which names the response to a request holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Answer {
    /// None but those that the request names.
    #[default]
    Nothing,
    /// Names of topics.
    Topics,
    /// Names of groups.
    Groups,
    /// Names of topics and of groups.
    TopicsAndGroups,
    /// Stored messages, each with the name of its topic.
    Messages,
}
