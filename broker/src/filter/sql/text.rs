//! The text of a message's properties: `name \x01 value \x02` for each.

/// Ends a name.
pub(super) const NAME_END: u8 = 1;

/// Ends a value, and so a property.
pub(super) const PROPERTY_END: u8 = 2;

/// The number of places of a block.
pub(super) const LENGTH: usize = 64;

/// A part of the text, and the byte after it.
pub(super) type Block = [u8; LENGTH + 1];

/// Returns the places of the last letters of names in a block, in any order: of those letters whose bits `common` have this
/// value.
#[inline(always)]
pub(super) fn letters_at_ends(block: &Block, common: u8, value: u8) -> impl Iterator<Item = usize> {
    let (letters, after) = (&block[..LENGTH], &block[1..]);
    // From this loop, the compiler makes instructions for 16 bytes or more.
    let mut bits = [0; LENGTH];
    for (at, bit) in bits.iter_mut().enumerate() {
        let is_last = (letters[at] & common == value) & (after[at] == NAME_END);
        *bit = u8::from(is_last) << (at / 8);
    }
    // The bits of a byte stand for the places with the same rest of a division by eight.
    let mut bits = bits.as_chunks().0.iter().fold(0, |all, row| all | u64::from_le_bytes(*row));
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(bit % 8 * 8 + bit / 8)
    })
}

/// Returns the value that begins at `start`.
#[inline(always)]
pub(super) fn value(properties: &[u8], start: u32) -> &[u8] {
    let rest = properties.get(start as usize..).unwrap_or_default();
    let (words, last) = rest.as_chunks();
    for (number, word) in words.iter().enumerate() {
        let bits = bits_before(u64::from_le_bytes(*word), PROPERTY_END);
        if bits < u64::BITS {
            return &rest[..number * 8 + bits as usize / 8];
        }
    }
    let end = last.iter().position(|byte| *byte == PROPERTY_END).unwrap_or(last.len());
    &rest[..words.len() * 8 + end]
}

/// Returns whether the text is ASCII.
#[inline(always)]
pub(super) fn is_ascii(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks();
    let any = words.iter().fold(0, |any, word| any | u64::from_ne_bytes(*word));
    any & bytes(0x80) == 0 && rest.is_ascii()
}

/// Returns a word for a text of at most seven bytes, and zero for others, and those that no value can have.
pub(super) fn word(text: &[u8]) -> u64 {
    if text.len() >= size_of::<u64>() || text.contains(&PROPERTY_END) {
        return 0;
    }
    let mut word = [0; 8];
    word[..text.len()].copy_from_slice(text);
    word[text.len()] = PROPERTY_END;
    u64::from_le_bytes(word)
}

/// Returns the [`word`] of the value that begins at `start`, if it has at most seven bytes and is not at the end of the text.
#[inline(always)]
pub(super) fn short_text(properties: &[u8], start: u32) -> Option<u64> {
    let (word, bits) = short_value(properties, start)?;
    Some(word & u64::MAX >> (56 - bits))
}

/// Returns the value that begins at `start`, if it is a number of at most seven digits and nothing else. Most numbers are.
#[inline(always)]
pub(super) fn short_int(properties: &[u8], start: u32) -> Option<i32> {
    let (word, bits) = short_value(properties, start)?;
    number(word, bits)
}

/// Returns the value that begins at `start`, if it is a number of at most six digits, perhaps with a point among them.
#[inline(always)]
pub(super) fn short_decimal(properties: &[u8], start: u32) -> Option<f64> {
    const TENS: [f64; 8] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
    let (word, bits) = short_value(properties, start)?;
    let point = bits_before(word, b'.');
    if point >= bits {
        return number(word, bits).map(f64::from);
    }
    let before = (1 << point) - 1;
    let digits = number(word & before | word >> 8 & !before, bits - 8)?;
    // Both are exact, so that the result is the nearest number.
    Some(f64::from(digits) / TENS[(bits - 8 - point) as usize / 8 % TENS.len()])
}

/// Returns a word with the value that begins at `start`, and how many bits of it are the value's, if it has at most seven
/// bytes and is not at the end of the text.
#[inline(always)]
fn short_value(properties: &[u8], start: u32) -> Option<(u64, u32)> {
    let word = u64::from_le_bytes(*properties.get(start as usize..)?.first_chunk()?);
    let bits = bits_before(word, PROPERTY_END);
    (bits < u64::BITS).then_some((word, bits))
}

/// Returns the number of the digits in the first bits of a word, if they are digits, 1 to 7.
#[inline(always)]
fn number(word: u64, bits: u32) -> Option<i32> {
    if !matches!(bits, 8..=56) {
        return None;
    }
    // The first digit is in the lowest byte, after zeros.
    let digits = (word ^ bytes(b'0')) << (64 - bits);
    if (digits | digits.wrapping_add(bytes(0x80 - 10))) & bytes(0x80) != 0 {
        return None;
    }
    // Numbers of two digits, of four, and of all.
    let digits = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let digits = digits.wrapping_mul(100).wrapping_add(digits >> 16) & 0x0000_ffff_0000_ffff;
    let number = digits.wrapping_mul(10_000).wrapping_add(digits >> 32) as u32;
    Some(number as i32)
}

