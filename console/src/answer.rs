//! Answers in JSON, errors among them, and what requests have: parameters, pages and bodies.
//!
//! An error is `{"error": "text"}` with a fitting status. A list has the items of a page in `items`, and in `next`
//! the value of the parameter `after` for the page that follows, or `null`.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rocketmq_tower::error::chain_text;
use rocketmq_tower::{Abort, BoxError, ResponseCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The maximum number of items of a page.
pub const MAX_PAGE: usize = 200;
/// The number of items if a request does not say it.
const PAGE: usize = 50;

/// The maximum size of the body of a request, in bytes.
const MAX_BODY: usize = 512 * 1024;

/// An error: a status, and a text for people.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    text: String,
}

/// The answer to a request.
pub type Answer = Result<Response, ApiError>;

impl ApiError {
    /// Creates an error with this status and text.
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    /// Creates an error of the request: status 400.
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// Returns whether the status is 404.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// Returns whether the server has failed, and not the request.
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        self.status.is_server_error()
    }

    /// Creates an error for what does not exist: status 404.
    pub fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }
}

/// An [`Abort`] has the status that fits its code. Any other error is logged, and has the status 500.
impl<E: Into<BoxError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        let error = error.into();
        match error.downcast::<Abort>() {
            Ok(abort) => Self::new(status(abort.code), abort.remark),
            Err(error) => {
                let text = chain_text(&*error).to_string();
                tracing::warn!(error = text, "a request of the console has failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
            }
        }
    }
}

/// Returns the status for a response code of RocketMQ.
fn status(code: ResponseCode) -> StatusCode {
    match code {
        ResponseCode::TOPIC_NOT_EXIST
        | ResponseCode::QUERY_NOT_FOUND
        | ResponseCode::CONSUMER_NOT_ONLINE
        | ResponseCode::SUBSCRIPTION_GROUP_NOT_EXIST => StatusCode::NOT_FOUND,
        ResponseCode::INVALID_PARAMETER | ResponseCode::MESSAGE_ILLEGAL => StatusCode::BAD_REQUEST,
        ResponseCode::NO_PERMISSION => StatusCode::FORBIDDEN,
        ResponseCode::SYSTEM_BUSY => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        response(self.status, json!({ "error": self.text }).to_string())
    }
}

/// Returns an answer with this value as JSON.
///
/// # Errors
/// If the value is no JSON, such as a table whose keys are not texts.
pub fn answer<T: Serialize>(value: &T) -> Answer {
    Ok(response(StatusCode::OK, serde_json::to_string(value)?))
}

fn response(status: StatusCode, json: String) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The parameters after the question mark.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => Err(ApiError::bad_request(error.body_text())),
        }
    }
}

/// The name in the path, such as that of a topic.
#[derive(Debug)]
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(error) => Err(ApiError::bad_request(error.body_text())),
        }
    }
}

/// The body of a change: JSON of at most 512 KiB.
#[derive(Debug)]
pub struct Change<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Change<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let text = format!("the body of a request has at most {MAX_BODY} bytes");
        let body = to_bytes(request.into_body(), MAX_BODY).await;
        let body = body.map_err(|_| ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, text))?;
        let change = serde_json::from_slice(&body);
        Ok(Self(change.map_err(|error| ApiError::bad_request(error.to_string()))?))
    }
}

/// The part of a list that a request asks for.
#[derive(Debug, Default, Deserialize)]
pub struct Page {
    /// The number of items that are wanted.
    pub page_size: Option<usize>,
    /// The last item of the page before.
    pub after: Option<String>,
    /// The beginning of the names that are wanted.
    #[serde(default)]
    pub prefix: String,
    /// A part of the names that are wanted, in any case of ASCII letters.
    #[serde(default)]
    pub contains: String,
}

impl Page {
    /// Returns the number of items, 1 to [`MAX_PAGE`]; 50 by default.
    #[must_use]
    pub fn size(&self) -> usize {
        self.page_size.unwrap_or(PAGE).clamp(1, MAX_PAGE)
    }

    /// Returns the first items after the page before, in order of their names, and the name of the last one
    /// if there are more.
    pub fn of<T>(&self, mut all: Vec<T>, name: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
        let after = self.after.as_deref();
        all.retain(|item| {
            let name = name(item);
            name.starts_with(&*self.prefix)
                && after.is_none_or(|after| name > after)
                && contains(name, &self.contains)
        });
        let size = self.size();
        let more = all.len() > size;
        if more {
            all.select_nth_unstable_by(size, |one, other| name(one).cmp(name(other)));
            all.truncate(size);
        }
        all.sort_unstable_by(|one, other| name(one).cmp(name(other)));
        let next = all.last().filter(|_| more).map(|last| name(last).to_owned());
        (all, next)
    }
}

/// Returns whether a part of the name is this one, in any case of ASCII letters.
fn contains(name: &str, part: &str) -> bool {
    let part = part.as_bytes();
    part.is_empty()
        || name.as_bytes().windows(part.len()).any(|bytes| bytes.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::{MAX_PAGE, Page, contains};

    #[test]
    fn pages_follow_each_other_in_order() {
        let all: Vec<_> = (0..25).rev().map(|n| format!("a{n:02}")).chain(["b".into()]).collect();
        let mut page = Page { page_size: Some(10), prefix: "a".into(), ..Page::default() };
        let mut seen = Vec::new();
        loop {
            let (items, next) = page.of(all.clone(), |name| name);
            seen.push(items.len());
            match next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!((seen, page.after.as_deref()), (vec![10, 10, 5], Some("a19")));
        let size = |page_size| Page { page_size, ..Page::default() }.size();
        assert_eq!([Some(0), None, Some(9999)].map(size), [1, 50, MAX_PAGE]);
    }

    #[test]
    fn a_part_of_a_name_is_found() {
        let found = ["", "ord", "DERS", "Orders-1"].map(|part| contains("Orders", part));
        assert_eq!(found, [true, true, true, false]);
    }
}
