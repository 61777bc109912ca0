//! The files of a page, which are part of the program.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;

/// The path, the type and the contents of each file that all consoles have.
const SHARED: [(&str, &str, &str); 6] = [
    ("/console.css", "text/css; charset=utf-8", include_str!("web/console.css")),
    ("/icon.svg", "image/svg+xml", include_str!("web/icon.svg")),
    ("/js/api.js", SCRIPT, include_str!("web/api.js")),
    ("/js/dom.js", SCRIPT, include_str!("web/dom.js")),
    ("/js/plot.js", SCRIPT, include_str!("web/plot.js")),
    ("/js/router.js", SCRIPT, include_str!("web/router.js")),
];

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Returns the routes of a page: `index` at `/`, `scripts`, each a path and a text, and what all consoles have:
/// `/console.css`, `/icon.svg`, and the scripts `api.js`, `dom.js`, `plot.js` and `router.js` in `/js/`.
///
/// # Panics
/// If two files have the same path.
pub fn page<S: Clone + Send + Sync + 'static>(
    index: &'static str,
    scripts: &[(&'static str, &'static str)],
) -> Router<S> {
    let scripts = scripts.iter().map(|(path, text)| (*path, SCRIPT, *text));
    let files = [("/", HTML, index)].into_iter().chain(SHARED).chain(scripts);
    files.fold(Router::new(), |routes, (path, kind, text)| {
        // A new version of the program has new files.
        let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")];
        routes.route(path, get(move || async move { (headers, text) }))
    })
}
