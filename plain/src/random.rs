//! Random text from the operating system's generator.

/// 128 random bits as 32 hexadecimal digits.
pub(crate) fn token() -> String {
    let mut bytes = [0; 16];
    fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// Fills `bytes` from the operating system's generator.
///
/// A system without a working generator can't be secure in any way; what asks panics rather than
/// goes on with guessable secrets.
pub(crate) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system provides random bytes");
}
