//! Numbers as other languages print them after a parse: the value survives as a double, its spelling does not.

use core::fmt::{self, Write};

/// How a rewritten document spells its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Numbers {
    /// As they came: `1.0`, `1e3`, integers of any size.
    #[default]
    Kept,
    /// As `JSON.stringify` prints them.
    JavaScript,
    /// As `json_encode` prints them, with `serialize_precision = -1`.
    Php,
    /// As `json.dumps` prints them: integers of any size, and floats by `repr`.
    Python,
    /// As jq 1.6 prints them.
    Jq,
}

impl Numbers {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Numbers::Kept => "kept",
            Numbers::JavaScript => "javascript",
            Numbers::Php => "php",
            Numbers::Python => "python",
            Numbers::Jq => "jq",
        }
    }

    pub(super) const ALL: [Self; 5] = [Numbers::Kept, Numbers::JavaScript, Numbers::Php, Numbers::Python, Numbers::Jq];

    /// The new spelling of a JSON number, or `None` where the old one stays.
    pub(super) fn respell(self, number: &str) -> Option<Spelling> {
        if self == Numbers::Kept || is_small_integer(number) {
            return None;
        }
        let is_integer = !number.contains(['.', 'e', 'E']);
        match self {
            Numbers::Php if number.parse::<i64>().is_ok() => return None,
            Numbers::Python if is_integer => return (number == "-0").then(|| Spelling::of("0")),
            _ => {}
        }
        let decimal = Decimal::written(number).or_else(|| Decimal::of_double(number));
        let Some(decimal) = decimal else {
            // Beyond all doubles: json_encode fails, so PHP cannot have signed it; json.dumps does not write JSON.
            return (self == Numbers::JavaScript).then(|| Spelling::of("null"));
        };
        let spelled = match self {
            Numbers::Kept => return None,
            Numbers::JavaScript => decimal.as_javascript(),
            Numbers::Php => decimal.as_php(),
            Numbers::Python => decimal.as_python(),
            Numbers::Jq => decimal.as_jq(),
        };
        (spelled.as_str() != number).then_some(spelled)
    }
}

/// Integers that every double holds exactly and that everybody prints alike, which is nearly every number there is.
pub(super) fn is_small_integer(number: &str) -> bool {
    number.len() <= 15 && number != "-0" && number.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'-'))
}

/// The shortest digits that read back as a double: 0.DIGITS × 10^point, or zero without any.
struct Decimal {
    negative: bool,
    digits: Digits,
    point: i32,
}

impl Decimal {
    /// A number as it is written, where that is its shortest form but for zeros and the place of its point: doubles keep
    /// 15 digits whatever they are. It saves the parse.
    fn written(number: &str) -> Option<Self> {
        let (negative, unsigned) = number.strip_prefix('-').map_or((false, number), |unsigned| (true, unsigned));
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let exponent = exponent.parse::<i32>().ok().filter(|exponent| exponent.unsigned_abs() < 250)?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if mantissa.len() > 40 {
            return None;
        }
        let mut digits = Digits::default();
        let mut point = exponent.checked_add(i32::try_from(whole.len()).ok()?)?;
        let mut zeros = 0; // that have no other digit behind them yet
        for digit in whole.bytes().chain(fraction.bytes()) {
            match digit {
                b'0' if digits.is_empty() => point -= 1,
                b'0' => zeros += 1,
                _ => {
                    for _ in 0..zeros {
                        digits.push(b'0')?;
                    }
                    zeros = 0;
                    digits.push(digit)?;
                }
            }
        }
        (digits.length <= 15).then_some(Decimal { negative, digits, point })
    }

    /// Any other, by way of a double. `None` where there is none so large.
    fn of_double(number: &str) -> Option<Self> {
        let value: f64 = number.parse().ok().filter(|value: &f64| value.is_finite())?;
        let mut scientific = Spelling::of("");
        write!(scientific, "{:e}", value.abs()).ok()?;
        let (mantissa, exponent) = scientific.as_str().split_once('e')?;
        let mut digits = Digits::default();
        if value != 0.0 {
            mantissa.bytes().filter(u8::is_ascii_digit).try_for_each(|digit| digits.push(digit))?;
        }
        Some(Decimal { negative: value.is_sign_negative(), digits, point: exponent.parse::<i32>().ok()? + 1 })
    }

