//! Looks for bytes that are not ASCII.

/// Whether all bytes are ASCII. The standard library's check looks at up to 63 bytes one by one.
#[inline]
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    let words = bytes.chunks_exact(8);
    let rest = words.remainder().iter().fold(0, |all, byte| all | byte);
    // A chunk always has eight bytes.
    let word = |chunk: &[u8]| chunk.first_chunk().map_or(0, |word| u64::from_ne_bytes(*word));
    let words = words.fold(0, |all, chunk| all | word(chunk));
    words & 0x8080_8080_8080_8080 == 0 && rest.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::is_ascii;

    #[test]
    fn one_other_byte_is_found_anywhere() {
        for length in 0..40 {
            let mut bytes = vec![0x7f; length];
            assert!(is_ascii(&bytes));
            for at in 0..length {
                bytes[at] = 0x80;
                assert!(!is_ascii(&bytes), "{at} of {length}");
                bytes[at] = 0;
            }
        }
    }
}
