//! The unit of the protocol: [`RemotingCommand`] and what it is made of.

#[macro_use]
mod codes;
mod ext_fields;
mod header;
mod language;
pub mod remark;
mod request_code;
mod response_code;
mod serialize_type;
#[cfg(test)]
mod tests;
mod version;

pub use ext_fields::ExtFields;
pub(crate) use ext_fields::{ExtFieldsBuilder, Span};
pub use header::HeaderError;
pub(crate) use header::read_field;
pub use language::LanguageCode;
pub use request_code::RequestCode;
pub use response_code::ResponseCode;
pub use serialize_type::SerializeType;
pub use version::MqVersion;

use crate::channel::{Channel, Origin};
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
/// The same type travels both ways, as in RocketMQ; bit 0 of [`flag`](Self::flag) tells which it
/// is. Commands that came from a connection know its [`channel`](Self::channel). The driver of a
/// connection sets the opaque and the response bit by itself, so neither a processor nor a caller
/// needs to.
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
#[derive(Clone, Default)]
pub struct RemotingCommand {
    pub(crate) code: i32,
    pub(crate) language: LanguageCode,
    pub(crate) version: MqVersion,
    pub(crate) opaque: i32,
    pub(crate) flag: i32,
    pub(crate) serialize_type: SerializeType,
    pub(crate) remark: Option<Cow<'static, str>>,
    pub(crate) ext_fields: ExtFields,
    pub(crate) body: Bytes,
    pub(crate) origin: Option<Origin>,
    pub(crate) extensions: Extensions,
}

impl RemotingCommand {
    /// The bit of [`flag`](Self::flag) that marks a response.
    pub const RESPONSE: i32 = 1;
    /// The bit of [`flag`](Self::flag) that marks a request which is not to be answered.
    pub const ONEWAY: i32 = 1 << 1;

    /// Creates a request without ext fields or body, sent by this library: language `RUST`, version
    /// [`CURRENT`](MqVersion::CURRENT), JSON header.
    ///
    /// Add a typed header with [`with_header`](Self::with_header).
    #[must_use]
    pub fn request(code: impl Into<RequestCode>) -> Self {
        Self::with_code(code.into().as_i32(), 0)
    }

    /// A response without remark, ext fields and body.
    #[must_use]
    pub fn response(code: impl Into<ResponseCode>) -> Self {
        Self::with_code(code.into().as_i32(), Self::RESPONSE)
    }

    fn with_code(code: i32, flag: i32) -> Self {
        let (language, version) = (LanguageCode::RUST, MqVersion::CURRENT);
        Self { code, flag, language, version, ..Self::default() }
    }

