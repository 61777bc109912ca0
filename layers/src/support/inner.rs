//! Accessors for the inner value of a layer's wrapper.

/// Implements the accessors of a service with a field `inner: S`.
macro_rules! inner_service {
    () => {
        /// Returns the inner service.
        pub fn get_ref(&self) -> &S {
            &self.inner
        }

        /// Returns the inner service, mutably.
        pub fn get_mut(&mut self) -> &mut S {
            &mut self.inner
        }

        /// Unwraps the inner service.
        pub fn into_inner(self) -> S {
            self.inner
        }
    };
}

/// Implements the accessors of a byte stream with a field `inner: Io`. The text documents
/// `into_inner`.
macro_rules! inner_io {
    ($alone:literal) => {
        /// Returns the inner byte stream.
        pub fn get_ref(&self) -> &Io {
            &self.inner
        }

        /// Returns the inner byte stream, mutably.
        pub fn get_mut(&mut self) -> &mut Io {
            &mut self.inner
        }

        #[doc = $alone]
        pub fn into_inner(self) -> Io {
            self.inner
        }
    };
}

pub(crate) use {inner_io, inner_service};
