//! Random text from the operating system's generator.

/// 128 random bits as 32 hexadecimal digits.
pub(crate) fn token() -> String {
    let mut bytes = [0; 16];
    fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fills `bytes` from the operating system's generator.
///
/// A system without a working generator can't be secure in any way; the process ends rather than
/// go on with guessable secrets.
pub(crate) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system provides random bytes");
}