    /// ECMA-262's Number::toString. It has no negative zero.
    fn as_javascript(&self) -> Spelling {
        match self.point {
            _ if self.digits.is_empty() => Spelling::of("0"),
            -5..=21 => self.positional(),
            _ => self.scientific("", 1),
        }
    }

    /// Python's `float.__repr__`: always with a point or an exponent.
    fn as_python(&self) -> Spelling {
        match self.point {
            _ if self.digits.is_empty() => Spelling::of(if self.negative { "-0.0" } else { "0.0" }),
            -3..=16 => {
                let mut spelled = self.positional();
                if usize::try_from(self.point).is_ok_and(|whole| self.digits.length <= whole) {
                    spelled.push(".0");
                }
                spelled
            }
            _ => self.scientific("", 2),
        }
    }

    /// `jvp_dtoa_fmt`, which allows as many more zeros as there are digits.
    fn as_jq(&self) -> Spelling {
        let most = 15 + i32::try_from(self.digits.length).unwrap_or(0);
        match self.point {
            _ if self.digits.is_empty() => Spelling::of(if self.negative { "-0" } else { "0" }),
            point if point > -4 && point <= most => self.positional(),
            _ => self.scientific("", 2),
        }
    }

    /// PHP's `smart_str_append_double`, by way of `php_gcvt` with 17 digits: an exponent has a fraction before it, always.
    fn as_php(&self) -> Spelling {
        match self.point {
            _ if self.digits.is_empty() => Spelling::of(if self.negative { "-0" } else { "0" }),
            -3..=17 => self.positional(),
            _ => self.scientific("0", 1),
        }
    }

    fn scientific(&self, no_fraction: &str, least_digits: usize) -> Spelling {
        let (first, rest) = self.digits.as_str().split_at_checked(1).unwrap_or_default();
        let fraction = if rest.is_empty() { no_fraction } else { rest };
        let exponent = self.point - 1;
        let mut spelled = Spelling::of(self.sign());
        spelled.push(first);
        spelled.push(if fraction.is_empty() { "" } else { "." });
        spelled.push(fraction);
        spelled.push(if exponent < 0 { "e-" } else { "e+" });
        let exponent = exponent.unsigned_abs();
        let digits = [exponent / 100, exponent / 10 % 10, exponent % 10];
        let needed = if exponent > 99 {
            3
        } else if exponent > 9 {
            2
        } else {
            1
        };
        for digit in &digits[3 - needed.max(least_digits)..] {
            spelled.push(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"][*digit as usize % 10]);
        }
        spelled
    }

    fn positional(&self) -> Spelling {
        let digits = self.digits.as_str();
        let mut spelled = Spelling::of(self.sign());
        let whole = usize::try_from(self.point).unwrap_or(0);
        if whole == 0 {
            spelled.push("0.");
            spelled.push_zeros(usize::try_from(-self.point).unwrap_or(0));
            spelled.push(digits);
        } else if let Some((before, after)) = digits.split_at_checked(whole).filter(|(_, after)| !after.is_empty()) {
            spelled.push(before);
            spelled.push(".");
            spelled.push(after);
        } else {
            spelled.push(digits);
            spelled.push_zeros(whole.saturating_sub(digits.len()));
        }
        spelled
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }
}

/// A number as it is printed. There may be very many of them, and none needs the allocator.
#[derive(Clone, Copy)]
pub(super) struct Spelling {
    /// The longest are jq's: a sign, 17 digits and 15 zeros.
    octets: [u8; 40],
    length: usize,
}

impl Spelling {
    fn of(text: &str) -> Self {
        let mut spelling = Spelling { octets: [0; 40], length: 0 };
        spelling.push(text);
        spelling
    }

    fn push(&mut self, text: &str) {
        if let Some(place) = self.octets.get_mut(self.length..self.length + text.len()) {
            place.copy_from_slice(text.as_bytes());
            self.length += text.len();
        }
    }

    fn push_zeros(&mut self, count: usize) {
        self.push("0000000000000000000000000000000000000000".get(..count).unwrap_or_default());
    }

