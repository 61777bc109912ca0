//! Looks for bytes that are not ASCII.

/// Whether all bytes are ASCII. The standard library's check looks at up to 63 bytes one by one.
#[inline]
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    // The last word overlaps the one before it, so that no bytes are left over.
    let Some(last) = bytes.last_chunk() else { return bytes.iter().all(u8::is_ascii) };
    // A chunk always has eight bytes.
    let word = |chunk: &[u8]| chunk.first_chunk().map_or(0, |word| u64::from_ne_bytes(*word));
    let words = bytes.chunks_exact(8).map(word);
    let all = words.fold(u64::from_ne_bytes(*last), |all, word| all | word);
    all & 0x8080_8080_8080_8080 == 0
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
