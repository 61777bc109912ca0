//! Tracks each request and its outcome independently of the driver, and compares both.

use bytes::BytesMut;
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::{RemotingCodec, RemotingCommand};
use std::collections::{HashMap, VecDeque};
use tokio::time::Instant;
use tokio_util::codec::Decoder;

/// All requests with one opaque.
#[derive(Default)]
struct Account {
    /// Read, and not oneway.
    asked: usize,
    /// Finished with an outcome that must be answered.
    owed: usize,
    /// Finished with an outcome that is not answered.
    excused: usize,
    answered: usize,
}

/// The state that the checks need.
pub(super) struct Book {
    is_client: bool,
    config: ConnectionConfig,
    codec: RemotingCodec,
    /// Bytes that the driver has read and that are not a complete frame yet.
    unread: BytesMut,
    accounts: HashMap<i32, Account>,
    /// Requests that the driver has read and not passed to the service yet, in order.
    seen: VecDeque<RemotingCommand>,
    seen_ever: usize,
    pub(super) admitted: usize,
    pub(super) running: usize,
    owed: usize,
    answered: usize,
    /// Requests that are neither answered nor excused.
    open: usize,
    /// When the driver could know that no more input follows.
    pub(super) input_ended: Option<Instant>,
    /// Whether this side has made calls, which let the driver read on.
    pub(super) called: bool,
    pub(super) drained: bool,
    service_failed: bool,
    /// Whether the connection was closed, broken, or dropped.
    pub(super) cut: bool,
}

impl Book {
    pub(super) fn new(is_client: bool, config: ConnectionConfig) -> Self {
        let codec = RemotingCodec::new().with_max_frame_length(config.max_frame_length);
        Self {
            is_client,
            config,
            codec,
            unread: BytesMut::new(),
            accounts: HashMap::new(),
            seen: VecDeque::new(),
            seen_ever: 0,
            admitted: 0,
            running: 0,
            owed: 0,
            answered: 0,
            open: 0,
            input_ended: None,
            called: false,
            drained: false,
            service_failed: false,
            cut: false,
        }
    }

    /// Called before the driver reads: checks that its state is within the bounds.
    pub(super) fn before_read(&self) {
        if self.drained || self.service_failed || self.cut || self.input_ended.is_some() {
            return;
        }
        let waiting = self.owed.saturating_sub(self.answered);
        // The shortest response has 29 bytes.
        let encoded = self.config.write_high_water / 29 + 2;
        let ConnectionConfig { max_in_flight, max_deferred, max_queued_requests, .. } = self.config;
        match self.is_client {
            false if !self.called => {
                let ahead = self.config.max_queued_requests.max(1);
                assert!(self.seen.len() < ahead, "{} read, {ahead} may be", self.seen.len());
                assert!(waiting <= encoded, "{waiting} answers wait");
            }
            // This counts requests that run, are deferred, wait to run, or were refused.
            _ => {
                let bounds =
                    [max_in_flight, max_deferred, max_queued_requests, max_in_flight, encoded];
                let most = bounds.into_iter().sum::<usize>() + 2;
                assert!(self.open <= most, "{} requests are open", self.open);
            }
        }
    }

    pub(super) fn read(&mut self, bytes: &[u8]) {
        if self.input_ended.is_some() {
            return;
        }
        self.unread.extend_from_slice(bytes);
        loop {
            match self.codec.decode(&mut self.unread) {
                Ok(None) => return,
                Err(_) => return self.input_ends(),
                Ok(Some(command)) if command.is_response() => {}
                Ok(Some(request)) => {
                    if !request.is_oneway() {
                        self.accounts.entry(request.opaque()).or_default().asked += 1;
                        self.open += 1;
                    }
                    self.seen_ever += 1;
                    self.seen.push_back(request);
                }
            }
        }
    }

    pub(super) fn input_ends(&mut self) {
        self.input_ended.get_or_insert_with(Instant::now);
    }

    /// After this nothing more is read.
    pub(super) fn service_fails(&mut self) {
        self.service_failed = true;
        self.input_ends();
    }

    /// Called when the driver polls the service's readiness.
    pub(super) fn asks(&self) {
        assert!(!self.seen.is_empty(), "asked without a request in hand");
        assert!(!self.service_failed, "asked after it failed");
    }

    /// Called when the service gets a request. The requests read before it were refused.
    pub(super) fn admit(&mut self, request: &RemotingCommand) {
        let at = self.seen.iter().position(|seen| seen == request);
        let at = at.unwrap_or_else(|| panic!("{request:?} was not asked, or out of order"));
        let refuses = self.drained || self.called || self.is_client;
        assert!(at == 0 || refuses, "{at} requests were skipped");
        self.seen.drain(..=at);
        self.admitted += 1;
        self.running += 1;
        assert!(self.running <= self.config.max_in_flight.max(1) + 1, "{} run", self.running);
    }

    /// Records that a request must be answered from now on.
    pub(super) fn owe(&mut self, opaque: i32, oneway: bool) {
        if !oneway {
            self.accounts.entry(opaque).or_default().owed += 1;
            self.owed += 1;
        }
    }

    /// Records that a request will not be answered.
    pub(super) fn excuse(&mut self, opaque: i32, oneway: bool) {
        if !oneway {
            self.accounts.entry(opaque).or_default().excused += 1;
            self.open -= 1;
        }
    }

    /// Records a response to the peer.
    pub(super) fn answer(&mut self, answer: &RemotingCommand) {
        let opaque = answer.opaque();
        let account = self.accounts.get_mut(&opaque).expect("nothing was asked by that opaque");
        account.answered += 1;
        self.answered += 1;
        self.open = self.open.saturating_sub(1);
        let (answered, most) = (account.answered, account.asked - account.excused);
        assert!(answered <= most, "{opaque}: {answered} answers to {most} requests");
    }

    /// Called when the connection ended by itself, in time, with all of its output written: checks
    /// that no request lacks a response.
    pub(super) fn settle(&self) {
        for (opaque, account) in &self.accounts {
            let Account { asked, owed, excused, answered } = *account;
            assert!(answered >= owed, "{opaque}: {owed} answers are due, {answered} came");
            if !self.drained && !self.service_failed {
                assert_eq!(answered + excused, asked, "{opaque}: all that is asked is answered");
            }
        }
        if !self.drained && !self.service_failed && !self.is_client && !self.called {
            assert_eq!(self.admitted, self.seen_ever, "all that is read is run");
        }
    }
}
