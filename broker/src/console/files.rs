//! The files of the page, which are part of the program.

use super::Shared;
use axum::Router;
use rocketmq_tower_console::page;
use std::sync::Arc;

/// The path and the text of each script, beside those that all consoles have.
const SCRIPTS: [(&str, &str); 4] = [
    ("/js/main.js", include_str!("web/main.js")),
    ("/js/topics.js", include_str!("web/topics.js")),
    ("/js/messages.js", include_str!("web/messages.js")),
    ("/js/groups.js", include_str!("web/groups.js")),
];

/// Returns the routes of the files.
pub(super) fn routes() -> Router<Arc<Shared>> {
    page(include_str!("web/index.html"), &SCRIPTS)
}
