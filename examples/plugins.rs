//! Request layers and routes that are chosen at run time, by a list of names.
//!
//! ```sh
//! cargo run --example plugins -- audit,limit=100,timeout=2s,echo,sleep
//! ```
//!
//! Without a list it tries several, and checks the responses.

use rocketmq_tower::layers::OneshotLayer;
use rocketmq_tower::{
    Body, BoxError, Layer, RemotingCommand, RequestCode, ResponseCode, Router, Server,
    ServiceBuilder, handler_fn,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tower::timeout::TimeoutLayer;
use tower::util::{BoxCloneSyncService, BoxCloneSyncServiceLayer, MapRequestLayer};

/// Any service of the request level. The box costs one allocation for each request.
type AnyService = BoxCloneSyncService<RemotingCommand, Option<RemotingCommand>, BoxError>;

/// Any layer around an [`AnyService`].
type AnyLayer =
    BoxCloneSyncServiceLayer<AnyService, RemotingCommand, Option<RemotingCommand>, BoxError>;

/// One entry of the list.
enum Plugin {
    Layer(AnyLayer),
    Route(RequestCode, AnyService),
}

/// The number of requests that the plugin `audit` has seen.
static AUDITED: AtomicUsize = AtomicUsize::new(0);

/// Makes a plugin of its name and, after a `=`, its setting.
fn plugin(text: &str) -> Result<Plugin, BoxError> {
    let (name, setting) = text.split_once('=').unwrap_or((text, ""));
    let plugin = match name {
        "audit" => Plugin::Layer(AnyLayer::new(MapRequestLayer::new(audit))),
        "limit" => {
            // Refuses requests beyond the limit, which holds for all connections together.
            let limit = ServiceBuilder::new()
                .layer(OneshotLayer::new())
                .load_shed()
                .concurrency_limit(setting.parse()?);
            Plugin::Layer(AnyLayer::new(limit))
        }
        "timeout" => Plugin::Layer(AnyLayer::new(TimeoutLayer::new(duration(setting)?))),
        "echo" => Plugin::Route(RequestCode::SEND_MESSAGE, AnyService::new(handler_fn(echo))),
        "sleep" => Plugin::Route(RequestCode::PULL_MESSAGE, AnyService::new(handler_fn(sleep))),
        _ => return Err(format!("there is no plugin {name:?}").into()),
    };
    Ok(plugin)
}

/// Reads a duration such as `2s` or `200ms`.
fn duration(text: &str) -> Result<Duration, BoxError> {
    if let Some(millis) = text.strip_suffix("ms") {
        return Ok(Duration::from_millis(millis.parse()?));
    }
    let seconds = text.strip_suffix('s').ok_or("a duration ends with s or ms")?;
    Ok(Duration::from_secs(seconds.parse()?))
}

/// Notes each request. A real plugin would write it to a log.
fn audit(request: RemotingCommand) -> RemotingCommand {
    AUDITED.fetch_add(1, Ordering::Relaxed);
    println!("  audit: {}", request.request_code());
    request
}

/// Answers with the request's body.
async fn echo(body: Body) -> Body {
    body
}

/// Answers after the time that the request's body says.
async fn sleep(Body(body): Body) -> Result<ResponseCode, BoxError> {
    tokio::time::sleep(duration(std::str::from_utf8(&body)?)?).await;
    Ok(ResponseCode::SUCCESS)
}

/// Builds the processor of a list of plugins. The first layer is the outermost.
fn processor(list: &str) -> Result<AnyService, BoxError> {
    let (mut layers, mut router) = (Vec::new(), Router::builder());
    for text in list.split(',').filter(|text| !text.is_empty()) {
        match plugin(text)? {
            Plugin::Layer(layer) => layers.push(layer),
            Plugin::Route(code, service) => router = router.route(code, service),
        }
    }
    let router = AnyService::new(router.build()?);
    Ok(layers.iter().rev().fold(router, |inner, layer| layer.layer(inner)))
}

/// The codes of the responses to an echo, and to two sleeps of 500 ms at once.
type Codes = (ResponseCode, [ResponseCode; 2]);

/// Serves the processor of this list, and calls it over one connection.
async fn run(list: &str) -> Result<Codes, BoxError> {
    println!("plugins {list:?}");
    let server = Server::new(processor(list)?).bind("127.0.0.1:0").await?;
    let addr = server.local_addr().to_string();
    tokio::spawn(server.serve());
    let channel = rocketmq_tower::connect(addr).await?;
    let call = |code, body: &'static str| {
        let request = RemotingCommand::request(code).with_body(body);
        channel.invoke(request, Duration::from_secs(10))
    };
    let echo = call(RequestCode::SEND_MESSAGE, "hello").await?;
    let sleep = || call(RequestCode::PULL_MESSAGE, "500ms");
    let (first, second) = tokio::try_join!(sleep(), sleep())?;
    let codes = (echo.response_code(), [first, second].map(|response| response.response_code()));
    println!("  echo: {}, sleeps: {} {}", codes.0, codes.1[0], codes.1[1]);
    Ok(codes)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    if let Some(list) = std::env::args().nth(1) {
        run(&list).await?;
        return Ok(());
    }
    const SUCCESS: ResponseCode = ResponseCode::SUCCESS;
    const BUSY: ResponseCode = ResponseCode::SYSTEM_BUSY;
    const UNKNOWN: ResponseCode = ResponseCode::REQUEST_CODE_NOT_SUPPORTED;
    assert_eq!(run("").await?, (UNKNOWN, [UNKNOWN, UNKNOWN]));
    assert_eq!(run("echo").await?, (SUCCESS, [UNKNOWN, UNKNOWN]));
    assert_eq!(run("limit=100,echo,sleep").await?, (SUCCESS, [SUCCESS, SUCCESS]));
    assert_eq!(run("limit=1,echo,sleep").await?, (SUCCESS, [SUCCESS, BUSY]));
    assert_eq!(run("timeout=20ms,echo,sleep").await?, (SUCCESS, [BUSY, BUSY]));
    assert_eq!(AUDITED.load(Ordering::Relaxed), 0);
    assert_eq!(run("audit,limit=100,timeout=9s,echo,sleep").await?, (SUCCESS, [SUCCESS, SUCCESS]));
    assert_eq!(AUDITED.load(Ordering::Relaxed), 3);
    for wrong in ["unknown", "limit=many", "timeout=2", "echo,echo"] {
        assert!(processor(wrong).is_err(), "{wrong}");
    }
    Ok(())
}
