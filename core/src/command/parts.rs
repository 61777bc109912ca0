//! The fields of a command, and their allocations.
//!
//! A command is a pointer to its fields: it is moved a dozen times on its way through the layers, and every move of the fields
//! themselves would be a call of `memcpy`. Each thread keeps some allocations of commands that were dropped, so that a request
//! usually allocates nothing for its head.

#![expect(clippy::vec_box, reason = "the allocations are kept, not the fields")]

use super::{ExtFields, KeptHeader, LanguageCode, MqVersion, SerializeType};
use crate::channel::{Channel, ExchangeId, Stamp, lending};
use bytes::Bytes;
use http::Extensions;
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::LazyLock;

/// The maximum number of allocations that a thread keeps: about 100 KiB, with their ext fields.
const KEPT: usize = 64;

/// The maximum capacity of ext fields that are kept, in bytes.
const KEPT_EXT_FIELDS: usize = 1024;

thread_local! {
    static SPARES: RefCell<Vec<Box<Parts>>> = const { RefCell::new(Vec::new()) };
}

/// The fields of a command that has none.
pub(super) static EMPTY: LazyLock<Parts> = LazyLock::new(Parts::default);

/// The fields of a command.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) code: i32,
    pub(crate) language: LanguageCode,
    pub(crate) version: MqVersion,
    pub(crate) opaque: i32,
    pub(crate) flag: i32,
    pub(crate) serialize_type: SerializeType,
    pub(crate) stand_in: bool,
    pub(crate) remark: Option<Cow<'static, str>>,
    /// Empty while a header is [kept](Self::kept).
    pub(crate) ext_fields: ExtFields,
    /// The header as it was received, if the codec keeps headers.
    pub(crate) kept: Option<Box<KeptHeader>>,
    pub(crate) body: Bytes,
    /// The connection that received the command: the only link from a command to its connection. It causes the only dependency
    /// cycle between modules in this crate, as channels carry commands.
    pub(crate) channel: Option<Channel>,
    /// The exchange that a request begins; `None` if it is oneway. Clones of the request refer to the same exchange, so only one
    /// of them can defer the response.
    pub(crate) exchange: Option<(ExchangeId, Stamp)>,
    pub(crate) extensions: Extensions,
}

impl Parts {
    /// Returns default fields, in an allocation that was kept if there is one.
    #[inline]
    pub(super) fn take() -> Box<Self> {
        let spare = SPARES.try_with(|spares| spares.borrow_mut().pop());
        spare.ok().flatten().unwrap_or_default()
    }

    /// Keeps the allocation for another command of this thread.
    #[inline]
    pub(super) fn give(mut this: Box<Self>) {
        this.reset();
        // Fails only while the thread ends, when keeping it would be pointless.
        _ = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < KEPT {
                spares.push(this);
            }
        });
    }

    /// Makes all fields default ones.
    pub(crate) fn reset(&mut self) {
        // One by one: building all of them first would copy them.
        let Self { code, language, version, opaque, flag, serialize_type, stand_in, .. } = self;
        (*code, *opaque, *flag, *stand_in) = (0, 0, 0, false);
        (*language, *version) = (LanguageCode::default(), MqVersion::default());
        *serialize_type = SerializeType::default();
        let Self { remark, ext_fields, kept, body, channel, exchange, extensions, .. } = self;
        if let Some(kept) = kept {
            kept.recycle();
        }
        (*remark, *exchange) = (None, None);
        if let Some(channel) = channel.take() {
            lending::give_back(channel.into_shared());
        }
        ext_fields.recycle(KEPT_EXT_FIELDS);
        *body = Bytes::new();
        *extensions = Extensions::new();
    }

    /// Returns the ext fields.
    #[inline]
    pub(crate) fn fields(&self) -> &ExtFields {
        match self.kept_header() {
            Some(kept) => kept.fields(),
            None => &self.ext_fields,
        }
    }

    #[inline]
    pub(super) fn kept_header(&self) -> Option<&KeptHeader> {
        self.kept.as_deref().filter(|kept| kept.is_kept())
    }

    /// Returns the ext fields for changes. A header is kept no longer then.
    #[inline]
    pub(crate) fn fields_mut(&mut self) -> &mut ExtFields {
        if let Some(kept) = self.kept.as_mut().filter(|kept| kept.is_kept()) {
            self.ext_fields = kept.take_fields();
        }
        &mut self.ext_fields
    }

    /// Returns the header that was received, if nothing but the flag and the opaque was changed.
    #[inline]
    pub(crate) fn unchanged_header(&self) -> Option<&KeptHeader> {
        self.kept_header().filter(|kept| kept.is_unchanged(self))
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        let Self { code, language, version, opaque, flag, serialize_type, stand_in, .. } = *other;
        (self.code, self.opaque, self.flag, self.stand_in) = (code, opaque, flag, stand_in);
        (self.language, self.version) = (language, version);
        self.serialize_type = serialize_type;
        let Self { remark, body, channel, exchange, extensions, .. } = other;
        self.remark.clone_from(remark);
        self.ext_fields.clone_from(other.fields());
        self.body.clone_from(body);
        (self.channel, self.exchange) = (channel.clone(), *exchange);
        self.extensions.clone_from(extensions);
    }
}
