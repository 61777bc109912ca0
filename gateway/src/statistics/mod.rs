//! Counts of requests and notes about clients, if the gateway is to [keep statistics](crate::GatewayBuilder::statistics).

mod counts;
mod note;

pub(crate) use counts::Counts;
pub(crate) use note::Note;
