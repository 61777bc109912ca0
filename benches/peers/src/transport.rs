//! An echo server made with rocketmq-transport 1.0.0.

mod listen;

use std::error::Error;
use std::sync::Arc;

use rocketmq_error_1::SharedError;
use rocketmq_protocol::protocol::remoting_command::RemotingCommand;
use rocketmq_runtime::{RuntimeConfig, RuntimeOwner};
use rocketmq_transport::api::{
    RemotingRequest, RemotingResponse, RequestProcessor, ResponseAction, ServerConfig,
    TransportServer,
};
use tokio::net::TcpListener;

const SUCCESS: i32 = 0;
const SYSTEM_ERROR: i32 = 1;

#[derive(Clone)]
struct Echo;

impl RequestProcessor for Echo {
    async fn process(
        &mut self,
        request: &mut RemotingRequest,
    ) -> Result<ResponseAction, SharedError> {
        let head = RemotingCommand::create_response_command_with_code(SUCCESS);
        let response = match request.command_mut().take_body() {
            Some(body) => RemotingResponse::bytes(head, body),
            None => RemotingResponse::command(head),
        };
        Ok(ResponseAction::Reply(
            response.unwrap_or_else(|_| RemotingResponse::empty_response(SYSTEM_ERROR)),
        ))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = listen::address()?;
    // The crate's own runtime, with its settings for a broker.
    let owner = RuntimeOwner::plan(RuntimeConfig::broker_default())?.build()?;
    let server = TransportServer::new(
        Arc::new(ServerConfig::default()),
        owner.root_context().component("echo"),
        Echo,
    );
    owner.block_on(async move {
        let listener = TcpListener::bind(address).await?;
        listen::serving(listener.local_addr()?);
        // SIGTERM ends the process.
        let shutdown = std::future::pending::<()>();
        server.try_serve_bound_listener_until(listener, None, shutdown).await?;
        Err("the server stopped accepting".into())
    })
}
