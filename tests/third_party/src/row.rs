//! One layer in one place, and what the peer is expected to see.

use crate::stage::Running;
use std::future::Future;
use std::pin::Pin;

/// Where the layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `Server::layer`.
    Layer,
    /// `Server::shared_layer`.
    SharedLayer,
    /// `Server::connection_layer`.
    ConnectionLayer,
    /// Around a channel, an endpoint or a client.
    Client,
}

/// The requests, connections or time after which the layer refuses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trigger {
    /// The layer refuses nothing.
    Nothing,
    /// These requests, one after another. What the last gets is what is seen.
    Calls(&'static [i32]),
    /// These requests, at once. What the last gets is what is seen.
    Burst(&'static [i32]),
    /// A connection while others are open: four of them.
    FifthConnection,
    /// A connection after four that sent something else than frames.
    AfterBadConnections,
    /// Time: the connection is used again after an hour.
    Age,
}

/// The answers that the peer sees, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) success: String,
    pub(crate) abort: String,
    pub(crate) unknown: String,
    pub(crate) refusal: String,
    pub(crate) deferred: String,
    pub(crate) oneway: String,
    pub(crate) drain: String,
}

impl Seen {
    /// Returns the answers without any layer.
    pub(crate) fn direct() -> Self {
        Self {
            success: "SUCCESS".into(),
            abort: "NO_PERMISSION".into(),
            unknown: "REQUEST_CODE_NOT_SUPPORTED".into(),
            refusal: "none".into(),
            deferred: "SUCCESS".into(),
            oneway: "processed".into(),
            drain: "finished".into(),
        }
    }
}

type Start = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Running>>>>;

pub(crate) struct Row {
    pub(crate) layer: &'static str,
    pub(crate) place: Place,
    pub(crate) trigger: Trigger,
    pub(crate) expected: Seen,
    /// Why what is seen differs from the direct answers, and what else a user should know.
    pub(crate) because: &'static str,
    /// Starts a server, and the client if it is one's row.
    pub(crate) start: Start,
}

impl Row {
    pub(crate) fn new<F>(layer: &'static str, place: Place, start: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Running> + 'static,
    {
        Self {
            layer,
            place,
            trigger: Trigger::Nothing,
            expected: Seen::direct(),
            because: "",
            start: Box::new(move || Box::pin(start())),
        }
    }

    /// The layer refuses when this happens, and the peer sees that.
    pub(crate) fn refuses(mut self, trigger: Trigger, seen: &str) -> Self {
        self.trigger = trigger;
        self.expected.refusal = seen.into();
        self
    }

    /// Adds a fact that users of the layer should know.
    pub(crate) fn note(mut self, note: &'static str) -> Self {
        self.because = note;
        self
    }

    /// What is seen differs from the direct answers.
    pub(crate) fn but(mut self, differs: impl FnOnce(&mut Seen), because: &'static str) -> Self {
        differs(&mut self.expected);
        self.because = because;
        self
    }
}

/// A row of `Server::layer`.
macro_rules! layer {
    ($name:expr, $layer:expr) => {
        $crate::row::Row::new($name, $crate::row::Place::Layer, || async {
            $crate::stage::serve(|server| server.layer($layer))
        })
    };
}

/// A row of `Server::shared_layer`.
macro_rules! shared {
    ($name:expr, $layer:expr) => {
        $crate::row::Row::new($name, $crate::row::Place::SharedLayer, || async {
            $crate::stage::serve(|server| server.shared_layer($layer))
        })
    };
}

/// The same row in both places of the request level.
macro_rules! both {
    ($rows:expr, $name:expr, $layer:expr $(, .$method:ident($($argument:expr),*))*) => {
        $rows.push(layer!($name, $layer)$(.$method($($argument),*))*);
        $rows.push(shared!($name, $layer)$(.$method($($argument),*))*);
    };
}

pub(crate) use {both, layer, shared};
