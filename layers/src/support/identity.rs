//! The user who sent a request, for layers that decide, count or record by user.
//!
//! By default, a layer takes the user that `acl` has verified, so it must be inside of that
//! layer. If something else knows the users, such as a proxy in front that verifies signatures, or a
//! layer of your own that knows the certificate of the connection, pass a [`UserOf`] to the layer.

use rocketmq_tower_core::RemotingCommand;

/// Returns the user who sent a request; `None` if nobody is known. It is called for each request, in
/// the connection's task, so it must not block.
pub type UserOf = for<'a> fn(&'a RemotingCommand) -> Option<&'a str>;

/// Returns the access key that the layer `acl` has verified; always `None` without the
/// feature `acl`.
#[must_use]
pub fn verified_user(request: &RemotingCommand) -> Option<&str> {
    #[cfg(feature = "acl")]
    return request.extensions().get::<crate::acl::AccessKey>().map(crate::acl::AccessKey::as_str);
    #[cfg(not(feature = "acl"))]
    {
        _ = request;
        None
    }
}

/// Returns the access key that the request claims to be signed with. It proves nothing: use this only
/// where all requests come from a proxy that has verified their signatures.
#[must_use]
pub fn claimed_user(request: &RemotingCommand) -> Option<&str> {
    request.ext_fields().get("AccessKey").filter(|key| !key.is_empty())
}
