//! Rows of the request level: `Server::layer` and `Server::shared_layer`.

pub(crate) mod resilience;
pub(crate) mod tower;
mod tower_services;

use crate::row::Row;

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = tower::rows();
    rows.extend(tower_services::rows());
    rows.extend(resilience::rows());
    rows
}
