use http::Extensions;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::{
    Channel, LanguageCode, MqVersion, RemotingCommand, RequestCode, SerializeType,
};

/// What after-hooks see of a request: its header as the before-hooks left it, without ext fields,
/// remark and body.
///
/// The service consumes the request itself. What a hook needs of the rest, its `before` keeps in the
/// request's extensions, as the [module's documentation](super) shows.
#[derive(Clone, Debug)]
pub struct RequestHead {
    code: i32,
    opaque: i32,
    flag: i32,
    language: LanguageCode,
    version: MqVersion,
    serialize_type: SerializeType,
    /// For the channel, of which this layer holds no handle besides.
    observer: ExchangeObserver,
    extensions: Extensions,
}

impl RequestHead {
    pub(super) fn new(request: &RemotingCommand, observer: ExchangeObserver) -> Self {
        Self {
            code: request.code(),
            opaque: request.opaque(),
            flag: request.flag(),
            language: request.language(),
            version: request.version(),
            serialize_type: request.serialize_type(),
            observer,
            extensions: request.extensions().clone(),
        }
    }

    /// Returns the code as a plain number.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.code
    }

    /// Returns the code.
    #[must_use]
    pub fn request_code(&self) -> RequestCode {
        self.code.into()
    }

    /// Returns the number that identifies the request on its connection. On a client, the number that
    /// the caller has set: the one on the wire is another.
    #[must_use]
    pub fn opaque(&self) -> i32 {
        self.opaque
    }

    /// Returns the flag bits, including unknown ones.
    #[must_use]
    pub fn flag(&self) -> i32 {
        self.flag
    }

    /// Whether the request expects no response.
    #[must_use]
    pub fn is_oneway(&self) -> bool {
        self.flag & (RemotingCommand::RESPONSE | RemotingCommand::ONEWAY) == RemotingCommand::ONEWAY
    }

    /// Returns the sender's language.
    #[must_use]
    pub fn language(&self) -> LanguageCode {
        self.language
    }

    /// Returns the sender's version.
    #[must_use]
    pub fn version(&self) -> MqVersion {
        self.version
    }

    /// Returns the encoding of the request's header.
    #[must_use]
    pub fn serialize_type(&self) -> SerializeType {
        self.serialize_type
    }

    /// Returns the channel that the request was received on, or `None` if it was created locally.
    #[must_use]
    pub fn channel(&self) -> Option<Channel> {
        self.observer.channel()
    }

    pub(super) fn observer(&self) -> &ExchangeObserver {
        &self.observer
    }

    /// Returns a copy of the extensions that the request had when its before-hooks had run.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }
}