/// Returns the number of bits before the first such byte in a word; 64 if there is none.
#[inline(always)]
fn bits_before(word: u64, byte: u8) -> u32 {
    // Those bytes become zero.
    let word = word ^ bytes(byte);
    // The high bit of each zero byte, up to the first one; later ones may be wrong.
    let zeros = word.wrapping_sub(bytes(1)) & !word & bytes(0x80);
    zeros.trailing_zeros() / 8 * 8
}

/// Returns a word of eight such bytes.
const fn bytes(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use super::{
        LENGTH, is_ascii, letters_at_ends, short_decimal, short_int, short_text, value, word,
    };
    use std::collections::BTreeSet;

    #[test]
    fn the_last_letters_of_names_are_found_at_each_place() {
        let ends = |block: &[u8; LENGTH + 1], common, value| {
            letters_at_ends(block, common, value).collect::<BTreeSet<_>>()
        };
        for at in 0..LENGTH {
            let mut block = [b'x'; LENGTH + 1];
            block[at + 1] = 1;
            assert_eq!(ends(&block, 0xff, b'x'), [at].into());
            assert_eq!(ends(&block, 0xff, b'y'), [].into());
            assert_eq!(ends(&block, 0xf0, b'p'), [at].into());
        }
        assert_eq!(ends(&[1; LENGTH + 1], 0, 0), (0..LENGTH).collect());
        assert_eq!(ends(&[2; LENGTH + 1], 0, 0), [].into());
    }

    #[test]
    fn a_value_ends_with_the_first_separator() {
        for length in 0..40 {
            let text = "v".repeat(length);
            for after in ["", "\u{2}", "\u{2}\u{3}\u{2}12345678", "\u{2}\u{2}"] {
                let properties = format!("a\u{1}{text}{after}");
                assert_eq!(value(properties.as_bytes(), 2), text.as_bytes(), "{properties:?}");
            }
        }
        assert_eq!(value(b"a", 2), b"");
        assert_eq!(value(b"a\x01\x82\x03\x02", 2), b"\x82\x03");
    }

    #[test]
    fn a_text_is_ascii_unless_one_of_its_bytes_is_not() {
        for length in 0..40 {
            let text = vec![0x7f; length];
            assert!(is_ascii(&text));
            for at in 0..length {
                let mut text = text.clone();
                text[at] = 0x80;
                assert!(!is_ascii(&text), "{at} of {length}");
            }
        }
    }

    #[test]
    fn short_texts_are_equal_if_their_words_are() {
        let of_value = |text: &str| short_text(format!("{text}\u{2}12345678").as_bytes(), 0);
        let texts = ["", "a", "b", "ab", "\0", "a\0", "1234567", "1234568", "äöü", "\u{1}"];
        for one in texts {
            for other in texts {
                let is_equal = of_value(one) == Some(word(other.as_bytes()));
                assert_eq!(is_equal, one == other, "{one:?} {other:?}");
            }
        }
        assert_eq!(of_value("12345678"), None);
        assert_eq!(short_text(b"1\x02", 0), None, "too near to the end");
        for text in ["12345678", "a\u{2}", "\u{2}"] {
            assert_eq!(word(text.as_bytes()), 0, "no value is this text, or none is short");
        }
    }

    #[test]
    fn short_numbers_are_those_of_few_digits() {
        let number = |text: &str| short_int(format!("{text}\u{2}12345678").as_bytes(), 0);
        for digits in 1..=7 {
            for number_of in [0, 1, 9, 10, 123, 90_909, 4_567_890, 9_999_999] {
                let text = format!("{number_of:0digits$}");
                assert_eq!(number(&text), (text.len() < 8).then_some(number_of), "{text}");
            }
        }
        for byte in (0..=255).filter(|byte| !u8::is_ascii_digit(byte)) {
            for at in 0..7 {
                let mut text = *b"1234567\x02";
                text[at] = byte;
                // A separator makes the number shorter.
                let expected = (byte == 2 && at > 0).then(|| 1_234_567 / 10_i32.pow(7 - at as u32));
                assert_eq!(short_int(&text, 0), expected, "{byte} at {at}");
            }
        }
        for text in ["", "12345678", "+1", "-1", "1.5", "1 ", " 1"] {
            assert_eq!(number(text), None, "{text:?}");
        }
        assert_eq!(short_int(b"1\x02", 0), None, "too near to the end");
    }

    #[test]
    fn short_decimals_have_a_point_or_none() {
        let number = |text: &str| short_decimal(format!("{text}\u{2}12345678").as_bytes(), 0);
        for text in
            ["0", "1", "1234567", "0.1", ".5", "5.", "9.99", "12345.6", "0.00001", "999.999"]
        {
            assert_eq!(number(text), Some(text.parse().unwrap()), "{text}");
        }
        for text in ["", ".", "..", "1.2.3", "-1.5", "1e5", "12345.67", " 1.5", "1.5f", "1,5"] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }
}
