//! The unit of the protocol: [`RemotingCommand`] and its parts.

#[macro_use]
mod codes;
mod ext_fields;
mod header;
mod kept;
mod language;
mod parts;
pub mod remark;
mod request_code;
mod response_code;
mod serialize_type;
#[cfg(test)]
mod tests;
mod version;

pub use ext_fields::ExtFields;
pub(crate) use ext_fields::Names;
pub use header::HeaderError;
pub(crate) use header::read_field;
pub(crate) use kept::{FieldReader, KeptHeader, Places};
pub use language::LanguageCode;
pub(crate) use parts::Parts;
pub use request_code::RequestCode;
pub use response_code::ResponseCode;
pub use serialize_type::SerializeType;
pub use version::MqVersion;

use crate::channel::Channel;
use bytes::Bytes;
use http::Extensions;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The text is neither the name of a code nor a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither the name of a code nor a number")]
pub struct UnknownName;

/// One frame: a request or a response, with its header fields and body.
///
/// As in RocketMQ, both directions use the same type; bit 0 of [`flag`](Self::flag) marks a
/// response. Commands received from a connection know its [`channel`](Self::channel). The driver of
/// a connection sets the opaque and the response bit, so neither a processor nor a caller needs to.
///
/// Names and values follow Java's `protocol/RemotingCommand.java`.
///
/// ```
/// use rocketmq_tower_core::{RemotingCommand, RequestCode, ResponseCode};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct GetRouteInfo {
///     topic: String,
/// }
///
/// let header = GetRouteInfo { topic: "TopicTest".into() };
/// let request = RemotingCommand::request(RequestCode::GET_ROUTEINFO_BY_TOPIC).with_header(&header)?;
/// assert_eq!(request.header::<GetRouteInfo>()?.topic, "TopicTest");
///
/// let response = RemotingCommand::response(ResponseCode::TOPIC_NOT_EXIST).with_remark("no such topic");
/// assert!(response.is_response());
/// # Ok::<(), rocketmq_tower_core::HeaderError>(())
/// ```
#[derive(Default)]
pub struct RemotingCommand {
    /// `None` stands for default fields.
    parts: Option<Box<Parts>>,
}

impl RemotingCommand {
    /// The bit of [`flag`](Self::flag) that marks a response.
    pub const RESPONSE: i32 = 1;
    /// The bit of [`flag`](Self::flag) that marks a request which expects no response.
    pub const ONEWAY: i32 = 1 << 1;

    /// Creates a request without ext fields or body, sent by this library: language `RUST`, version
    /// [`CURRENT`](MqVersion::CURRENT), JSON header.
    ///
    /// Add a typed header with [`with_header`](Self::with_header).
    #[must_use]
    pub fn request(code: impl Into<RequestCode>) -> Self {
        Self::with_code(code.into().as_i32(), 0)
    }

    /// Creates a response without remark, ext fields or body.
    #[must_use]
    pub fn response(code: impl Into<ResponseCode>) -> Self {
        Self::with_code(code.into().as_i32(), Self::RESPONSE)
    }

    fn with_code(code: i32, flag: i32) -> Self {
        let mut parts = Parts::take();
        (parts.code, parts.flag) = (code, flag);
        (parts.language, parts.version) = (LanguageCode::RUST, MqVersion::CURRENT);
        Self { parts: Some(parts) }
    }

    #[inline(always)]
    pub(crate) fn parts(&self) -> &Parts {
        match &self.parts {
            Some(parts) => parts,
            None => &parts::EMPTY,
        }
    }

    #[inline(always)]
    pub(crate) fn parts_mut(&mut self) -> &mut Parts {
        self.parts.get_or_insert_with(Parts::take)
    }

