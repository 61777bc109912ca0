//! Numbers of texts, as Java reads them.

use std::cmp::Ordering;

/// The digits zero of the scripts whose digits Java's whole numbers may have, beside those of ASCII. Nine
/// more digits follow each.
const ZEROS: [u16; 36] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/// Reads an `int`: `Integer.valueOf`.
pub(super) fn int(text: &[u8]) -> Option<i32> {
    long(text)?.try_into().ok()
}

/// Reads a `long`: `Long.valueOf`.
pub(super) fn long(text: &[u8]) -> Option<i64> {
    let text = str::from_utf8(text).ok()?;
    if text.is_ascii() {
        return text.parse().ok();
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    let number = digits.chars().try_fold(0_i64, |number, next| {
        let digit = i64::from(digit(next)?);
        let number = number.checked_mul(10)?;
        if negative { number.checked_sub(digit) } else { number.checked_add(digit) }
    });
    number.filter(|_| !digits.is_empty())
}

fn digit(digit: char) -> Option<u32> {
    if digit.is_ascii() {
        return digit.to_digit(10);
    }
    let code = u16::try_from(u32::from(digit)).ok()?;
    let zero = ZEROS[..ZEROS.partition_point(|zero| *zero <= code)].last()?;
    Some(u32::from(code - zero)).filter(|digit| *digit < 10)
}

/// Reads a `double`: `Double.valueOf`.
pub(super) fn double(text: &[u8]) -> Option<f64> {
    let text = str::from_utf8(text).ok()?.trim_matches(|c| c <= ' ');
    let (negative, number) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = match number.as_bytes() {
        b"NaN" => f64::NAN,
        b"Infinity" => f64::INFINITY,
        [b'0', b'x' | b'X', hex @ ..] => hexadecimal(hex)?,
        bytes => {
            let number = match bytes.last()? {
                b'f' | b'F' | b'd' | b'D' => &number[..number.len() - 1],
                _ => number,
            };
            let plain = |byte: &u8| {
                byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')
            };
            // Rust reads all numbers of these characters that Java does, and no others but with a sign.
            let starts = matches!(number.as_bytes().first()?, b'0'..=b'9' | b'.');
            if !starts || !number.as_bytes().iter().all(plain) {
                return None;
            }
            number.parse().ok()?
        }
    };
    Some(if negative { -value } else { value })
}

/// Reads what follows `0x`: digits with at most one point, `p` and an exponent of two.
fn hexadecimal(text: &[u8]) -> Option<f64> {
    let p = text.iter().position(|byte| matches!(byte, b'p' | b'P'))?;
    let (mantissa, mut exponent) = (&text[..p], binary_exponent(&text[p + 1..])?);
    let (mut bits, mut digits, mut after_point) = (0_u64, 0, false);
    for byte in mantissa {
        if *byte == b'.' && !after_point {
            after_point = true;
            continue;
        }
        let digit = char::from(*byte).to_digit(16)?;
        digits += 1;
        if bits >> 60 == 0 {
            bits = bits << 4 | u64::from(digit);
        } else {
            // Only whether there is more decides how the number is rounded.
            bits |= u64::from(digit != 0);
            exponent += 4;
        }
        if after_point {
            exponent -= 4;
        }
    }
    (digits > 0).then(|| scaled(bits, exponent))
}

/// Reads an exponent, which may be followed by the mark of a type.
fn binary_exponent(text: &[u8]) -> Option<i64> {
    let text = match text {
        [text @ .., b'f' | b'F' | b'd' | b'D'] => text,
        text => text,
    };
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Larger ones make no difference: texts are shorter.
    let value = digits.iter().fold(0, |value: i64, digit| {
        (value * 10 + i64::from(digit - b'0')).min(i64::from(i32::MAX))
    });
    Some(if negative { -value } else { value })
}

/// Returns `bits` times two to the power of `exponent`, rounded to the nearest number. If it needs more
/// than 60 bits, the last bit stands for all after it.
fn scaled(bits: u64, exponent: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let zeros = bits.leading_zeros();
    let bits = bits << zeros;
    // The exponent of the first bit.
    let exponent = exponent - i64::from(zeros) + 63;
    if exponent > 1023 {
        return f64::INFINITY;
    }
    // 53 bits are kept, or fewer if the number is very small.
    let dropped = 11 + (-1022 - exponent).max(0);
    let kept = match dropped {
        ..64 => {
            let (kept, rest, half) =
                (bits >> dropped, bits & ((1 << dropped) - 1), 1 << (dropped - 1));
            kept + u64::from(rest > half || (rest == half && kept % 2 == 1))
        }
        64 => u64::from(bits > 1 << 63),
        _ => 0,
    };
    // Rounding up to the next power of two carries into the exponent, as it should.
    let biased = (exponent + 1022).max(0) as u64;
    f64::from_bits((biased << 52) + kept)
}

/// Compares as `Double.compareTo`: -0.0 is less than 0.0, NaN equals itself, and is the largest.
pub(super) fn compare_doubles(left: f64, right: f64) -> Ordering {
    let same = |number: f64| if number.is_nan() { f64::NAN.abs() } else { number };
    same(left).total_cmp(&same(right))
}

#[cfg(test)]
mod tests {
    use super::compare_doubles;
    use std::cmp::Ordering;

    fn int(text: &str) -> Option<i32> {
        super::int(text.as_bytes())
    }

    fn long(text: &str) -> Option<i64> {
        super::long(text.as_bytes())
    }

    fn double(text: &str) -> Option<f64> {
        super::double(text.as_bytes())
    }

    #[test]
    fn whole_numbers() {
        let numbers = [("5", 5), ("+5", 5), ("-0", 0), ("007", 7), ("-2147483648", i32::MIN)];
        for (text, number) in numbers {
            assert_eq!((int(text), long(text)), (Some(number), Some(number.into())), "{text}");
        }
        for text in
            ["", "-", "+", "+-1", " 5", "5 ", "5.0", "1e3", "0x1", "5L", "½", "²", "\u{1d7d8}"]
        {
            assert_eq!((int(text), long(text)), (None, None), "{text}");
        }
        assert_eq!((int("2147483648"), long("2147483648")), (None, Some(1 << 31)));
        assert_eq!(long("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(long("9223372036854775808"), None);
    }

    #[test]
    fn digits_of_other_scripts() {
        assert_eq!(int("-１2\u{669}"), Some(-129));
        assert_eq!(long("\u{ff0d}5"), None);
        assert_eq!(long("-９２２３３７２０３６８５４７７５８０８"), Some(i64::MIN));
        assert_eq!(long("９２２３３７２０３６８５４７７５８０８"), None);
        assert_eq!(double("１"), None);
    }

    #[test]
    fn decimal_numbers() {
        let numbers = [
            ("1", 1.0),
            ("\t-1.5e3 \n", -1500.0),
            ("1.", 1.0),
            (".5f", 0.5),
            ("5D", 5.0),
            ("1e400", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
            ("1e-400", 0.0),
            ("1E+2", 100.0),
            ("4.9e-324", 5e-324),
        ];
        for (text, number) in numbers {
            assert_eq!(double(text), Some(number), "{text}");
        }
        assert!(double("+NaN").unwrap().is_nan());
        let others = [
            "",
            " ",
            ".",
            "-",
            "e5",
            "1e",
            "1e+",
            "nan",
            "inf",
            "infinity",
            "1ff",
            "1_0",
            "--1",
            "+-1",
            "f",
            "Infinityf",
            "1,0",
            "\u{a0}1",
            "1 2",
        ];
        for text in others {
            assert_eq!(double(text), None, "{text}");
        }
    }

    #[test]
    fn hexadecimal_numbers() {
        let numbers = [
            ("0x1p0", 1.0),
            ("-0X.8P1d", -1.0),
            ("0xA.p-1F", 5.0),
            ("0x1.fffffffffffffp1023", f64::MAX),
            ("0x1.fffffffffffff8p1023", f64::INFINITY),
            ("0x1.fffffffffffff7ffp1023", f64::MAX),
            ("0x1p-1074", 5e-324),
            ("0x1p-1075", 0.0),
            ("0x1.0000000000000000000001p-1075", 5e-324),
            ("0x0.00000000000000000001p80", 1.0),
            ("0x100000000000000000000p-80", 1.0),
            ("0x1p99999999999", f64::INFINITY),
            ("0x0p99999999999", 0.0),
            ("0x1p-99999999999", 0.0),
            ("0x1.00000000000008p0", 1.0),
            ("0x1.000000000000080000000000001p0", 1.000_000_000_000_000_2),
        ];
        for (text, number) in numbers {
            assert_eq!(double(text), Some(number), "{text}");
        }
        for text in ["0x", "0x1", "0x.p1", "0xp1", "0x1p", "0x1p+", "0x1.1.p1", "0xgp1", "0x1p1.0"]
        {
            assert_eq!(double(text), None, "{text}");
        }
    }

    #[test]
    fn doubles_are_in_javas_order() {
        let ordered = [f64::NEG_INFINITY, -1.0, -0.0, 0.0, 1.0, f64::INFINITY, f64::NAN];
        for (left, right) in ordered.iter().zip(&ordered[1..]) {
            assert_eq!(compare_doubles(*left, *right), Ordering::Less, "{left} {right}");
        }
        assert_eq!(compare_doubles(-f64::NAN, f64::NAN), Ordering::Equal);
    }
}
