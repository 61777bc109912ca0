//! What every service of a layer offers of the one inside.

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

pub(crate) use inner_service;