    /// Returns the code as a plain number.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.parts().code
    }

    /// Returns the code as a request's code. Meaningless for a response.
    #[must_use]
    pub fn request_code(&self) -> RequestCode {
        self.parts().code.into()
    }

    /// Returns the code as a response's code. Meaningless for a request.
    #[must_use]
    pub fn response_code(&self) -> ResponseCode {
        self.parts().code.into()
    }

    /// Returns the sender's language.
    #[must_use]
    pub fn language(&self) -> LanguageCode {
        self.parts().language
    }

    /// Returns the sender's version.
    #[must_use]
    pub fn version(&self) -> MqVersion {
        self.parts().version
    }

    /// Returns the number that identifies a request on its connection. A response repeats its
    /// request's opaque.
    #[must_use]
    pub fn opaque(&self) -> i32 {
        self.parts().opaque
    }

    /// Returns the flag bits, including unknown ones.
    #[must_use]
    pub fn flag(&self) -> i32 {
        self.parts().flag
    }

    /// Whether this is a response. A command with both the response and the oneway bit is one.
    #[must_use]
    pub fn is_response(&self) -> bool {
        self.parts().flag & Self::RESPONSE != 0
    }

    /// Whether this is a request that expects no response.
    #[must_use]
    pub fn is_oneway(&self) -> bool {
        !self.is_response() && self.parts().flag & Self::ONEWAY != 0
    }

    /// Returns the encoding of the header, as received or to be sent. A response is always sent in
    /// its request's encoding, whatever this says.
    #[must_use]
    pub fn serialize_type(&self) -> SerializeType {
        self.parts().serialize_type
    }

    /// Returns the human-readable remark, usually an error message.
    #[must_use]
    pub fn remark(&self) -> Option<&str> {
        self.parts().remark.as_deref()
    }

    /// Returns the ext fields.
    #[must_use]
    pub fn ext_fields(&self) -> &ExtFields {
        self.parts().fields()
    }

    /// Returns the ext fields for changes.
    pub fn ext_fields_mut(&mut self) -> &mut ExtFields {
        self.parts_mut().fields_mut()
    }

    /// Returns the value of the ext field `name`. As [`ext_fields`](Self::ext_fields), but takes less for a header that the codec
    /// [keeps](crate::RemotingCodec::keep_headers).
    #[must_use]
    pub fn ext_field(&self, name: &str) -> Option<&str> {
        let parts = self.parts();
        let kept = parts.kept_header().and_then(|kept| kept.plain_field(name));
        kept.or_else(|| parts.fields().get(name))
    }

    /// Sets the ext field `name`, in place if the header is [kept](crate::RemotingCodec::keep_headers) and the old value has the
    /// same length.
    pub fn set_ext_field(&mut self, name: &str, value: &str) {
        let parts = self.parts_mut();
        let kept = parts.kept.as_mut().filter(|kept| kept.is_kept());
        if !kept.is_some_and(|kept| kept.replace(name, value)) {
            parts.fields_mut().insert(name, value);
        }
    }

    /// Reads the ext fields into a `T`, by name. Each text is parsed into the type of `T`'s field;
    /// ext fields that `T` does not name are ignored.
    ///
    /// `T` may borrow strings from the command. Fields under `#[serde(flatten)]` are not parsed:
    /// serde offers them strings only.
    ///
    /// # Errors
    /// If a field that `T` requires is missing, or a field's text does not fit its type. The error
    /// names the field.
    pub fn header<'de, T: Deserialize<'de>>(&'de self) -> Result<T, HeaderError> {
        header::read(self.ext_fields())
    }

    /// Sets an ext field for every field of `header` that has a value.
    ///
    /// # Errors
    /// If `header` is not flat: a field must be a string, a number, a boolean, a unit variant, or an
    /// `Option` of these.
    pub fn set_header<T: Serialize + ?Sized>(&mut self, header: &T) -> Result<(), HeaderError> {
        header::write(header, self.ext_fields_mut())
    }

    /// Returns the body. It is empty if there is none: the wire does not distinguish the two.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.parts().body
    }

    /// Takes the body and leaves an empty one.
    #[must_use]
    pub fn take_body(&mut self) -> Bytes {
        std::mem::take(&mut self.parts_mut().body)
    }

    /// Returns the channel that the command was received on, or `None` if it was created locally.
    #[must_use]
    pub fn channel(&self) -> Option<&Channel> {
        self.parts().channel.as_ref()
    }

    /// Returns the values that middleware attaches for other middleware. They are never sent.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.parts().extensions
    }

    /// Returns the extensions for changes.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.parts_mut().extensions
    }

    /// Sets the remark.
    pub fn set_remark(&mut self, remark: impl Into<Cow<'static, str>>) {
        self.parts_mut().remark = Some(remark.into());
    }

    /// Sets the body.
    pub fn set_body(&mut self, body: impl Into<Bytes>) {
        self.parts_mut().body = body.into();
    }

    /// Sets the code of the request or response.
    pub fn set_code(&mut self, code: impl Into<i32>) {
        self.parts_mut().code = code.into();
    }

    /// Sets the opaque. The driver replaces it when it sends the command.
    pub fn set_opaque(&mut self, opaque: i32) {
        self.parts_mut().opaque = opaque;
    }

    /// Sets the remark.
    #[must_use]
    pub fn with_remark(mut self, remark: impl Into<Cow<'static, str>>) -> Self {
        self.set_remark(remark);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.set_body(body);
        self
    }

    /// Sets an ext field for every field of `header` that has a value.
    ///
    /// # Errors
    /// If `header` is not flat, see [`set_header`](Self::set_header).
    pub fn with_header<T: Serialize + ?Sized>(mut self, header: &T) -> Result<Self, HeaderError> {
        self.set_header(header)?;
        Ok(self)
    }

    /// Sets the ext field `name`.
    #[must_use]
    pub fn with_ext_field(mut self, name: &str, value: &str) -> Self {
        self.ext_fields_mut().insert(name, value);
        self
    }

    /// Sets the encoding of the header. Default: JSON.
    #[must_use]
    pub fn with_serialize_type(mut self, serialize_type: SerializeType) -> Self {
        self.parts_mut().serialize_type = serialize_type;
        self
    }

    /// Sets the sender's language.
    #[must_use]
    pub fn with_language(mut self, language: LanguageCode) -> Self {
        self.parts_mut().language = language;
        self
    }

    /// Sets the sender's version.
    #[must_use]
    pub fn with_version(mut self, version: MqVersion) -> Self {
        self.parts_mut().version = version;
        self
    }

    /// Sets the flag bits.
    #[must_use]
    pub fn with_flag(mut self, flag: i32) -> Self {
        self.parts_mut().flag = flag;
        self
    }

    /// Marks a response as a stand-in: it reports an error whose response nobody knows. If an inner
    /// layer has [noted](crate::channel::ExchangeObserver::note_abort) an abort for the exchange, the
    /// driver sends the code and remark of the abort instead.
    pub fn set_stand_in(&mut self) {
        self.parts_mut().stand_in = true;
    }

    pub(crate) fn is_stand_in(&self) -> bool {
        self.parts().stand_in
    }

    /// Marks this as a request that expects no response.
    #[must_use]
    pub fn oneway(mut self) -> Self {
        self.parts_mut().flag |= Self::ONEWAY;
        self
    }
}

