//! A record's line in an archive, taken apart where it lies.
//!
//! ```text
//! {"seq":1,"prev_hash":"<64 hex>","hash":"<64 hex>","body":<the exact bytes>}
//! ```
//!
//! The parts stand at fixed places, so nothing is parsed as JSON, which would
//! cost more than the hashes.

use crate::audit::chain::{Hash, Seq};
use crate::audit::verify::walk::Link;

/// The record that `line` shows, without its line end; `None` when it is none.
pub(super) fn parse(line: &[u8]) -> Option<Link<'_>> {
    let rest = line.strip_prefix(br#"{"seq":"#)?;
    let (seq, rest) = seq(rest)?;
    let rest = rest.strip_prefix(br#","prev_hash":""#)?;
    let (prev, rest) = hash(rest)?;
    let rest = rest.strip_prefix(br#"","hash":""#)?;
    let (hash, rest) = hash(rest)?;
    let body = rest.strip_prefix(br#"","body":"#)?.strip_suffix(b"}")?;
    Some(Link { seq, prev, hash, body })
}

fn seq(text: &[u8]) -> Option<(Seq, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // 18 digits always fit.
    if !(1..=18).contains(&digits) {
        return None;
    }
    let (number, rest) = text.split_at(digits);
    let number = number.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    Some((Seq::new(number)?, rest))
}

/// Of 64 hexadecimal digits in lower case.
pub(super) fn hash(text: &[u8]) -> Option<(Hash, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<64>()?;
    let mut bytes = [0; 32];
    let mut bad = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        let (high, low) = (HEX[usize::from(pair[0])], HEX[usize::from(pair[1])]);
        bad |= high | low;
        *byte = (high << 4) | (low & 0xf);
    }
    if bad > 0xf { None } else { Some((Hash::from_bytes(&bytes)?, rest)) }
}

/// What a digit stands for; 0xff when it is none.
const HEX: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut digit = 0;
    while digit < 16 {
        table[b"0123456789abcdef"[digit] as usize] = digit as u8;
        digit += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_and_anything_else_is_no_record() {
        let (prev, hash) = ("00".repeat(32), "0123456789abcdef".repeat(4));
        let line = format!(r#"{{"seq":17,"prev_hash":"{prev}","hash":"{hash}","body":{{"v":2}}}}"#);
        let link = parse(line.as_bytes()).unwrap();
        assert_eq!((link.seq.value(), link.body), (17, &br#"{"v":2}"#[..]));
        assert_eq!((link.prev.to_string(), link.hash.to_string()), (prev, hash));
        for (from, to) in
            [("17", ""), ("17", "-1"), ("17", "1234567890123456789"), ("cdef", "CDEF"), ("00", ""), ("\"v", "")]
        {
            let broken = line.replacen(from, to, 1);
            assert!(parse(broken.as_bytes()).is_none_or(|link| link.body != br#"{"v":2}"#), "{broken}");
        }
        for end in 0..line.len() - 1 {
            assert!(parse(&line.as_bytes()[..end]).is_none_or(|link| link.body != br#"{"v":2}"#));
        }
    }
}
