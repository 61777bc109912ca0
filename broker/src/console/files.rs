//! The files of the page, which are part of the program.

use super::Shared;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use std::sync::Arc;

/// The path, the type and the contents of each file.
const FILES: [(&str, &str, &str); 10] = [
    ("/", "text/html; charset=utf-8", include_str!("web/index.html")),
    ("/console.css", "text/css; charset=utf-8", include_str!("web/console.css")),
    ("/icon.svg", "image/svg+xml", include_str!("web/icon.svg")),
    ("/js/main.js", SCRIPT, include_str!("web/main.js")),
    ("/js/api.js", SCRIPT, include_str!("web/api.js")),
    ("/js/dom.js", SCRIPT, include_str!("web/dom.js")),
    ("/js/plot.js", SCRIPT, include_str!("web/plot.js")),
    ("/js/topics.js", SCRIPT, include_str!("web/topics.js")),
    ("/js/messages.js", SCRIPT, include_str!("web/messages.js")),
    ("/js/groups.js", SCRIPT, include_str!("web/groups.js")),
];

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Returns the routes of the files.
pub(super) fn routes() -> Router<Arc<Shared>> {
    let add = |routes: Router<_>, (path, kind, text)| {
        // A new version of the broker has new files.
        let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")];
        routes.route(path, get(move || async move { (headers, text) }))
    };
    FILES.into_iter().fold(Router::new(), add)
}