    /// The code as a plain number.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.code
    }

    /// The code, if this is a request.
    #[must_use]
    pub fn request_code(&self) -> RequestCode {
        self.code.into()
    }

    /// The code, if this is a response.
    #[must_use]
    pub fn response_code(&self) -> ResponseCode {
        self.code.into()
    }

    /// The sender's language.
    #[must_use]
    pub fn language(&self) -> LanguageCode {
        self.language
    }

    /// The sender's version.
    #[must_use]
    pub fn version(&self) -> MqVersion {
        self.version
    }

    /// What tells the requests of one connection apart; a response repeats its request's.
    #[must_use]
    pub fn opaque(&self) -> i32 {
        self.opaque
    }

    /// The flag bits, unknown ones included.
    #[must_use]
    pub fn flag(&self) -> i32 {
        self.flag
    }

    /// Whether this is a response. A command with both bits set is one.
    #[must_use]
    pub fn is_response(&self) -> bool {
        self.flag & Self::RESPONSE != 0
    }

    /// Whether this is a request that is not to be answered.
    #[must_use]
    pub fn is_oneway(&self) -> bool {
        !self.is_response() && self.flag & Self::ONEWAY != 0
    }

    /// How the header was, or will be, written. A response is sent in its request's type, whatever
    /// this says.
    #[must_use]
    pub fn serialize_type(&self) -> SerializeType {
        self.serialize_type
    }

    /// The human-readable remark, mostly an error's text.
    #[must_use]
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// The ext fields.
    #[must_use]
    pub fn ext_fields(&self) -> &ExtFields {
        &self.ext_fields
    }

    /// The ext fields, to change them.
    pub fn ext_fields_mut(&mut self) -> &mut ExtFields {
        &mut self.ext_fields
    }

    /// The ext fields as a `T`, by name. Texts are parsed as `T` asks; fields that it does not name
    /// are ignored.
    ///
    /// `T` may borrow strings from the command. Parts under `#[serde(flatten)]` see texts only.
    ///
    /// # Errors
    /// If a field that `T` requires is missing, or a field's text does not fit its type. The error
    /// names the field.
    pub fn header<'de, T: Deserialize<'de>>(&'de self) -> Result<T, HeaderError> {
        header::read(&self.ext_fields)
    }

    /// Sets an ext field for every field of `header` that has a value.
    ///
    /// # Errors
    /// If `header` is not flat: a field must be a string, a number, a boolean, a unit variant, or an
    /// `Option` of these.
    pub fn set_header<T: Serialize + ?Sized>(&mut self, header: &T) -> Result<(), HeaderError> {
        header::write(header, &mut self.ext_fields)
    }

    /// The body; empty if there is none, which the wire cannot tell apart.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Takes the body out and leaves it empty.
    #[must_use]
    pub fn take_body(&mut self) -> Bytes {
        std::mem::take(&mut self.body)
    }

    /// The connection that this came from; `None` for a command made by hand.
    #[must_use]
    pub fn channel(&self) -> Option<&Channel> {
        self.origin.as_ref().map(|origin| &origin.channel)
    }

    /// Values that middleware attaches for other middleware. They stay in this process.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The extensions, to change them.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// Sets the remark.
    pub fn set_remark(&mut self, remark: impl Into<Cow<'static, str>>) {
        self.remark = Some(remark.into());
    }

    /// Sets the body.
    pub fn set_body(&mut self, body: impl Into<Bytes>) {
        self.body = body.into();
    }

    /// Sets the code: of a request or of a response, whichever this is.
    pub fn set_code(&mut self, code: impl Into<i32>) {
        self.code = code.into();
    }

    /// Sets the opaque. The driver overrides it on the wire.
    pub fn set_opaque(&mut self, opaque: i32) {
        self.opaque = opaque;
    }

    /// With this remark.
    #[must_use]
    pub fn with_remark(mut self, remark: impl Into<Cow<'static, str>>) -> Self {
        self.set_remark(remark);
        self
    }

    /// With this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.set_body(body);
        self
    }

    /// With the ext fields of `header` added.
    ///
    /// # Errors
    /// If `header` is not flat, see [`set_header`](Self::set_header).
    pub fn with_header<T: Serialize + ?Sized>(mut self, header: &T) -> Result<Self, HeaderError> {
        self.set_header(header)?;
        Ok(self)
    }

    /// With this ext field.
    #[must_use]
    pub fn with_ext_field(mut self, name: &str, value: &str) -> Self {
        self.ext_fields.insert(name, value);
        self
    }

    /// With the header to be written in this type.
    #[must_use]
    pub fn with_serialize_type(mut self, serialize_type: SerializeType) -> Self {
        self.serialize_type = serialize_type;
        self
    }

    /// With this sender's language.
    #[must_use]
    pub fn with_language(mut self, language: LanguageCode) -> Self {
        self.language = language;
        self
    }

    /// With this sender's version.
    #[must_use]
    pub fn with_version(mut self, version: MqVersion) -> Self {
        self.version = version;
        self
    }

    /// With these flag bits.
    #[must_use]
    pub fn with_flag(mut self, flag: i32) -> Self {
        self.flag = flag;
        self
    }

    /// Marked as a request that is not to be answered.
    #[must_use]
    pub fn oneway(mut self) -> Self {
        self.flag |= Self::ONEWAY;
        self
    }
}

impl Default for LanguageCode {
    /// What Java assumes of a header that does not say.
    fn default() -> Self {
        Self::JAVA
    }
}

impl Default for MqVersion {
    fn default() -> Self {
        Self::UNSET
    }
}

/// What goes on the wire is the same; channel and extensions do not count.
impl PartialEq for RemotingCommand {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
            && self.language == other.language
            && self.version == other.version
            && self.opaque == other.opaque
            && self.flag == other.flag
            && self.serialize_type == other.serialize_type
            && self.remark == other.remark
            && self.ext_fields == other.ext_fields
            && self.body == other.body
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
        out.field("opaque", &self.opaque).field("flag", &self.flag);
        out.field("language", &self.language).field("version", &self.version);
        out.field("serialize_type", &self.serialize_type);
        if let Some(remark) = &self.remark {
            out.field("remark", remark);
        }
        if self.ext_fields.is_present() {
            out.field("ext_fields", &self.ext_fields);
        }
        out.field("body", &format_args!("{} bytes", self.body.len())).finish()
    }
}
