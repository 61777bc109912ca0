//! Async functions as handlers.

use super::{FromRequest, FromRequestParts, IntoReply};
use crate::command::RemotingCommand;
use crate::error::BoxError;
use std::future::Future;

/// An async function, or a closure that returns a future, of at most 7 arguments. `T` is the tuple
/// of their types, which the compiler infers, and `S` the type of the state.
///
/// See the [module's documentation](super) for arguments and results.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler with the state `{S}`",
    label = "not a handler",
    note = "a handler is an async function of at most 7 arguments; a `Service` is added with `route`, or to a server as it is",
    note = "each argument is a `Header<T>`, `Body`, `Json<T>`, `State<{S}>`, `Extension<T>`, `RequestCode`, `Channel`, `Responder` or another `FromRequestParts`; the last one may be a `RemotingCommand`",
    note = "its result is a `RemotingCommand`, an `Option` of one, a `ResponseCode`, `Header<T>`, `Body`, `Json<T>`, `(Header<T>, Body)` or another `IntoReply`, or a `Result` of one of them; not `()`",
    note = "a router's state is set by `with_state`, before the handlers that take it are added",
    note = "it is `Clone + Send + Sync + 'static`, and its future is `Send + 'static`"
)]
pub trait Handler<T, S = ()>: Clone + Send + Sync + 'static {
    /// The future of the function.
    type Future: Future<Output: IntoReply> + Send + 'static;

    /// Takes the arguments from the request, and calls the function with them. Costs no allocation
    /// and no clone, except those of the arguments.
    ///
    /// # Errors
    /// If an argument cannot be taken from the request. The function is then not called.
    fn call(&self, request: RemotingCommand, state: &S) -> Result<Self::Future, BoxError>;
}

impl<F, R, S> Handler<((),), S> for F
where
    F: Fn() -> R + Clone + Send + Sync + 'static,
    R: Future<Output: IntoReply> + Send + 'static,
{
    type Future = R;

    fn call(&self, _request: RemotingCommand, _state: &S) -> Result<R, BoxError> {
        Ok(self())
    }
}

macro_rules! handler {
    ($($part:ident)* ; $last:ident) => {
        impl<F, R, S, M, $($part,)* $last> Handler<(M, $($part,)* $last), S> for F
        where
            F: Fn($($part,)* $last) -> R + Clone + Send + Sync + 'static,
            R: Future<Output: IntoReply> + Send + 'static,
            $($part: FromRequestParts<S>,)*
            $last: FromRequest<S, M>,
        {
            type Future = R;

            #[allow(non_snake_case, unused_mut, reason = "variables are named after their types")]
            fn call(&self, mut request: RemotingCommand, state: &S) -> Result<R, BoxError> {
                $(let $part = $part::from_request_parts(&mut request, state).map_err(Into::into)?;)*
                let $last = $last::from_request(request, state).map_err(Into::into)?;
                Ok(self($($part,)* $last))
            }
        }
    };
}

handler!(; A);
handler!(A; B);
handler!(A B; C);
handler!(A B C; D);
handler!(A B C D; E);
handler!(A B C D E; G);
handler!(A B C D E G; H);
