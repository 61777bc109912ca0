//! The layer that measures the servers.

use crate::sockets::Sockets;

#[cfg(feature = "metrics")]
pub(crate) use rocketmq_tower::layers::MetricsLayer;

/// Without the feature `metrics`, a layer that does nothing.
#[cfg(not(feature = "metrics"))]
pub(crate) type MetricsLayer = tower::layer::util::Identity;

/// The layer for one of the servers: with the exporter's recorder, or else the process's.
pub(crate) fn layer(sockets: &Sockets, server: &'static str) -> MetricsLayer {
    #[cfg(feature = "metrics-exporter")]
    if let Some(exporter) = &sockets.exporter {
        return exporter.layer(server);
    }
    _ = (sockets, server);
    MetricsLayer::new()
}
