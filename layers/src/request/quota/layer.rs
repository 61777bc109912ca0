use super::book::{Book, Clerk};
use super::{Limited, Quota};
use crate::identity::UserOf;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;

/// Limits messages and bytes per second. See the [module's documentation](super).
///
/// Clones of a layer share one set of counts, and so do the services that they wrap.
#[derive(Clone)]
pub struct QuotaLayer {
    book: Arc<Book>,
    user_of: Option<UserOf>,
}

impl QuotaLayer {
    /// Applies these quotas. A request must be within each that is about it.
    #[must_use]
    pub fn new(quotas: impl IntoIterator<Item = Quota>) -> Self {
        Self { book: Arc::new(Book::new(quotas)), user_of: None }
    }

    /// Sets how the user of a request is known. Default:
    /// [`verified_user`](crate::identity::verified_user).
    #[must_use]
    pub fn user_of(mut self, user_of: UserOf) -> Self {
        self.user_of = Some(user_of);
        self
    }

    /// Returns how many keys have counts now, in all quotas. Counts that are no longer needed stay for a
    /// while.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.book.keys()
    }

    /// Returns how many requests have been refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.book.refused()
    }
}

impl<S> Layer<S> for QuotaLayer {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Limited::new(inner, Clerk::new(Arc::clone(&self.book), self.user_of))
    }
}

impl fmt::Debug for QuotaLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaLayer").field("book", &self.book).finish_non_exhaustive()
    }
}
