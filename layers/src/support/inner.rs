//! What every wrapper of a layer offers of what is inside.

/// The accessors of a service whose field `inner`, an `S`, is the one inside.
macro_rules! inner_service {
    () => {
        /// The inner service.
        pub fn get_ref(&self) -> &S {
            &self.inner
        }

        /// The inner service, to change it.
        pub fn get_mut(&mut self) -> &mut S {
            &mut self.inner
        }

        /// The inner service alone.
        pub fn into_inner(self) -> S {
            self.inner
        }
    };
}

/// The accessors of a source of bytes whose field `inner`, an `Io`, is the one inside; the text is
/// what `into_inner` returns.
macro_rules! inner_io {
    ($alone:literal) => {
        /// The wrapped source of bytes.
        pub fn get_ref(&self) -> &Io {
            &self.inner
        }

        /// The wrapped source of bytes, to change it.
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
