//! Decides which requests are answered, and sets the headers with which browsers keep the page safe.
//!
//! A page of another origin must neither read the console, by a name that it makes lead here (DNS
//! rebinding), nor change anything with the rights of the person in front of the browser (CSRF).

use crate::answer::ApiError;
use crate::{ConsoleOptions, Password};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, ORIGIN, WWW_AUTHENTICATE};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::time::{sleep, timeout};

/// The maximum time for a request, its body included.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time that the answer to a wrong password takes: with all connections, 64 guesses per second.
const WRONG_PASSWORD: Duration = Duration::from_millis(500);

/// The headers of all responses.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        HeaderName::from_static("content-security-policy"),
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
    (HeaderName::from_static("x-frame-options"), "DENY"),
    (HeaderName::from_static("referrer-policy"), "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The rules for requests: for which names of the console, with which password, and from which pages.
#[derive(Debug)]
pub struct Guard {
    ip: IpAddr,
    hosts: Vec<String>,
    password: Option<Password>,
}

/// Why a request is not answered.
struct Refusal(StatusCode, &'static str);

impl Guard {
    pub(crate) fn new(addr: SocketAddr, options: &ConsoleOptions) -> Self {
        let hosts = options.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        Self { ip: addr.ip().to_canonical(), hosts, password: options.password.clone() }
    }

    /// Returns whether other machines reach it without a password. It is read-only then.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.ip.is_loopback() && self.password.is_none()
    }

    fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        let authority = host(headers).filter(|host| self.is_own(host.host())).ok_or(Refusal(
            StatusCode::MISDIRECTED_REQUEST,
            "this name is not one of the console: see --console-host",
        ))?;
        self.check_password(headers)?;
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        // A person may follow a link to the page; other sites may not use the API.
        let is_navigation = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
        let is_link = is_navigation && *method == Method::GET;
        if !is_link && !matches!(site, None | Some(b"same-origin" | b"none")) {
            return Err(Refusal(StatusCode::FORBIDDEN, "the request comes from another site"));
        }
        if matches!(*method, Method::GET | Method::HEAD) {
            return Ok(());
        }
        if headers.contains_key(ORIGIN) && !is_of(headers, &authority) {
            return Err(Refusal(StatusCode::FORBIDDEN, "the request comes from another origin"));
        }
        if self.is_open() {
            let text = "the console is read-only without a password: see --console-password";
            return Err(Refusal(StatusCode::FORBIDDEN, text));
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let text = "a change has the content type application/json";
            return Err(Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
        Ok(())
    }

    /// Returns whether the console may be reached by this name. An address cannot be made to lead
    /// elsewhere, so that all of them are taken if it listens on all.
    fn is_own(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        match host.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(ip) if self.ip.is_unspecified() => !ip.is_unspecified(),
            Ok(ip) => ip == self.ip || (ip.is_loopback() && self.ip.is_loopback()),
            Err(_) => host == "localhost" || self.hosts.contains(&host),
        }
    }

    fn check_password(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(Password(password)) = &self.password else { return Ok(()) };
        let given = headers.get(AUTHORIZATION).ok_or(NO_PASSWORD)?;
        let given = given.to_str().ok().and_then(|text| text.split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
        let given = given.and_then(|(_, text)| STANDARD.decode(text.trim()).ok());
        let given = given.as_deref().unwrap_or_default();
        // Any user: there is one password.
        let at = given.iter().position(|&byte| byte == b':').map_or(given.len(), |at| at + 1);
        match given[at..].ct_eq(password.as_bytes()).into() {
            true => Ok(()),
            false => Err(Refusal(StatusCode::UNAUTHORIZED, "the password is wrong")),
        }
    }
}

const NO_PASSWORD: Refusal = Refusal(StatusCode::UNAUTHORIZED, "the console has a password");

/// Returns the name that the client has used. `None` unless there is exactly one.
fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().filter(|_| hosts.next().is_none())?;
    Authority::try_from(host.as_bytes()).ok().filter(|host| !host.as_str().contains('@'))
}

/// Returns whether all origins of a request are the console itself.
fn is_of(headers: &HeaderMap, own: &Authority) -> bool {
    headers.get_all(ORIGIN).iter().all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let authority = origin.strip_prefix("http://").or(origin.strip_prefix("https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(own.as_str()))
    })
}

/// Returns the routes behind the guard.
pub(crate) fn guarded(routes: Router, guard: Arc<Guard>) -> Router {
    routes.layer(from_fn_with_state(guard, handle))
}

async fn handle(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.check(request.method(), request.headers()) {
        Ok(()) => match timeout(PATIENCE, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                let text = "there is no answer in time";
                ApiError::new(StatusCode::GATEWAY_TIMEOUT, text).into_response()
            }
        },
        Err(Refusal(status, text)) => {
            if status == StatusCode::UNAUTHORIZED && text != NO_PASSWORD.1 {
                tracing::warn!("a wrong password for the console");
                sleep(WRONG_PASSWORD).await;
            }
            let mut response = ApiError::new(status, text).into_response();
            if status == StatusCode::UNAUTHORIZED {
                let basic = HeaderValue::from_static("Basic realm=\"RocketMQ console\"");
                response.headers_mut().insert(WWW_AUTHENTICATE, basic);
            }
            response
        }
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{ConsoleOptions, Guard, Password};
    use axum::http::{HeaderMap, HeaderName, Method};

    fn guard(addr: &str, password: Option<&str>) -> Guard {
        let password = password.map(|text| Password(text.into()));
        let hosts = vec!["mq.Example".into()];
        let options = ConsoleOptions { password, hosts, ..ConsoleOptions::default() };
        Guard::new(addr.parse().unwrap(), &options)
    }

    fn status(guard: &Guard, method: &Method, headers: &[(&'static str, &str)]) -> u16 {
        let of = |&(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        let headers: HeaderMap = headers.iter().map(of).collect();
        guard.check(method, &headers).map_or_else(|refusal| refusal.0.as_u16(), |()| 200)
    }

    #[test]
    fn only_the_console_s_own_names_are_answered() {
        let cases = [
            ("127.0.0.1:80", "127.0.0.1:8080", 200),
            ("127.0.0.1:80", "localhost", 200),
            ("127.0.0.1:80", "[::1]:80", 200),
            ("127.0.0.1:80", "MQ.example:1", 200),
            ("127.0.0.1:80", "10.0.0.1", 421),
            ("127.0.0.1:80", "evil.example", 421),
            ("127.0.0.1:80", "user@localhost", 421),
            ("127.0.0.1:80", "localhost.evil.example", 421),
            ("10.0.0.1:80", "10.0.0.1", 200),
            ("10.0.0.1:80", "10.0.0.2", 421),
            ("0.0.0.0:80", "10.0.0.2", 200),
            ("0.0.0.0:80", "evil.example", 421),
        ];
        for (addr, host, expected) in cases {
            let got = status(&guard(addr, None), &Method::GET, &[("host", host)]);
            assert_eq!(got, expected, "{addr} {host}");
        }
        assert_eq!(status(&guard("127.0.0.1:80", None), &Method::GET, &[]), 421);
    }

    #[test]
    fn other_sites_change_nothing() {
        let guard = guard("127.0.0.1:80", None);
        let json = ("content-type", "application/json; charset=utf-8");
        let change = |more: &[(&'static str, &str)]| {
            let headers = [&[("host", "localhost:80")], more].concat();
            status(&guard, &Method::POST, &headers)
        };
        assert_eq!(change(&[json]), 200);
        assert_eq!(change(&[json, ("origin", "http://localhost:80")]), 200);
        assert_eq!(change(&[json, ("sec-fetch-site", "same-origin")]), 200);
        assert_eq!(change(&[]), 415);
        assert_eq!(change(&[("content-type", "text/plain")]), 415);
        for origin in ["http://localhost:81", "http://evil.example", "null"] {
            assert_eq!(change(&[json, ("origin", origin)]), 403, "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(change(&[json, ("sec-fetch-site", site)]), 403, "{site}");
            let host = ("host", "localhost");
            let get = |more: &[(&'static str, &str)]| {
                status(&guard, &Method::GET, &[&[host], more].concat())
            };
            assert_eq!(get(&[("sec-fetch-site", site)]), 403);
            assert_eq!(get(&[("sec-fetch-site", site), ("sec-fetch-mode", "navigate")]), 200);
        }
    }

    #[test]
    fn other_machines_change_nothing_without_a_password() {
        let (open, closed) = (guard("0.0.0.0:80", None), guard("0.0.0.0:80", Some("pa:ss")));
        let host = ("host", "10.0.0.1");
        let json = ("content-type", "application/json");
        assert_eq!(status(&open, &Method::GET, &[host]), 200);
        assert_eq!(status(&open, &Method::POST, &[host, json]), 403);
        // ":pa:ss", "me:pa:ss", ":pa:s", "pa:ss".
        for (given, expected) in
            [("OnBhOnNz", 200), ("bWU6cGE6c3M=", 200), ("OnBhOnM=", 401), ("cGE6c3M=", 401)]
        {
            let given = format!("Basic {given}");
            let headers = [host, json, ("authorization", &given)];
            assert_eq!(status(&closed, &Method::POST, &headers), expected, "{given}");
        }
        for given in ["", "Basic", "Basic !", "Bearer OnBhOnNz"] {
            assert_eq!(status(&closed, &Method::GET, &[host, ("authorization", given)]), 401);
        }
        assert_eq!(status(&closed, &Method::GET, &[host]), 401);
    }
}
