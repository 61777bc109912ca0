//! An echo server made with rocketmq-remoting 0.9.0.

mod listen;

use std::error::Error;
use std::sync::Arc;

use rocketmq_error::RocketMQResult;
use rocketmq_remoting::base::channel_event_listener::ChannelEventListener;
use rocketmq_remoting::code::response_code::ResponseCode;
use rocketmq_remoting::net::channel::Channel;
use rocketmq_remoting::protocol::remoting_command::RemotingCommand;
use rocketmq_remoting::remoting_server::rocketmq_tokio_server;
use rocketmq_remoting::runtime::connection_handler_context::ConnectionHandlerContext;
use rocketmq_remoting::runtime::processor::RequestProcessor;
use tokio::net::TcpListener;

#[derive(Clone)]
struct Echo;

impl RequestProcessor for Echo {
    async fn process_request(
        &mut self,
        _channel: Channel,
        _context: ConnectionHandlerContext,
        request: &mut RemotingCommand,
    ) -> RocketMQResult<Option<RemotingCommand>> {
        let response = RemotingCommand::create_response_command_with_code(ResponseCode::Success);
        Ok(Some(match request.take_body() {
            Some(body) => response.set_body(body),
            None => response,
        }))
    }
}

/// Does nothing, but is required: without a listener the server keeps every connection it ever had.
struct Events;

impl ChannelEventListener for Events {
    fn on_channel_connect(&self, _address: &str, _channel: &Channel) {}
    fn on_channel_close(&self, _address: &str, _channel: &Channel) {}
    fn on_channel_exception(&self, _address: &str, _channel: &Channel) {}
    fn on_channel_idle(&self, _address: &str, _channel: &Channel) {}
    fn on_channel_active(&self, _address: &str, _channel: &Channel) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(listen::address()?).await?;
    listen::serving(listener.local_addr()?);
    // SIGTERM ends the process; a graceful shutdown of this server may wait forever.
    let shutdown = std::future::pending::<()>();
    // `RocketMQServer` runs this, too, but binds by itself and does not report its port.
    rocketmq_tokio_server::run(listener, shutdown, Echo, None, Vec::new(), Some(Arc::new(Events)))
        .await;
    Err("the server stopped accepting".into())
}
