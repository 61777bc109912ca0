//! `rpc_hook` on a server: Java's rules.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::{
    Abort, Addr, BoxError, LanguageCode, RemotingCommand, ResponseCode, SerializeType,
};
use rocketmq_tower_layers::RpcHookLayer;
use rocketmq_tower_layers::rpc_hook::{RequestHead, RpcHook, RpcHooks};
use std::sync::{Arc, Mutex};
use tokio_test::{assert_pending, assert_ready_ok};
use tower::Layer;
use tower_test::mock::{self, Handle, Mock, Spawn};

type Log = Arc<Mutex<Vec<String>>>;
type Hooked = Spawn<RpcHooks<Mock<RemotingCommand, Option<RemotingCommand>>>>;

/// The names of the hooks that ran before the request, in order.
#[derive(Clone, Default)]
struct RanBefore(Vec<&'static str>);

/// Logs its calls, marks requests and responses, and fails on demand.
struct Recorder {
    name: &'static str,
    log: Log,
    fail_before: fn() -> Result<(), BoxError>,
    fail_after: fn() -> Result<(), BoxError>,
}

impl RpcHook for Recorder {
    fn before(&self, peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        self.log.lock().expect("not poisoned").push(format!("{} before {peer}", self.name));
        request.ext_fields_mut().insert(self.name, "before");
        request.extensions_mut().get_or_insert_default::<RanBefore>().0.push(self.name);
        (self.fail_before)()
    }

    fn after(
        &self,
        _peer: &Addr,
        request: &RequestHead,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        let names = &request.extensions().get::<RanBefore>().ok_or("not kept")?.0;
        let code = response.as_ref().map(|response| {
            let remark = response.remark().map(|remark| format!(" ({remark})"));
            format!("{}{}", response.response_code(), remark.unwrap_or_default())
        });
        let code = code.unwrap_or("none".into());
        self.log
            .lock()
            .expect("not poisoned")
            .push(format!("{} after {names:?} {code}", self.name));
        if let Some(response) = response {
            response.ext_fields_mut().insert(self.name, "after");
        }
        (self.fail_after)()
    }
}

fn fine() -> Result<(), BoxError> {
    Ok(())
}

struct Test {
    service: Hooked,
    handle: Handle<RemotingCommand, Option<RemotingCommand>>,
    log: Log,
}

/// Hooks a, b and c, of which b fails as given.
fn hooked(
    fail_before: fn() -> Result<(), BoxError>,
    fail_after: fn() -> Result<(), BoxError>,
) -> Test {
    let log = Log::default();
    let hook = |name, fail_before, fail_after| Recorder {
        name,
        log: Arc::clone(&log),
        fail_before,
        fail_after,
    };
    let layer = RpcHookLayer::new()
        .hook(hook("a", fine, fine))
        .hook(hook("b", fail_before, fail_after))
        .hook(hook("c", fine, fine));
    let (mock, handle) = mock::pair();
    Test { service: Spawn::new(layer.layer(mock)), handle, log }
}

impl Test {
    async fn call(
        &mut self,
        answer: Result<Option<RemotingCommand>, &'static str>,
    ) -> Result<Option<RemotingCommand>, BoxError> {
        assert_ready_ok!(self.service.poll_ready());
        let mut call = tokio_test::task::spawn(self.service.call(RemotingCommand::request(10)));
        if let std::task::Poll::Ready(result) = call.poll() {
            return result;
        }
        let (_, respond) = self.handle.next_request().await.expect("called");
        match answer {
            Ok(answer) => respond.send_response(answer),
            Err(error) => respond.send_error(error),
        }
        call.await
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().expect("not poisoned").clone()
    }
}

fn success() -> RemotingCommand {
    RemotingCommand::response(ResponseCode::SUCCESS)
}

const BEFORE: [&str; 3] = ["a before unnamed", "b before unnamed", "c before unnamed"];

#[tokio::test]
async fn hooks_run_in_order_before_and_after() {
    let mut test = hooked(fine, fine);
    let answer = test.call(Ok(Some(success()))).await.expect("answered").expect("an answer");
    let after = ["a", "b", "c"].map(|name| format!(r#"{name} after ["a", "b", "c"] SUCCESS"#));
    assert_eq!(test.log(), [BEFORE.map(String::from), after].concat());
    assert!(answer.ext_fields().iter().eq([("a", "after"), ("b", "after"), ("c", "after")]));
}

#[tokio::test]
async fn the_processor_sees_what_the_hooks_made_of_the_request() {
    let mut test = hooked(fine, fine);
    assert_ready_ok!(test.service.poll_ready());
    let mut call = tokio_test::task::spawn(test.service.call(RemotingCommand::request(10)));
    assert_pending!(call.poll());
    let (request, respond) = test.handle.next_request().await.expect("called");
    assert_eq!(request.ext_fields().len(), 3);
    respond.send_response(None);
    assert!(call.await.expect("answered").is_none());
    assert!(test.log()[5].ends_with("none"), "after-hooks run without a response too");
}

/// Changes the code, and keeps the whole request for the after-hook, which answers with a copy.
struct Keeper;

impl RpcHook for Keeper {
    fn before(&self, _peer: &Addr, request: &mut RemotingCommand) -> Result<(), BoxError> {
        request.set_code(11);
        let whole = Arc::new(request.clone());
        request.extensions_mut().insert(whole);
        Ok(())
    }

    fn after(
        &self,
        _peer: &Addr,
        request: &RequestHead,
        response: Option<&mut RemotingCommand>,
    ) -> Result<(), BoxError> {
        let whole = request.extensions().get::<Arc<RemotingCommand>>().ok_or("not kept")?;
        assert_eq!((request.code(), request.request_code()), (11, whole.request_code()));
        assert_eq!((request.opaque(), request.flag()), (whole.opaque(), whole.flag()));
        assert_eq!((request.language(), request.version()), (whole.language(), whole.version()));
        assert_eq!(request.serialize_type(), whole.serialize_type());
        assert_eq!(request.is_oneway(), whole.is_oneway());
        assert!(request.channel().is_none());
        *response.ok_or("no response")? = RemotingCommand::clone(whole);
        Ok(())
    }
}

#[tokio::test]
async fn after_hooks_get_the_head_and_what_before_hooks_keep() {
    let (mock, mut handle) = mock::pair::<RemotingCommand, RemotingCommand>();
    let mut service = Spawn::new(RpcHookLayer::new().hook(Keeper).layer(mock));
    let base = RemotingCommand::request(10)
        .with_serialize_type(SerializeType::RocketMq)
        .with_ext_field("topic", "T")
        .with_body("body");
    let mut numbered = base.clone().oneway();
    numbered.set_opaque(77);
    for mut request in [base.with_language(LanguageCode::GO), numbered] {
        assert_ready_ok!(service.poll_ready());
        let call = service.call(request.clone());
        let (_, respond) = handle.next_request().await.expect("called");
        respond.send_response(success());
        request.set_code(11);
        assert_eq!(call.await.expect("answered"), request);
    }
}

#[tokio::test]
async fn an_abort_ends_everything_at_once() {
    let mut test = hooked(|| Err(Abort::new(ResponseCode::NO_PERMISSION, "not you").into()), fine);
    let error = test.call(Ok(None)).await.expect_err("aborted");
    assert_eq!(error.downcast::<Abort>().expect("the abort").code, ResponseCode::NO_PERMISSION);
    assert_eq!(test.log(), BEFORE[..2]);
}

#[tokio::test]
async fn another_failure_skips_the_processor_but_not_the_after_hooks() {
    let mut test = hooked(|| Err("broken".into()), fine);
    let error = test.call(Ok(None)).await.expect_err("failed");
    assert_eq!(error.to_string(), "broken");
    let log = test.log();
    assert_eq!(log[..2], BEFORE[..2]);
    let after = ["a", "b", "c"].map(|name| format!(r#"{name} after ["a", "b"] SYSTEM_ERROR"#));
    assert_eq!(log[2..], after);
}

#[tokio::test]
async fn an_after_hook_that_fails_replaces_the_result_and_ends_the_round() {
    let mut test = hooked(fine, || Err("late".into()));
    let error = test.call(Ok(Some(success()))).await.expect_err("failed");
    assert_eq!((error.to_string().as_str(), test.log().len()), ("late", 5), "c's did not run");
    let mut test = hooked(|| Err("early".into()), || Err("late".into()));
    let error = test.call(Ok(None)).await.expect_err("failed");
    assert_eq!(error.to_string(), "late");
}

#[tokio::test]
async fn when_the_processor_fails_after_hooks_do_not_run() {
    let mut test = hooked(fine, fine);
    let error = test.call(Err("no")).await.expect_err("failed");
    assert_eq!((error.to_string().as_str(), test.log().len()), ("no", 3));
}

#[tokio::test]
async fn without_hooks_it_only_passes_on() {
    let (mock, mut handle) = mock::pair::<RemotingCommand, RemotingCommand>();
    let mut service = Spawn::new(RpcHookLayer::new().layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.allow(1);
    assert_ready_ok!(service.poll_ready());
    let call = service.call(RemotingCommand::request(10));
    let (_, respond) = handle.next_request().await.expect("called");
    respond.send_response(success());
    assert_eq!(call.await.expect("answered"), success());
}

#[tokio::test]
async fn hooks_may_be_shared_and_of_types_known_at_run_time() {
    let log = Log::default();
    let recorder =
        |name| Recorder { name, log: Arc::clone(&log), fail_before: fine, fail_after: fine };
    let (shared, boxed): (Arc<dyn RpcHook>, Box<dyn RpcHook>) =
        (Arc::new(recorder("a")), Box::new(recorder("b")));
    let layer = RpcHookLayer::new().hook(Arc::clone(&shared)).hook(shared).hook(boxed);
    let (mock, mut handle) = mock::pair::<RemotingCommand, RemotingCommand>();
    let mut service = Spawn::new(layer.layer(mock));
    assert_ready_ok!(service.poll_ready());
    let call = service.call(RemotingCommand::request(10));
    let (_, respond) = handle.next_request().await.expect("called");
    respond.send_response(success());
    call.await.expect("answered");
    let log = log.lock().expect("not poisoned");
    let names: Vec<_> = log.iter().map(|line| &line[..3]).collect();
    assert_eq!(names, ["a b", "a b", "b b", "a a", "a a", "b a"], "before and after, in order");
}