    pub(super) fn as_str(&self) -> &str {
        self.octets.get(..self.length).and_then(|octets| core::str::from_utf8(octets).ok()).unwrap_or_default()
    }
}

impl Write for Spelling {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// As many digits as a double's shortest form can have.
#[derive(Default)]
struct Digits {
    digits: [u8; 17],
    length: usize,
}

impl Digits {
    fn push(&mut self, digit: u8) -> Option<()> {
        *self.digits.get_mut(self.length)? = digit;
        self.length += 1;
        Some(())
    }

    fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn as_str(&self) -> &str {
        self.digits.get(..self.length).and_then(|digits| core::str::from_utf8(digits).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    fn spelled(numbers: Numbers, number: &str) -> String {
        numbers.respell(number).map_or(number.into(), |spelling| spelling.as_str().into())
    }

    fn javascript(number: &str) -> String {
        spelled(Numbers::JavaScript, number)
    }

    fn php(number: &str) -> String {
        spelled(Numbers::Php, number)
    }

    #[test]
    fn as_javascript_prints_them() {
        // Each as node prints JSON.stringify(JSON.parse(…)).
        for (number, printed) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("-1.50", "-1.5"),
            ("1e3", "1000"),
            ("1E400", "null"),
            ("12345678901234567890", "12345678901234567000"),
            ("100000000000000000000", "100000000000000000000"),
            ("1000000000000000000000", "1e+21"),
            ("1.5e300", "1.5e+300"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1.25e-7", "1.25e-7"),
            ("123.456", "123.456"),
            ("9007199254740993", "9007199254740992"),
            ("5e-324", "5e-324"),
        ] {
            assert_eq!(javascript(number), printed, "{number}");
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_agree() {
        let mut state = 7797_u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let (digits, shift) = (state >> 14 & 0xffff_ffff_ffff, state % 13);
            let number = match state >> 62 {
                0 => format!("{}.{digits:0>15}", digits % 10_u64.pow(u32::try_from(shift).unwrap())),
                1 => format!("-{}.{}", digits % 1000, digits >> (shift * 3)),
                2 => format!("{}e{}", digits % 10_000_000, i64::try_from(state % 600).unwrap() - 300),
                _ => format!("0.{}{digits}E-{shift}", "0".repeat(usize::try_from(shift).unwrap())),
            };
            if let (Some(short), Some(long)) = (Decimal::written(&number), Decimal::of_double(&number)) {
                assert_eq!(short.as_javascript().as_str(), long.as_javascript().as_str(), "{number}");
                assert_eq!(short.as_php().as_str(), long.as_php().as_str(), "{number}");
            }
        }
    }

    #[test]
    fn as_python_prints_them() {
        // Each as json.dumps(json.loads(…)) gives it.
        for (number, printed) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1.50", "1.5"),
            ("1e3", "1000.0"),
            ("12345678901234567890", "12345678901234567890"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("12345678901234567.0", "1.2345678901234568e+16"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1e-7", "1e-07"),
            ("1.5e300", "1.5e+300"),
        ] {
            assert_eq!(spelled(Numbers::Python, number), printed, "{number}");
        }
    }

    #[test]
    fn as_jq_prints_them() {
        for (number, printed) in [
            ("-0", "-0"),
            ("1.0", "1"),
            ("1e-7", "1e-07"),
            ("2.5e-5", "2.5e-05"),
            ("0.0001", "0.0001"),
            ("12345678901234567890", "12345678901234567000"),
            ("1e15", "1000000000000000"),
            ("1e16", "1e+16"),
            ("1.25e17", "125000000000000000"),
            ("100000000000000000000", "1e+20"),
            ("1e21", "1e+21"),
        ] {
            assert_eq!(spelled(Numbers::Jq, number), printed, "{number}");
        }
    }

    #[test]
    fn as_php_prints_them() {
        for (number, printed) in [
            ("-0", "-0"),
            ("1.0", "1"),
            ("1e3", "1000"),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9.223372036854776e+18"),
            ("1e15", "1000000000000000"),
            ("1e16", "10000000000000000"),
            ("1e17", "1.0e+17"),
            ("1e25", "1.0e+25"),
            ("0.0001", "0.0001"),
            ("0.00001", "1.0e-5"),
            ("0.000015", "1.5e-5"),
            ("0.1", "0.1"),
        ] {
            assert_eq!(php(number), printed, "{number}");
        }
    }
}
