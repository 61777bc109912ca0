//! Calls over pooled clients that reconnect, and over clients that make only a few calls.

use super::World;
use super::processor::{CALLERS, DEFER, ECHO, FAIL, NOTE, NOTED, PUSH, SLOW};
use super::servers::{AGED, Moment, SERVERS};
use rocketmq_tower::client::{Client, Connector, InvokeError};
use rocketmq_tower::{Addr, BoxError, RemotingCommand, ResponseCode, SerializeType, service_fn};
use rocketmq_tower_test_support::Dice;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const CLIENTS: usize = 4;

/// Longer than any call takes whose response is not lost.
const TIME: Duration = Duration::from_secs(15);

/// Starts all callers, and returns the clients that they share.
pub(crate) fn start(world: &Arc<World>, load: &mut JoinSet<()>) -> Vec<Client> {
    let answer_pushes = service_fn(|mut request: RemotingCommand| async move {
        let answer = RemotingCommand::response(ResponseCode::SUCCESS);
        Ok::<_, BoxError>(answer.with_body(request.take_body()))
    });
    let client = |_| Client::builder().connector(Connector::new().service(answer_pushes)).build();
    let clients: Vec<_> = (0..2 * CLIENTS).map(client).collect();
    for number in 0..CALLERS {
        let caller = Caller {
            world: Arc::clone(world),
            client: clients[number % CLIENTS].clone(),
            impatient: clients[CLIENTS + number % CLIENTS].clone(),
            number,
            noted: 0,
            dice: Dice::new(number as u64),
        };
        load.spawn(caller.run());
    }
    clients
}

struct Caller {
    world: Arc<World>,
    client: Client,
    /// A client for calls that time out. It drains a connection over which nothing arrived during
    /// such a call. Pushes then get GO_AWAY, and a call may overtake the request before it.
    impatient: Client,
    number: usize,
    /// The number of the last oneway request.
    noted: u64,
    dice: Dice,
}

/// How a call ended; an error is an unexpected end.
type Ended = Result<(), BoxError>;

impl Caller {
    async fn run(mut self) {
        while !self.world.is_over() {
            let server = self.dice.index(SERVERS);
            let of_impatient = self.dice.below(10) == 0;
            match self.dice.below(1000) {
                0..100 if server != AGED => self.note(server).await,
                100..105 => self.short_lived(server).await,
                _ => {
                    let client = [&self.client, &self.impatient][usize::from(of_impatient)].clone();
                    let code = of_impatient.then_some(ECHO);
                    self.call(&client, server, code).await;
                }
            }
            if self.world.servers.moment(server).is_restarting() {
                // Otherwise refused callers would do nothing but connect.
                sleep(Duration::from_millis(10)).await;
            }
        }
    }

    fn request(&mut self, code: i32) -> RemotingCommand {
        let length = length(&mut self.dice);
        let body = vec![self.dice.below(256) as u8; length];
        let kind = self.dice.pick(&[SerializeType::Json, SerializeType::RocketMq]);
        RemotingCommand::request(code).with_serialize_type(kind).with_body(body)
    }

    /// Makes one call, of a random kind or with this code.
    async fn call(&mut self, client: &Client, server: usize, code: Option<i32>) {
        let called = &self.world.clone().books.called;
        let since = self.world.servers.moment(server);
        let roll = self.dice.below(1000);
        called.begun.add();
        let ended = match code {
            Some(code) => self.answered(client, server, code, 0).await,
            None => match roll {
                0..600 => self.answered(client, server, ECHO, 0).await,
                600..700 => self.answered(client, server, SLOW, 50).await,
                700..800 => self.answered(client, server, DEFER, 100).await,
                800..900 if server != AGED => self.answered(client, server, PUSH, 0).await,
                800..900 => self.answered(client, server, DEFER, 10).await,
                900..940 => self.failed(server).await,
                940..970 => self.late(server).await,
                _ => self.given_up(server).await,
            },
        };
        self.write_down(server, since, ended);
    }

    fn write_down(&self, server: usize, since: Moment, ended: Ended) {
        let Err(error) = ended else { return };
        let unsent = error.downcast_ref::<InvokeError>().is_some_and(InvokeError::is_unprocessed);
        if self.world.servers.was_disturbed(server, since) {
            let called = &self.world.books.called;
            if unsent { called.refused.add() } else { called.lost.add() }
        } else {
            let change = self.world.servers.last_change(server);
            let error = text(&*error);
            self.world.books.fault(format!(
                "a call to server {server}, {change:?} after its last restart: {error}"
            ));
        }
    }

