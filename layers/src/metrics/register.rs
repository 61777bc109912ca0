//! Registers meters with a recorder.

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use std::fmt;
use std::sync::Arc;

static METADATA: Metadata<'static> =
    Metadata::new("rocketmq_tower::metrics", Level::INFO, Some(module_path!()));

/// A recorder, and the labels added to every meter.
#[derive(Clone, Default)]
pub(super) struct Register {
    /// `None` means the global recorder.
    pub(super) recorder: Option<Arc<dyn Recorder + Send + Sync>>,
    pub(super) labels: Vec<Label>,
}

impl Register {
    pub(super) fn with<T>(&self, f: impl FnOnce(&dyn Recorder) -> T) -> T {
        match &self.recorder {
            Some(recorder) => f(&**recorder),
            None => metrics::with_recorder(f),
        }
    }

    pub(super) fn counter(&self, name: &'static str, labels: Vec<Label>) -> Counter {
        let key = self.key(name, labels);
        self.with(|recorder| recorder.register_counter(&key, &METADATA))
    }

    pub(super) fn gauge(&self, name: &'static str) -> Gauge {
        let key = self.key(name, Vec::new());
        self.with(|recorder| recorder.register_gauge(&key, &METADATA))
    }

    pub(super) fn histogram(&self, name: &'static str, labels: Vec<Label>) -> Histogram {
        let key = self.key(name, labels);
        self.with(|recorder| recorder.register_histogram(&key, &METADATA))
    }

    fn key(&self, name: &'static str, mut labels: Vec<Label>) -> Key {
        labels.extend_from_slice(&self.labels);
        Key::from_parts(name, labels)
    }
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Register").field("labels", &self.labels).finish_non_exhaustive()
    }
}