impl Clone for RemotingCommand {
    fn clone(&self) -> Self {
        let mut clone = Self::default();
        if let Some(parts) = &self.parts {
            clone.parts_mut().copy_from(parts);
        }
        clone
    }
}

impl Drop for RemotingCommand {
    #[inline]
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            Parts::give(parts);
        }
    }
}

/// Compares everything that goes on the wire. Channel and extensions are ignored.
impl PartialEq for RemotingCommand {
    fn eq(&self, other: &Self) -> bool {
        let (this, other) = (self.parts(), other.parts());
        this.code == other.code
            && this.language == other.language
            && this.version == other.version
            && this.opaque == other.opaque
            && this.flag == other.flag
            && this.serialize_type == other.serialize_type
            && this.remark == other.remark
            && this.fields() == other.fields()
            && this.body == other.body
    }
}

impl fmt::Debug for RemotingCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RemotingCommand");
        if self.is_response() {
            out.field("response", &self.response_code());
        } else {
            out.field("request", &self.request_code());
        }
        let parts = self.parts();
        out.field("opaque", &parts.opaque).field("flag", &parts.flag);
        out.field("language", &parts.language).field("version", &parts.version);
        out.field("serialize_type", &parts.serialize_type);
        if let Some(remark) = &parts.remark {
            out.field("remark", remark);
        }
        if parts.fields().is_present() {
            out.field("ext_fields", parts.fields());
        }
        out.field("body", &format_args!("{} bytes", parts.body.len())).finish()
    }
}