    async fn invoke(
        &self,
        client: &Client,
        server: usize,
        request: RemotingCommand,
        time: Duration,
    ) -> Result<RemotingCommand, InvokeError> {
        client.invoke(Addr::from(self.world.servers.addr(server)), request, time).await
    }

    async fn answered(&mut self, client: &Client, server: usize, code: i32, ms: u64) -> Ended {
        let mut request = self.request(code);
        if ms > 0 {
            request = request.with_ext_field("ms", &self.dice.below(ms).to_string());
        }
        let body = request.body().clone();
        let answer = self.invoke(client, server, request, TIME).await?;
        if answer.response_code() != ResponseCode::SUCCESS {
            return Err(format!("code {code}: {answer:?}").into());
        }
        if *answer.body() != body {
            self.world.books.fault(format!("code {code}: wrong body"));
        }
        self.world.books.called.answered.add();
        Ok(())
    }

    async fn failed(&mut self, server: usize) -> Ended {
        let request = self.request(FAIL);
        let answer = self.invoke(&self.client, server, request, TIME).await?;
        if answer.remark().is_none_or(|remark| !remark.contains("as you wish")) {
            return Err(format!("expected an error: {answer:?}").into());
        }
        self.world.books.called.failed.add();
        Ok(())
    }

    async fn late(&mut self, server: usize) -> Ended {
        let request = self.request(SLOW).with_ext_field("ms", "500");
        let time = self.dice.millis(0..100);
        match self.invoke(&self.impatient, server, request, time).await {
            Err(InvokeError::Timeout { .. }) => {
                self.world.books.called.timed_out.add();
                Ok(())
            }
            Err(error) => Err(error.into()),
            // The machine was busy for longer than the response took.
            Ok(_) => {
                self.world.books.called.answered.add();
                Ok(())
            }
        }
    }

    /// Makes a call and drops it before the response arrives.
    async fn given_up(&mut self, server: usize) -> Ended {
        let codes =
            if server == AGED { &[ECHO, SLOW, DEFER][..] } else { &[ECHO, SLOW, DEFER, PUSH] };
        let code = self.dice.pick(codes);
        let request = self.request(code).with_ext_field("ms", "50");
        let wait = self.dice.millis(0..20);
        match timeout(wait, self.invoke(&self.client, server, request, TIME)).await {
            Err(_) => self.world.books.called.given_up.add(),
            Ok(Err(error)) => return Err(error.into()),
            Ok(Ok(answer)) if answer.response_code() == ResponseCode::SUCCESS => {
                self.world.books.called.answered.add();
            }
            Ok(Ok(answer)) => return Err(format!("{answer:?}").into()),
        }
        Ok(())
    }

    /// Sends a oneway request, and makes a call that checks whether it arrived.
    async fn note(&mut self, server: usize) {
        let since = self.world.servers.moment(server);
        self.noted += 1;
        let called = &self.world.books.called;
        let addr = self.world.servers.addr(server);
        let with_caller = |code| {
            RemotingCommand::request(code).with_ext_field("caller", &self.number.to_string())
        };
        let note = with_caller(NOTE).with_ext_field("number", &self.noted.to_string());
        called.oneways.add();
        let arrived = async {
            self.client.invoke_oneway(Addr::from(addr), note, TIME).await?;
            let answer = self.invoke(&self.client, server, with_caller(NOTED), TIME).await?;
            if answer.body()[..] != *self.noted.to_string().as_bytes() {
                return Err("a oneway request was lost".into());
            }
            Ok::<_, BoxError>(())
        };
        called.begun.add();
        let arrived = arrived.await;
        if arrived.is_ok() {
            called.confirmed.add();
            called.answered.add();
        }
        self.write_down(server, since, arrived);
    }

    /// Makes a few calls with a new client.
    async fn short_lived(&mut self, server: usize) {
        let client = Client::new();
        self.world.books.called.clients.add();
        for code in [ECHO, SLOW, DEFER] {
            self.call(&client, server, Some(code)).await;
        }
        if self.dice.below(2) == 0 {
            client.shutdown(TIME).await;
        }
    }
}

/// Returns a random body length: mostly small, sometimes large, rarely very large.
fn length(dice: &mut Dice) -> usize {
    let below = match dice.below(1000) {
        0..900 => 512,
        900..990 => 16 * 1024,
        990..999 => 128 * 1024,
        _ => 1024 * 1024,
    };
    dice.index(below)
}

/// Formats an error with its sources.
fn text(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
