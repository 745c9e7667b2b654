//! Whether a method of a trait was written, or is the trait's default.
//!
//! The default of an asynchronous method returns a future without a size. A method that was
//! written captures at least its arguments, so the size of its future tells the two apart when the
//! program is compiled.

/// A method that returns a future, with its arguments.
pub trait Method<Arguments> {
    /// The future.
    type Future;
}

impl<M, A, B, F> Method<(A, B)> for M
where
    M: FnOnce(A, B) -> F,
{
    type Future = F;
}

impl<M, A, B, C, F> Method<(A, B, C)> for M
where
    M: FnOnce(A, B, C) -> F,
{
    type Future = F;
}

/// Whether `method` was written. For traits whose default methods return a future without a size.
pub const fn is_written<Arguments, M: Method<Arguments>>(_: &M) -> bool {
    size_of::<M::Future>() > 0
}
