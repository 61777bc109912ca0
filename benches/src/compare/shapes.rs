//! The loads that all servers get.

use super::kind::Kind;
use super::server::Server;
use super::{Options, before};
use crate::outcome::Outcome;
use crate::requests::Header;
use crate::{calls, load};
use rocketmq_tower::BoxError;

/// A load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Its name on the command line.
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    work: Work,
}

#[derive(Clone, Copy, Debug)]
enum Work {
    /// Over raw sockets.
    Load { connections: usize, depth: u32, body: usize, header: Header },
    /// Through our client, by 64 callers on one connection.
    Calls { one_thread: bool },
    /// Through our client of an earlier revision, on one thread.
    CallsBefore,
}

const fn load(connections: usize, depth: u32, body: usize, header: Header) -> Work {
    Work::Load { connections, depth, body, header }
}

pub(super) const JSON: &str = "json";
pub(super) const BINARY: &str = "binary";
pub(super) const CALLERS: &str = "callers";
pub(super) const LARGE: &str = "4m";
const CALLS: &str = "calls";
pub(super) const CALLS_ONE_THREAD: &str = "calls-one-thread";
pub(super) const CALLS_BEFORE: &str = "calls-before";

/// The length of the largest bodies, in bytes.
pub(super) const LARGE_BODY: usize = 4 * 1024 * 1024;

pub(super) const SHAPES: [Shape; 9] = [
    Shape {
        key: JSON,
        title: "128 B, JSON headers, 8 connections, 32 requests in flight on each",
        work: load(8, 32, 128, Header::Json),
    },
    Shape {
        key: BINARY,
        title: "128 B, binary headers, 8 connections, 32 requests in flight on each",
        work: load(8, 32, 128, Header::Binary),
    },
    Shape {
        key: CALLERS,
        title: "128 B, JSON headers, 64 connections, one request in flight on each",
        work: load(64, 1, 128, Header::Json),
    },
    Shape {
        key: "one",
        title: "128 B, JSON headers, one connection, one request in flight",
        work: load(1, 1, 128, Header::Json),
    },
    Shape {
        key: "4k",
        title: "4 KiB, JSON headers, 8 connections, 32 requests in flight on each",
        work: load(8, 32, 4096, Header::Json),
    },
    Shape {
        key: LARGE,
        title: "4 MiB, JSON headers, 2 connections, one request in flight on each",
        work: load(2, 1, LARGE_BODY, Header::Json),
    },
    Shape {
        key: CALLS,
        title: "Calls through `Channel`: 64 callers on one connection, 128 B, JSON headers",
        work: Work::Calls { one_thread: false },
    },
    Shape {
        key: CALLS_ONE_THREAD,
        title: "The same calls, from a client on one thread",
        work: Work::Calls { one_thread: true },
    },
    Shape {
        key: CALLS_BEFORE,
        title: "The same calls, from the client of an [earlier revision](before/build) on one thread",
        work: Work::CallsBefore,
    },
];

impl Shape {
    /// Whether the load applies to this server. Calls measure our client, with our server and with
    /// the cheapest one.
    pub(super) fn is_for(&self, kind: Kind) -> bool {
        match self.work {
            Work::Load { .. } => true,
            Work::Calls { .. } | Work::CallsBefore => matches!(kind, Kind::Bare | Kind::Tower),
        }
    }

    pub(super) fn run(
        &self,
        server: &Server,
        seconds: f64,
        options: &Options,
    ) -> Result<Outcome, BoxError> {
        let (address, pid, warm_up) = (server.address, server.pid(), options.warm_up);
        match self.work {
            Work::Load { connections, depth, body, header } => load::run(&load::Options {
                address,
                pid,
                connections,
                depth,
                body,
                header,
                seconds,
                warm_up,
            }),
            Work::Calls { one_thread } => calls::run(&calls::Options {
                address,
                pid,
                client: false,
                connections: 1,
                callers: 64,
                body: 128,
                header: Header::Json,
                one_thread,
                seconds,
                warm_up,
            }),
            Work::CallsBefore => before::calls(server, seconds, warm_up),
        }
    }
}
